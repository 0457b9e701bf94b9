#include "host/events/event_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>

namespace flashcell {
namespace {

constexpr const char* kForm = "is no length of time, as 1000us, 1.5ms or 2s";
constexpr int64_t kMostWindows = 1000;
constexpr int64_t kLongestStay = 1'000'000'000;  // us or events: FadingPlane's keys have 32 bits

struct Unit {
  std::string_view name;
  double us;
};
constexpr Unit kUnits[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// A number and what follows it.
bool split(std::string_view text, double& number, std::string_view& unit) {
  text = trimmed(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return false;
  unit = trimmed(text.substr(static_cast<size_t>(end - text.data())));
  return true;
}

int64_t whole(double value, int64_t most, const std::string& text, const char* what) {
  if (!(value >= 1) || value > static_cast<double>(most))
    throw std::invalid_argument(fmt::format("'{}' is out of range: 1 to {} {}", text, most, what));
  if (std::abs(value - std::round(value)) > 1e-6)
    throw std::invalid_argument(fmt::format("'{}' is no whole number of {}", text, what));
  return std::llround(value);
}

}  // namespace

EventSpan parse_event_span(const std::string& text) {
  if (trimmed(text).empty()) return {};
  double number = 0;
  std::string_view unit;
  if (split(text, number, unit)) {
    if (unit == "ev") return {0, whole(number, kMostSpanEvents, text, "events")};
    for (const Unit& u : kUnits) {
      if (unit == u.name) return {whole(number * u.us, kLongestSpanUs, text, "microseconds"), 0};
    }
  }
  throw std::invalid_argument(fmt::format("'{}' {}, nor a number of events, as 5000ev", text, kForm));
}

std::string to_text(const EventSpan& span) {
  if (span.events > 0) return fmt::format("{}ev", span.events);
  return span.us > 0 ? fmt::format("{}us", span.us) : "";
}

EventStay parse_event_stay(const std::string& text) {
  double number = 0;
  std::string_view unit;
  if (split(text, number, unit) && unit.empty()) return {whole(number, kMostWindows, text, "windows"), 0};
  EventSpan span;
  try {
    span = parse_event_span(text);
  } catch (const std::invalid_argument&) {
    span = {};
  }
  if (span.us == 0)
    throw std::invalid_argument(
        fmt::format("'{}' is neither a number of windows, as 3, nor a length of time, as 1500us", text));
  return {1, span.us};
}

std::string to_text(const EventStay& stay) {
  return stay.us > 0 ? fmt::format("{}us", stay.us) : fmt::format("{}", stay.windows);
}

std::string fault_of(const EventParameters& p) {
  if (!p.window.given()) return "events.window must be given, as 1000us or 5000ev";
  if (p.step.given() && (p.step.us > 0) != (p.window.us > 0))
    return "events.step and events.window must both be times or both numbers of events";
  if (p.step.us > p.window.us || p.step.events > p.window.events)
    return fmt::format("events.step ({}) is longer than events.window ({}): events between windows would be lost",
                       to_text(p.step), to_text(p.window));
  const int64_t stay = p.stay.windows * std::max(p.window.us, p.window.events);
  if (stay > kLongestStay)
    return fmt::format("events.stay ({} windows of {}) is too long: {} {} at most", p.stay.windows, to_text(p.window),
                       kLongestStay, p.window.us > 0 ? "us" : "events");
  if ((p.width > 0) != (p.height > 0)) return "events.width and events.height go together";
  return "";
}

}  // namespace flashcell
