#include "host/xrt_software/software_options.hpp"

#include <charconv>
#include <sstream>
#include <stdexcept>

namespace flashcell::host {
namespace {

int64_t number(const std::string& part, const std::string& digits, int64_t low, int64_t high) {
  int64_t value = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || end.ec != std::errc() || end.ptr != digits.data() + digits.size() || value < low ||
      value > high) {
    throw std::invalid_argument("`" + part + "`: not a number from " + std::to_string(low) + " to " +
                                std::to_string(high));
  }
  return value;
}

std::set<uint64_t> numbers(const std::string& part, const std::string& list) {
  std::set<uint64_t> values;
  std::istringstream items(list);
  for (std::string item; std::getline(items, item, ':');)
    values.insert(static_cast<uint64_t>(number(part, item, 1, INT64_MAX)));
  return values;
}

void set(const std::string& part, const std::string& key, const std::string& value, SoftwareOptions& options) {
  if (key == "boards") {
    options.boards = static_cast<int>(number(part, value, 0, 16));
  } else if (key == "platform") {
    options.platform = value;
  } else if (key == "executor") {
    options.executor = value;
  } else if (key == "slow") {
    options.slow_us = static_cast<uint32_t>(number(part, value, 0, 60'000'000));
  } else if (key == "fail") {
    options.fail = numbers(part, value);
  } else if (key == "hang") {
    options.hang = numbers(part, value);
  } else if (key == "mute") {
    options.mute = numbers(part, value);
  } else if (key == "lost") {
    options.lost = static_cast<uint64_t>(number(part, value, 0, INT64_MAX));
  } else if (key == "lost_opens") {
    options.lost_opens = static_cast<int>(number(part, value, -1, 1000));
  } else if (key == "busy") {
    options.busy = static_cast<int>(number(part, value, 0, 1000));
  } else {
    throw std::invalid_argument(
        "`" + part + "`: known are boards, platform, executor, slow, fail, hang, mute, lost, lost_opens and busy");
  }
}

}  // namespace

SoftwareOptions parse_software_options(const std::string& text) {
  SoftwareOptions options;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const size_t equals = part.find('=');
    if (equals == std::string::npos) throw std::invalid_argument("`" + part + "`: write key=value");
    set(part, part.substr(0, equals), part.substr(equals + 1), options);
  }
  return options;
}

}  // namespace flashcell::host
