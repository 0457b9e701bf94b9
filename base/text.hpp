#pragma once
#include <string>
#include <string_view>

namespace flashcell {

/// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD: what JSON and HDF5 attributes take.
std::string to_utf8(std::string_view text);

/// `text` as a terminal may show it on one line: control characters (C0, C1, DEL) and bytes that are not UTF-8 as \xNN,
/// so that a file's content or name cannot move the cursor, change colours or forge a line.
std::string printable(std::string_view text);

/// `text` as HTML, SVG or XML text and attribute values: markup characters escaped, control characters left out, bytes
/// that are not UTF-8 replaced.
std::string markup_escape(std::string_view text);

/// `text` as one CSV field on one line: quoted where it holds a comma, quote, '#' or line break (which become spaces);
/// an apostrophe before it where it begins with = + - @ or a tab, which spreadsheets would run as a formula.
std::string csv_field(std::string_view text);

/// `text` as a JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace flashcell
