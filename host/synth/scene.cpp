#include "host/synth/scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "host/synth/outline.hpp"
#include "host/synth/post_process.hpp"
#include "host/synth/random.hpp"
#include "host/synth/turn.hpp"

namespace flashcell::host {
namespace {

// Streams of the scene's random numbers: objects take 0, 1, 2, …
constexpr uint64_t kDropStream = uint64_t{1} << 40;
constexpr uint64_t kOccluderStream = kDropStream + 1;
constexpr uint64_t kNoiseStream = kDropStream + 2;

constexpr int kMotionBlurPoses = 8;
constexpr int kMaxLines = 32;

/// Cuts through a pixel row for smooth edges. Along a cut coverage is exact; across, level edges need the more cuts.
int lines_for(Shape shape) {
  return shape == Shape::digit ? kMaxLines : shape == Shape::polygon ? 16 : 8;
}

constexpr double kCoreScale = 0.6;  ///< of a pattern's inner disc
constexpr int kTileGap = 3;         ///< px that stay free between objects that may not touch

struct Hue {
  const char* name;
  bool blue, green, red;
};
constexpr std::array<Hue, 6> kHues = {{{"red", false, false, true},
                                       {"yellow", false, true, true},
                                       {"green", false, true, false},
                                       {"cyan", true, true, false},
                                       {"blue", true, false, false},
                                       {"magenta", true, false, true}}};

/// A place between two walls, and whether one goes the other way there.
struct Bounced {
  double position;
  bool turned;
};

/// Reflects `position` between two walls as often as it takes.
Bounced bounce(double position, double low, double high) {
  const double width = high - low;
  if (!(width > 0)) return {low, false};
  double u = (position - low) / (2 * width);
  u -= std::floor(u);
  return {low + 2 * width * (u > 0.5 ? 1 - u : u), u > 0.5};
}

int32_t to_fixed(double px) {
  return static_cast<int32_t>(std::floor(px * kFixedOne + 0.5));
}

/// Adds `weight` times "covered from `position` to the right" to the steps of a row of `width` px; a running sum turns
/// them to coverage.
void add_edge(int32_t* steps, int width, int32_t position, int32_t weight) {
  position = std::clamp(position + kFixedOne / 2, 0, width << kFixedBits);
  const int32_t x = position >> kFixedBits, part = position & (kFixedOne - 1);
  steps[x] += weight * (kFixedOne - part);
  steps[x + 1] += weight * part;
}

/// The same for a pixel that is covered or not by its centre.
void add_binary_edge(int32_t* steps, int width, int32_t position, int32_t weight) {
  steps[std::clamp((position + kFixedOne - 1) >> kFixedBits, 0, width)] += weight * kFixedOne;
}

const char* shape_name(Shape shape, int variant) {
  constexpr const char* kPolygons[] = {"triangle", "square", "pentagon", "hexagon"};
  return shape == Shape::polygon   ? kPolygons[variant - 3]
         : shape == Shape::pattern ? "pattern"
         : shape == Shape::ellipse ? "ellipse"
                                   : "disc";
}

/// Tiles of a near-square grid for objects that may not touch.
struct Tiling {
  int columns, rows;
  Tiling(int objects, int width, int height) {
    columns = std::max(1, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(objects) * width / height))));
    rows = std::max(1, (objects + columns - 1) / columns);
  }
};

}  // namespace

Scene::Scene(const SceneParameters& parameters) : parameters_(parameters) {
  check(parameters_);
  count_exposures();
  objects_.reserve(static_cast<size_t>(parameters_.objects));
  for (int i = 0; i < parameters_.objects; ++i) {
    Object object = make_object(i);
    if (parameters_.start_apart && parameters_.crossing) place_apart(i, object);
    objects_.push_back(std::move(object));
  }
  add_occluders();
}

void Scene::count_exposures() {
  exposures_ = parameters_.shutter > 0 ? kMotionBlurPoses : 1;
  coverage_bits_ = 0;
  for (int full = kMaxLines * exposures_ * kFixedOne; full > 1; full /= 2) ++coverage_bits_;
}

