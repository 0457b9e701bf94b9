#include "host/synth/scene_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>

#include "base/error.hpp"
#include "kernels_hls/contract/limits.hpp"

namespace flashcell::host {
namespace {

Error bad_value(std::string_view key, std::string_view value, std::string_view wanted) {
  return Error(Fault::usage, fmt::format("synth: {}={}: must be {}", key, value, wanted));
}

template <class Number>
Number number(std::string_view key, std::string_view text) {
  Number value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) throw bad_value(key, text, "a number");
  return value;
}

/// `A` or `A..B`.
void range(std::string_view key, std::string_view text, double& low, double& high) {
  const size_t dots = text.find("..");
  low = number<double>(key, text.substr(0, dots));
  high = dots == std::string_view::npos ? low : number<double>(key, text.substr(dots + 2));
}

bool either(std::string_view key, std::string_view text, std::string_view yes, std::string_view no) {
  if (text != yes && text != no) throw bad_value(key, text, fmt::format("{} or {}", yes, no));
  return text == yes;
}

void size(std::string_view key, std::string_view text, SceneParameters& p) {
  const size_t cross = text.find('x');
  if (cross == std::string_view::npos) throw bad_value(key, text, "WIDTHxHEIGHT, e.g. 512x512");
  p.width = number<int>(key, text.substr(0, cross));
  p.height = number<int>(key, text.substr(cross + 1));
}

constexpr std::string_view kShapeNames[] = {"discs", "polygons", "digits", "patterns", "ellipses"};  // by Shape

std::vector<Shape> shapes(std::string_view text) {
  std::vector<Shape> found;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('+', begin), text.size());
    const std::string_view name = text.substr(begin, end - begin);
    const auto known = std::find(std::begin(kShapeNames), std::end(kShapeNames), name);
    if (known == std::end(kShapeNames)) {
      throw Error(Fault::usage,
                  fmt::format("synth: unknown shape '{}': use {}, joined by +", name, fmt::join(kShapeNames, ", ")));
    }
    found.push_back(static_cast<Shape>(known - std::begin(kShapeNames)));
    begin = end + 1;
  }
  return found;
}

using Setter = void (*)(std::string_view key, std::string_view value, SceneParameters&);

const std::map<std::string_view, Setter>& setters() {
  using K = std::string_view;
  using P = SceneParameters;
  static const std::map<K, Setter> table = {
      {"size", size},
      {"objects", [](K k, K v, P& p) { p.objects = number<int>(k, v); }},
      {"frames", [](K k, K v, P& p) { p.frames = number<int64_t>(k, v); }},
      {"fps", [](K k, K v, P& p) { p.fps = number<double>(k, v); }},
      {"seed", [](K k, K v, P& p) { p.seed = number<uint64_t>(k, v); }},
      {"radius", [](K k, K v, P& p) { range(k, v, p.min_radius, p.max_radius); }},
      {"speed", [](K k, K v, P& p) { range(k, v, p.min_speed, p.max_speed); }},
      {"crossing", [](K k, K v, P& p) { p.crossing = either(k, v, "on", "off"); }},
      {"start", [](K k, K v, P& p) { p.start_apart = either(k, v, "apart", "anywhere"); }},
      {"occluders", [](K k, K v, P& p) { p.occluders = number<int>(k, v); }},
      {"noise", [](K k, K v, P& p) { p.noise = number<double>(k, v); }},
      {"blur", [](K k, K v, P& p) { p.blur = number<double>(k, v); }},
      {"light", [](K k, K v, P& p) { range(k, v, p.min_light, p.max_light); }},
      {"light_hz", [](K k, K v, P& p) { p.light_hz = number<double>(k, v); }},
      {"shutter", [](K k, K v, P& p) { p.shutter = number<double>(k, v); }},
      {"background", [](K k, K v, P& p) { p.background = number<int>(k, v); }},
      {"foreground", [](K k, K v, P& p) { p.foreground = number<int>(k, v); }},
      {"colour", [](K k, K v, P& p) { p.colour = either(k, v, "on", "off"); }},
      {"edges", [](K k, K v, P& p) { p.smooth_edges = either(k, v, "smooth", "binary"); }},
      {"actions", [](K k, K v, P& p) { p.actions = either(k, v, "on", "off"); }},
      {"dropped", [](K k, K v, P& p) { p.dropped = number<double>(k, v); }},
  };
  return table;
}

