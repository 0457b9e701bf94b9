#pragma once
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "tracking/detection.hpp"

// Small pieces that the readers of text files share.
namespace flashcell::host {

/// Error(Fault::input) that begins with "file:line: ".
[[noreturn]] inline void fail_at(const std::string& name, int64_t line, const std::string& what) {
  throw Error(Fault::input, name + ":" + std::to_string(line) + ": " + what);
}

inline std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Takes the next line off `text`, without its end; false at the end of the text.
inline bool next_line(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  const size_t end = text.find('\n');
  line = trim(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return true;
}

/// A whole field as a finite number.
inline bool parse_number(std::string_view field, double& value) {
  const char* end = field.data() + field.size();
  const std::from_chars_result result = std::from_chars(field.data(), end, value);
  return result.ec == std::errc{} && result.ptr == end && std::isfinite(value);
}

/// A whole field as an integer; also one written with a fraction of zero, as some tools do.
inline bool parse_integer(std::string_view field, int64_t& value) {
  double number = 0;
  if (!parse_number(field, number) || number != std::floor(number) || std::abs(number) > 9e15) return false;
  value = static_cast<int64_t>(number);
  return true;
}

/// Quoted and cut for a message.
inline std::string quoted(std::string_view field) {
  std::string text(1, '\'');
  text += field.substr(0, 40);
  text += field.size() > 40 ? "…'" : "'";
  return text;
}

/// A whole field as a coordinate or a side, px: at most 10 million either way, far from where sums of squares overflow.
/// Throws Error(Fault::input) that begins with `what`.
inline double pixels_in(std::string_view field, const std::string& what, const std::string& name, int64_t line) {
  constexpr double kMost = 1e7;
  double value = 0;
  if (!parse_number(field, value)) fail_at(name, line, what + quoted(field) + " is not a finite number");
  if (std::abs(value) > kMost) fail_at(name, line, what + quoted(field) + " is beyond 10000000");
  return value;
}

/// Throws Error(Fault::input) where a side of a box, or its area in a tracker's arithmetic, is not above 0.
inline void check_sides(const tracking::Box& box, const std::string& name, int64_t line) {
  constexpr double kLeastSide = 1e-6;
  if (!(box.width >= kLeastSide) || !(box.height >= kLeastSide))
    fail_at(name, line, "the box' width and height must be above 0");
}

/// The whole file. Throws Error(Fault::input) when it cannot be read.
std::string read_text(const std::string& path);

}  // namespace flashcell::host
