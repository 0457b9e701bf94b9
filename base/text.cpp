#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace flashcell {
namespace {

// A CSV field that begins so gets an apostrophe before it.
constexpr std::string_view kGuarded = "=+-@\t'";
constexpr std::string_view kBlank = " \t\r";

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the well-formed UTF-8 sequence that `text` begins with; 0 where there is none.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const uint8_t lead = byte(0);
  if (text.empty()) return 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (lead == 0xED && byte(1) > 0x9F) return 0;  // a surrogate
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

// U+0080 to U+009F, which some terminals obey.
bool is_c1(std::string_view sequence) {
  return sequence.size() == 2 && sequence[0] == '\xC2' && static_cast<uint8_t>(sequence[1]) < 0xA0;
}

bool is_control(std::string_view sequence) {
  const auto lead = static_cast<uint8_t>(sequence[0]);
  return lead < 0x20 || lead == 0x7F || is_c1(sequence);
}

// Calls `visit(part, well_formed)` for each sequence of `text`, a byte at a time where it is not UTF-8.
template <class Visit>
void for_each_sequence(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t length = sequence_length(text);
    visit(text.substr(0, length == 0 ? 1 : length), length != 0);
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  bool whole = true;
  for_each_sequence(text, [&](std::string_view, bool well_formed) { whole = whole && well_formed; });
  return whole;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  for_each_sequence(text, [&](std::string_view part, bool well_formed) { out += well_formed ? part : kReplacement; });
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  for_each_sequence(text, [&](std::string_view part, bool well_formed) {
    if (well_formed && !is_control(part)) {
      out += part;
    } else {
      for (const char c : part) out += fmt::format("\\x{:02X}", static_cast<uint8_t>(c));
    }
  });
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (;;) {
    const size_t end = text.find('\n');
    out += printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string markup_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_sequence(text, [&](std::string_view part, bool well_formed) {
    if (!well_formed) {
      out += kReplacement;
    } else if (part == "&") {
      out += "&amp;";
    } else if (part == "<") {
      out += "&lt;";
    } else if (part == ">") {
      out += "&gt;";
    } else if (part == "\"") {
      out += "&quot;";
    } else if (part == "'") {
      out += "&#39;";
    } else if (!is_control(part) || part == "\n" || part == "\t") {
      out += part;
    }
  });
  return out;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:=+@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string csv_field(std::string_view text) {
  std::string field;
  if (!text.empty() && kGuarded.find(text.front()) != std::string_view::npos) field.push_back('\'');
  field += text;
  if (field.find_first_of(",\"#\r\n") == std::string::npos && trim(field) == field) return field;
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out + '"';
}

void split_csv(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (;;) {
    size_t end = std::min(line.find_first_not_of(kBlank), line.size());
    // A doubled quote ends a quoted part and begins the next, which comes to the same.
    while (end < line.size() && line[end] == '"') end = std::min(line.find('"', end + 1), line.size() - 1) + 1;
    const size_t comma = line.find(',', end);
    fields.push_back(trim(line.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

std::string csv_text(std::string_view field) {
  std::string text;
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    field = field.substr(1, field.size() - 2);
    for (size_t i = 0; i < field.size(); ++i) {
      if (field[i] == '"' && field.substr(i + 1).starts_with('"')) ++i;
      text += field[i];
    }
  } else {
    text = field;
  }
  if (text.size() > 1 && text[0] == '\'' && kGuarded.find(text[1]) != std::string_view::npos) text.erase(0, 1);
  return text;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for_each_sequence(text, [&](std::string_view part, bool well_formed) {
    if (!well_formed) {
      out += kReplacement;
    } else if (part == "\"" || part == "\\") {
      out += '\\';
      out += part;
    } else if (is_control(part)) {
      // Of C1's two bytes the second is the code point.
      out += fmt::format("\\u{:04x}", static_cast<uint8_t>(part.back()));
    } else {
      out += part;
    }
  });
  return out + '"';
}

std::string json_for_terminal(std::string_view document) {
  std::string out;
  out.reserve(document.size());
  for_each_sequence(document, [&](std::string_view part, bool) {
    if (is_c1(part) || part == "\x7F") {
      out += fmt::format("\\u{:04x}", static_cast<uint8_t>(part.back()));
    } else {
      out += part;
    }
  });
  return out;
}

}  // namespace flashcell