void set(std::string_view pair, SceneParameters& parameters) {
  const size_t equals = pair.find('=');
  const std::string_view key = pair.substr(0, equals);
  const auto setter = setters().find(key);
  if (setter == setters().end()) {
    std::string known;
    for (const auto& entry : setters()) known += fmt::format("{}{}", known.empty() ? "" : ", ", entry.first);
    throw Error(Fault::usage, fmt::format("synth: unknown key '{}': known are {}", key, known));
  }
  if (equals == std::string_view::npos) throw bad_value(key, "", fmt::format("written {}=VALUE", key));
  setter->second(key, pair.substr(equals + 1), parameters);
}

void require(bool holds, std::string_view what) {
  if (!holds) throw Error(Fault::usage, fmt::format("synth: {}", what));
}

}  // namespace

void check(const SceneParameters& p) {
  // Written so that NaN fails too.
  const auto within = [](double value, double low, double high) { return value >= low && value <= high; };
  require(within(p.width, 1, contract::kMaxFrameSide) && within(p.height, 1, contract::kMaxFrameSide),
          fmt::format("size={}x{}: sides must be 1..{} px", p.width, p.height, contract::kMaxFrameSide));
  require(within(p.fps, 1e-3, 1e9), "fps: must be above 0");
  require(p.frames >= 0 && p.frames <= 1000000000, "frames: must be 0..1000000000");
  require(within(p.objects, 0, 65535), "objects: must be 0..65535");
  require(!p.shapes.empty(), "no shape given");
  require(within(p.min_radius, 0.5, 512) && within(p.max_radius, p.min_radius, 512),
          "radius: must be A..B within 0.5..512 px");
  require(within(p.min_speed, 0, 100) && within(p.max_speed, p.min_speed, 100),
          "speed: must be A..B within 0..100 px/frame");
  require(within(p.occluders, 0, 64), "occluders: must be 0..64");
  require(within(p.noise, 0, 64), "noise: must be 0..64 grey levels");
  require(within(p.blur, 0, 10), "blur: must be 0..10 px");
  require(within(p.min_light, 0, 10) && within(p.max_light, p.min_light, 10), "light: must be A..B within 0..10");
  require(within(p.light_hz, 0, 1e6), "light_hz: must be 0..1000000");
  require(within(p.shutter, 0, 1), "shutter: must be 0..1");
  require(within(p.background, 0, 255) && within(p.foreground, 0, 255), "background, foreground: must be 0..255");
  require(within(p.dropped, 0, 0.9), "dropped: must be 0..0.9");
}

SceneParameters parse_scene(std::string_view spec) {
  if (!is_scene(spec))
    throw Error(Fault::usage, fmt::format("'{}' is no generated scene: it must begin with synth:", spec));
  spec.remove_prefix(6);
  const size_t question = std::min(spec.find('?'), spec.size());
  SceneParameters parameters;
  parameters.shapes = shapes(spec.substr(0, question));
  parameters.colour = std::count(parameters.shapes.begin(), parameters.shapes.end(), Shape::pattern) > 0;
  for (size_t begin = question + 1; begin < spec.size();) {
    const size_t end = std::min(spec.find('&', begin), spec.size());
    set(spec.substr(begin, end - begin), parameters);
    begin = end + 1;
  }
  check(parameters);
  return parameters;
}

std::string to_spec(const SceneParameters& p) {
  std::string names;
  for (const Shape shape : p.shapes)
    names += fmt::format("{}{}", names.empty() ? "" : "+", kShapeNames[static_cast<size_t>(shape)]);
  const auto on = [](bool value) { return value ? "on" : "off"; };
  const bool lit = p.min_light == 1 && p.max_light == 1;
  const std::string light = lit ? "" : fmt::format("&light={}..{}&light_hz={}", p.min_light, p.max_light, p.light_hz);
  return fmt::format(
      "synth:{}?size={}x{}&fps={}&frames={}&seed={}&objects={}&radius={}..{}&speed={}..{}&crossing={}&start={}&"
      "occluders={}&"
      "noise={}&blur={}"
      "&shutter={}&background={}&foreground={}&colour={}&edges={}&actions={}&dropped={}{}",
      names, p.width, p.height, p.fps, p.frames, p.seed, p.objects, p.min_radius, p.max_radius, p.min_speed,
      p.max_speed, on(p.crossing), p.start_apart ? "apart" : "anywhere", p.occluders, p.noise, p.blur, p.shutter,
      p.background, p.foreground, on(p.colour), p.smooth_edges ? "smooth" : "binary", on(p.actions), p.dropped, light);
}

}  // namespace flashcell::host
