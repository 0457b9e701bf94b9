#include "host/events/percent_header.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <span>
#include <string_view>
#include <vector>

#include "kernels_hls/contract/limits.hpp"

namespace flashcell {
namespace {

constexpr uint64_t kMostHeaderBytes = uint64_t{1} << 20;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// 0 for what is no side of a sensor.
int to_side(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value >= 1 && value <= contract::kMaxFrameSide ? value : 0;
}

// What cameras are, by names that stand in headers. The longer names first.
struct Sensor {
  std::string_view name;
  int sides[2];
};
constexpr Sensor kSensors[] = {{"genx320", {320, 320}},
                               {"imx636", {1280, 720}},
                               {"gen4", {1280, 720}},
                               {"gen3", {640, 480}},
                               {"gen1", {304, 240}}};

}  // namespace

std::string PercentHeader::field(const std::string& key) const {
  const auto found = fields.find(key);
  return found == fields.end() ? "" : found->second;
}

int PercentHeader::side(const std::string& key, int place) const {
  if (const int stated = to_side(field(key)); stated > 0) return stated;
  const std::string geometry = field("geometry");  // "1280x720"
  const size_t cross = geometry.find('x');
  if (cross != std::string::npos) {
    const std::string_view part = std::string_view(geometry).substr(place == 0 ? 0 : cross + 1);
    if (const int stated = to_side(part); stated > 0) return stated;
  }
  const std::string format = lower(field("format"));  // "EVT3;height=720;width=1280"
  if (const size_t at = format.find(key + '='); at != std::string::npos) {
    if (const int stated = to_side(std::string_view(format).substr(at + key.size() + 1)); stated > 0) return stated;
  }
  const std::string plugin = lower(field("plugin_name") + field("sensor_name"));
  for (const Sensor& sensor : kSensors) {
    if (plugin.find(sensor.name) != std::string::npos) return sensor.sides[place];
  }
  return 0;
}

PercentHeader read_percent_header(const RandomReader& bytes) {
  PercentHeader header;
  std::vector<uint8_t> text(std::min(bytes.size(), kMostHeaderBytes));
  if (!bytes.read(0, text)) return header;
  const std::string_view all(reinterpret_cast<const char*>(text.data()), text.size());
  while (all.substr(header.bytes, 2) == "% ") {
    const size_t end = all.find('\n', header.bytes);
    if (end == std::string_view::npos) break;
    std::string_view line = all.substr(header.bytes + 2, end - header.bytes - 2);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    header.bytes = end + 1;
    const size_t space = line.find(' ');
    const std::string key = lower(line.substr(0, space));
    if (key == "end") break;
    header.fields.emplace(key, space == std::string_view::npos ? "" : std::string(line.substr(space + 1)));
  }
  return header;
}

}  // namespace flashcell