Scene Scene::instantaneous() const {
  Scene scene = *this;
  scene.parameters_.shutter = 0;
  scene.parameters_.noise = 0;
  scene.count_exposures();
  return scene;
}

Scene::Object Scene::make_object(int index) const {
  const SceneParameters& p = parameters_;
  CounterRandom random(p.seed, static_cast<uint64_t>(index));
  Object o;
  o.shape = p.shapes[static_cast<size_t>(index) % p.shapes.size()];
  const double radius = random.uniform(p.min_radius, p.max_radius);
  o.radius = to_fixed(radius);
  o.variant = o.shape == Shape::polygon ? 3 + static_cast<int>(random.below(4)) : static_cast<int>(random.below(10));
  o.turns = random.uniform();
  o.spin = random.uniform(-0.002, 0.002);
  set_walls(index, parameters_.actions ? ActionSchedule::kLargest * radius : radius, o);
  set_motion(random, o);
  if (p.actions) set_schedule(index, radius, o);
  set_look(random, o);
  return o;
}

void Scene::place_apart(int index, Object& o) const {
  constexpr int kTries = 2000;
  // Streams beyond those of make_object(), one an object.
  CounterRandom random(parameters_.seed, (uint64_t{1} << 32) + static_cast<uint64_t>(index));
  const double gap = kTileGap + std::ceil(3 * parameters_.blur);
  const auto touches = [&](const Object& other) {
    const double reach = static_cast<double>(o.radius + other.radius) / kFixedOne + gap, dx = o.x - other.x,
                 dy = o.y - other.y;
    return dx * dx + dy * dy < reach * reach;
  };
  for (int i = 0; std::any_of(objects_.begin(), objects_.end(), touches); ++i) {
    if (i == kTries) {
      throw Error(
          Fault::usage,
          fmt::format(
              "synth: object {} finds no place apart from the others: use a larger size, a smaller radius, fewer "
              "objects or start=anywhere",
              index + 1));
    }
    o.x = random.uniform(o.low_x, o.high_x);
    o.y = random.uniform(o.low_y, o.high_y);
  }
}

void Scene::set_walls(int index, double radius, Object& o) const {
  const SceneParameters& p = parameters_;
  double left = -0.5, top = -0.5, width = p.width, height = p.height, margin = radius;
  if (!p.crossing) {
    const Tiling tiling(p.objects, p.width, p.height);
    width /= tiling.columns;
    height /= tiling.rows;
    left += width * (index % tiling.columns);
    top += height * (index / tiling.columns);
    margin += kTileGap / 2.0 + std::ceil(3 * p.blur) + p.shutter * p.max_speed;
  }
  if (2 * margin > std::min(width, height)) {
    throw Error(Fault::usage,
                fmt::format("synth: object {} of radius {:.1f} px does not fit into its {:.0f}x{:.0f} px: use a larger "
                            "size, a smaller radius or fewer objects",
                            index + 1, radius, width, height));
  }
  o.low_x = left + margin;
  o.high_x = left + width - margin;
  o.low_y = top + margin;
  o.high_y = top + height - margin;
}

void Scene::set_motion(CounterRandom& random, Object& o) const {
  o.x = random.uniform(o.low_x, o.high_x);
  o.y = random.uniform(o.low_y, o.high_y);
  const double speed = random.uniform(parameters_.min_speed, parameters_.max_speed), heading = random.uniform();
  o.vx = speed * cosine_of_turns(heading);
  o.vy = speed * sine_of_turns(heading);
  // Across the heading, and slow: the velocity turns by up to 0.3 rad and back in 200 to 800 frames.
  o.sway_rate = 1 / random.uniform(200, 800);
  o.sway = 0.3 * speed / (6.283185307179586 * o.sway_rate);
  o.sway_phase = random.uniform();
}

void Scene::set_schedule(int index, double radius, Object& o) const {
  // Streams beyond those of place_apart(), one an object.
  const SceneParameters& p = parameters_;
  o.schedule.emplace(p.seed, (uint64_t{1} << 33) + static_cast<uint64_t>(index), p.fps, static_cast<double>(p.frames),
                     radius, std::sqrt(o.vx * o.vx + o.vy * o.vy));
}

