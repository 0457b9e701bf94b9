#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace flashcell {

/// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD: what JSON and HDF5 attributes take.
std::string to_utf8(std::string_view text);

/// `text` as a terminal may show it on one line: control characters (C0, C1, DEL), bytes that are no UTF-8 as `\xNN`,
/// so that a file's content or name cannot move the cursor, change colours or forge a line.
std::string printable(std::string_view text);

/// The same line by line: line breaks stay.
std::string printable_lines(std::string_view text);

/// `text` as HTML, SVG or XML text and attribute values: markup characters escaped, control characters left out, bytes
/// that are not UTF-8 replaced.
std::string markup_escape(std::string_view text);

/// `text` as one word of a POSIX shell's command line: in single quotes where it holds more than letters, digits and
/// what paths and numbers are made of.
std::string shell_word(std::string_view text);

/// `text` as one CSV field on one line: quoted where it holds a comma, quote, '#', line break (which become spaces) or
/// blanks at its ends; an apostrophe before it where it begins with = + - @ or a tab, which spreadsheets would run as a
/// formula, or with an apostrophe.
std::string csv_field(std::string_view text);

/// The fields of one line of CSV into `fields` (cleared first): views without the blanks around them, otherwise as
/// written. A comma between quotes separates nothing.
void split_csv(std::string_view line, std::vector<std::string_view>& fields);

/// The text of a field: what csv_field() made of it, quotes and apostrophe, undone.
std::string csv_text(std::string_view field);

/// `text` as a JSON string, quotes included. Like all our JSON it may be shown on a terminal: no control character is
/// left as it is.
std::string json_string(std::string_view text);

/// A whole JSON document whose control characters beyond ASCII's first 32 (DEL, C1) are escaped as the others are.
std::string json_for_terminal(std::string_view document);

}  // namespace flashcell