void Scene::set_look(CounterRandom& random, Object& o) const {
  const auto foreground = static_cast<uint8_t>(parameters_.foreground);
  const std::string shape =
      o.shape == Shape::digit ? fmt::format("digit_{}", o.variant) : shape_name(o.shape, o.variant);
  if (!parameters_.colour) {
    const auto core = static_cast<uint8_t>((parameters_.background + 3 * parameters_.foreground) / 4);
    o.colour = {{foreground, foreground, foreground}};
    o.core = {{core, core, core}};
    o.class_name = shape;
    return;
  }
  const auto paint = [&](const Hue& hue) {
    const auto dim = static_cast<uint8_t>(foreground / 4);
    return Colour{{hue.blue ? foreground : dim, hue.green ? foreground : dim, hue.red ? foreground : dim}};
  };
  constexpr auto kCount = static_cast<uint32_t>(kHues.size());
  const uint32_t outer = random.below(kCount);
  const Hue& ring = kHues[outer];
  const Hue& core = kHues[(outer + 1 + random.below(kCount - 1)) % kCount];
  o.colour = paint(ring);
  o.core = paint(core);
  o.class_name = fmt::format("{}_{}", ring.name, o.shape == Shape::pattern ? core.name : shape);
}

void Scene::add_occluders() {
  CounterRandom random(parameters_.seed, kOccluderStream);
  const double pitch = static_cast<double>(parameters_.width) / std::max(parameters_.occluders, 1);
  for (int i = 0; i < parameters_.occluders; ++i) {
    const double centre = pitch * (i + random.uniform(0.25, 0.75));
    const int begin = std::clamp(static_cast<int>(centre - parameters_.max_radius), 0, parameters_.width);
    const int end = std::clamp(static_cast<int>(centre + parameters_.max_radius) + 1, 0, parameters_.width);
    occluders_.push_back({begin, end});
  }
}

Scene::Pose Scene::scheduled_pose(const Object& o, double frame) {
  const ActionSchedule::Pose at = o.schedule->at(frame);
  const Bounced x = bounce(o.x + at.x, o.low_x, o.high_x), y = bounce(o.y + at.y, o.low_y, o.high_y);
  // A mirror image looks the other way round; a long axis is the same after half a turn.
  return {to_fixed(x.position), to_fixed(y.position), x.turned != y.turned ? -at.heading : at.heading, at.scale};
}

Scene::Pose Scene::pose(const Object& o, double frame) const {
  if (o.schedule) return scheduled_pose(o, frame);
  const double speed = std::sqrt(o.vx * o.vx + o.vy * o.vy);
  const double across = o.sway * (sine_of_turns(o.sway_phase + o.sway_rate * frame) - sine_of_turns(o.sway_phase));
  const double nx = speed > 0 ? -o.vy / speed : 0, ny = speed > 0 ? o.vx / speed : 0;
  return {to_fixed(bounce(o.x + o.vx * frame + nx * across, o.low_x, o.high_x).position),
          to_fixed(bounce(o.y + o.vy * frame + ny * across, o.low_y, o.high_y).position), o.turns + o.spin * frame};
}

template <class Row>
void Scene::scan(const Object& object, double frame, double scale, std::vector<int32_t>& scratch, Row&& row) const {
  const int width = parameters_.width;
  std::array<Pose, kMotionBlurPoses> poses;
  std::array<Outline, kMotionBlurPoses> outlines;
  int32_t low_x = INT32_MAX, high_x = INT32_MIN, low_y = INT32_MAX, high_y = INT32_MIN;
  for (int k = 0; k < exposures_; ++k) {
    const auto i = static_cast<size_t>(k);
    poses[i] = pose(object, frame + parameters_.shutter * ((k + 0.5) / exposures_ - 0.5));
    const auto radius = static_cast<int32_t>(object.radius * scale * poses[i].scale);
    outlines[i] = object.shape == Shape::polygon   ? Outline::polygon(radius, object.variant, poses[i].turns)
                  : object.shape == Shape::digit   ? Outline::digit(radius, object.variant)
                  : object.shape == Shape::ellipse ? Outline::ellipse(radius, poses[i].turns)
                                                   : Outline::disc(radius);
    low_x = std::min(low_x, poses[i].x - radius);
    high_x = std::max(high_x, poses[i].x + radius);
    low_y = std::min(low_y, poses[i].y - radius);
    high_y = std::max(high_y, poses[i].y + radius);
  }
  const auto pixel = [](int32_t fixed) { return (fixed + kFixedOne / 2) >> kFixedBits; };
  const int x0 = std::clamp(pixel(low_x), 0, width), x1 = std::clamp(pixel(high_x) + 1, 0, width);
  const int y0 = std::max(pixel(low_y), 0), y1 = std::min(pixel(high_y) + 1, parameters_.height);
  const int lines = parameters_.smooth_edges ? lines_for(object.shape) : 1;
  const int32_t weight = kMaxLines / lines;
  int32_t* steps = scratch.data();
  for (int y = y0; y < y1; ++y) {
    std::fill(steps + x0, steps + x1 + 2, 0);
    for (int k = 0; k < exposures_; ++k) {
      const Pose& at = poses[static_cast<size_t>(k)];
      for (int line = 0; line < lines; ++line) {
        const int32_t height = y * kFixedOne - kFixedOne / 2 + (2 * line + 1) * kFixedOne / (2 * lines);
        FixedSpan spans[kMaxSpans];
        const int count = outlines[static_cast<size_t>(k)].cut(height - at.y, spans);
        for (int s = 0; s < count; ++s) {
          const auto add = parameters_.smooth_edges ? add_edge : add_binary_edge;
          add(steps, width, at.x + spans[s].begin, weight);
          add(steps, width, at.x + spans[s].end, -weight);
        }
      }
    }
    for (int x = x0 + 1; x < x1; ++x) steps[x] += steps[x - 1];
    row(y, x0, x1, steps);
  }
}

void Scene::fill(const Object& object, double frame, double scale, const Colour& colour, std::vector<int32_t>& scratch,
                 uint8_t* pixels, ptrdiff_t stride) const {
  const int channels = bytes_per_pixel(format());
  const int32_t full = 1 << coverage_bits_;
  scan(object, frame, scale, scratch, [&](int y, int x0, int x1, const int32_t* coverage) {
    uint8_t* out = pixels + y * stride;
    for (int x = x0; x < x1; ++x) {
      if (coverage[x] == 0) continue;
      for (int c = 0; c < channels; ++c) {
        uint8_t& value = out[x * channels + c];
        value = static_cast<uint8_t>((value * (full - coverage[x]) + colour.channel[c] * coverage[x] + full / 2) >>
                                     coverage_bits_);
      }
    }
  });
}

void Scene::render(int64_t frame, uint8_t* pixels, ptrdiff_t stride) const {
  const SceneParameters& p = parameters_;
  render_at(static_cast<double>(frame), pixels, stride);
  if (p.noise > 0) {
    const uint64_t key = CounterRandom(p.seed, kNoiseStream + static_cast<uint64_t>(frame)).bits();
    add_noise(pixels, stride, p.width * bytes_per_pixel(format()), p.height, p.noise, key);
  }
}

void Scene::render_at(double frame, uint8_t* pixels, ptrdiff_t stride) const {
  const SceneParameters& p = parameters_;
  const int channels = bytes_per_pixel(format());
  for (int y = 0; y < p.height; ++y)
    std::memset(pixels + y * stride, p.background, static_cast<size_t>(p.width) * channels);
  std::vector<int32_t> scratch(static_cast<size_t>(p.width) + 2);
  for (const Object& object : objects_) {
    fill(object, frame, 1, object.colour, scratch, pixels, stride);
    if (object.shape == Shape::pattern) fill(object, frame, kCoreScale, object.core, scratch, pixels, stride);
  }
  for (const Occluder& bar : occluders_) {
    for (int y = 0; y < p.height; ++y) {
      std::memset(pixels + y * stride + bar.begin * channels, p.background,
                  static_cast<size_t>(bar.end - bar.begin) * channels);
    }
  }
  if (p.blur > 0) blur_image(pixels, stride, p.width, p.height, channels, p.blur);
  if (p.min_light != 1 || p.max_light != 1) shine(frame, pixels, stride);
}

void Scene::shine(double frame, uint8_t* pixels, ptrdiff_t stride) const {
  const SceneParameters& p = parameters_;
  std::vector<int32_t> factors;
  for (int x = 0; x < p.width; ++x) {
    const double turns = p.light_hz * frame / p.fps - 0.5 * x / p.width;
    const double light = p.min_light + (p.max_light - p.min_light) * 0.5 * (1 + sine_of_turns(turns));
    factors.push_back(static_cast<int32_t>(std::floor(light * 65536 + 0.5)));
  }
  scale_columns(pixels, stride, p.height, bytes_per_pixel(format()), factors);
}

std::vector<TruthObject> Scene::truth(int64_t frame) const {
  const int width = parameters_.width;
  std::vector<int32_t> owner(static_cast<size_t>(width) * parameters_.height, -1),
      scratch(static_cast<size_t>(width) + 2);
  std::vector<TruthObject> result;
  result.reserve(objects_.size());
  const int32_t half = 1 << (coverage_bits_ - 1);
  for (const Object& object : objects_) {
    const auto index = static_cast<int32_t>(result.size());
    TruthObject t;
    const Pose at = pose(object, static_cast<double>(frame));
    t.id = index + 1;
    t.x = static_cast<double>(at.x) / kFixedOne;
    t.y = static_cast<double>(at.y) / kFixedOne;
    t.left = width;
    t.top = parameters_.height;
    t.right = t.bottom = -1;
    t.class_name = object.class_name;
    scan(object, static_cast<double>(frame), 1, scratch, [&](int y, int x0, int x1, const int32_t* coverage) {
      for (int x = x0; x < x1; ++x) {
        if (coverage[x] < half) continue;
        owner[static_cast<size_t>(y) * width + x] = index;
        ++t.area;
        t.left = std::min(t.left, x);
        t.right = std::max(t.right, x);
        t.top = std::min(t.top, y);
        t.bottom = std::max(t.bottom, y);
      }
    });
    result.push_back(std::move(t));
  }
  for (int y = 0; y < parameters_.height; ++y) {
    int32_t* row = owner.data() + static_cast<size_t>(y) * width;
    for (const Occluder& bar : occluders_) std::fill(row + bar.begin, row + bar.end, -1);
    for (int x = 0; x < width; ++x) {
      if (row[x] >= 0) ++result[static_cast<size_t>(row[x])].visible;
    }
  }
  for (TruthObject& t : result) {
    if (t.area > 0) t.occluded = 1 - static_cast<double>(t.visible) / static_cast<double>(t.area);
  }
  return result;
}

std::vector<TruthSpan> Scene::actions() const {
  std::vector<TruthSpan> spans;
  for (size_t i = 0; i < objects_.size() && parameters_.actions; ++i) {
    for (const ActionSchedule::Span& span : objects_[i].schedule->spans()) {
      const auto last_frame = static_cast<double>(parameters_.frames - 1);
      const double first = std::max(0.0, std::ceil(span.begin)), last = std::min(last_frame, std::ceil(span.end) - 1);
      if (first > last) continue;
      spans.push_back({static_cast<int>(i) + 1, static_cast<int64_t>(first), static_cast<int64_t>(last),
                       kSceneActionNames[static_cast<size_t>(span.action)]});
    }
  }
  return spans;
}

bool Scene::dropped(int64_t frame) const {
  if (frame == 0 || parameters_.dropped <= 0) return false;
  return CounterRandom(parameters_.seed ^ scatter64(kDropStream), static_cast<uint64_t>(frame)).uniform() <
         parameters_.dropped;
}

}  // namespace flashcell::host
