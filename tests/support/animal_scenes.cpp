#include "tests/support/animal_scenes.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::test {
namespace {

constexpr double kPi = 3.14159265358979323846;

/// Splitmix64: the same numbers on every machine.
uint64_t hash(uint64_t seed) {
  seed += 0x9E3779B97F4A7C15u;
  seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9u;
  seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EBu;
  return seed ^ (seed >> 31);
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(hash(seed)) {}
  uint64_t bits() { return hash(++state_); }
  double between(double low, double high) {
    return low + (high - low) * static_cast<double>(bits() >> 11) / 9007199254740992.0;
  }
  /// About normal, standard deviation 1: the sum of eight even numbers.
  double normal() {
    const uint64_t b = bits();
    int sum = 0;
    for (int i = 0; i < 8; ++i) sum += static_cast<int>((b >> (8 * i)) & 255);
    return (sum - 8 * 127.5) / (std::sqrt(8.0) * 73.9);
  }

 private:
  uint64_t state_;
};

struct Pose {
  double x, y, angle;
};

/// Where an animal may be, px.
struct Room {
  double left, top, right, bottom;
};

/// Walks with pauses, turning as it goes, and stays in its room.
std::vector<Pose> walk(int64_t frames, const Room& room, double speed, double pause, uint64_t seed) {
  Random random(seed);
  Pose pose{random.between(room.left, room.right), random.between(room.top, room.bottom), random.between(0, 2 * kPi)};
  std::vector<Pose> path;
  bool walking = random.between(0, 1) >= pause;
  for (int64_t frame = 0; frame < frames; ++frame) {
    path.push_back(pose);
    if (random.between(0, 1) < 0.03) walking = random.between(0, 1) >= pause;
    if (!walking || pause >= 1) continue;
    pose.angle += 0.15 * random.normal();
    Pose next{pose.x + speed * std::cos(pose.angle), pose.y + speed * std::sin(pose.angle), pose.angle};
    if (next.x < room.left || next.x > room.right) next = {pose.x, pose.y, kPi - pose.angle};
    if (next.y < room.top || next.y > room.bottom) next = {pose.x, pose.y, -pose.angle};
    pose = next;
  }
  return path;
}

/// An animal's body and how it stands out.
struct Body {
  double a, b;   ///< half axes, px
  double level;  ///< grey
};

/// Animals of one kind on their paths.
struct Herd {
  Body body;
  std::vector<std::vector<Pose>> paths;

  void draw(int64_t frame, Canvas& canvas) const {
    for (const auto& path : paths) {
      const Pose& p = path[static_cast<size_t>(frame)];
      canvas.ellipse(p.x, p.y, body.a, body.b, p.angle, body.level);
    }
  }
  std::vector<DrawnAnimal> at(int64_t frame) const {
    std::vector<DrawnAnimal> animals;
    for (const auto& path : paths) {
      const Pose& p = path[static_cast<size_t>(frame)];
      animals.push_back({p.x, p.y, 2 * std::max(body.a, body.b), kPi * body.a * body.b});
    }
    return animals;
  }
};

Herd herd(const Body& body, int animals, int64_t frames, const Room& room, double speed, double pause, uint64_t seed) {
  Herd all{body, {}};
  for (int i = 0; i < animals; ++i)
    all.paths.push_back(walk(frames, room, speed, pause, seed * 1000 + static_cast<uint64_t>(i)));
  return all;
}

/// `draw` draws what is below and around the animals.
AnimalScene scene(std::string name, int width, int height, int64_t frames, double fps, const Herd& animals,
                  const std::function<void(int64_t, Canvas&)>& floor,
                  const std::function<void(int64_t, Canvas&)>& over) {
  AnimalScene made{std::move(name), width, height, frames, fps, {}, {}};
  made.draw = [=](int64_t frame, Canvas& canvas) {
    floor(frame, canvas);
    animals.draw(frame, canvas);
    over(frame, canvas);
  };
  made.animals = [animals](int64_t frame) { return animals.at(frame); };
  return made;
}

/// Calls level(x, y) for every pixel.
template <class Level>
void fill(Canvas& canvas, Level level) {
  for (int y = 0; y < canvas.height(); ++y) {
    for (int x = 0; x < canvas.width(); ++x) canvas.at(x, y) = static_cast<float>(level(x, y));
  }
}

auto camera_noise(double sigma) {
  return [sigma](int64_t frame, Canvas& canvas) { canvas.noise(sigma, 17 + static_cast<uint64_t>(frame)); };
}

auto even_floor(double level) {
  return [level](int64_t, Canvas& canvas) { fill(canvas, [&](int, int) { return level; }); };
}

AnimalScene flies_on_a_textured_floor() {
  const auto floor = [](int64_t, Canvas& canvas) {
    fill(canvas, [](int x, int y) {
      const double waves = 8 * std::sin(x / 23.0) * std::cos(y / 31.0);
      const double grain = static_cast<double>(hash(static_cast<uint64_t>(y) * 4096 + x) % 17) - 8;
      const bool line = x % 40 == 20 || y % 40 == 20;
      return 150 + waves + grain - (line ? 45 : 0);
    });
    Random random(5);
    for (int i = 0; i < 160; ++i) {
      const double x = random.between(0, 400), y = random.between(0, 360), r = random.between(0.7, 2.2);
      canvas.ellipse(x, y, r, r, 0, random.between(50, 95));
    }
  };
  return scene("two flies on a textured floor with dust and a printed grid", 400, 360, 400, 30,
               herd({8, 3.6, 55}, 2, 400, {20, 20, 380, 340}, 1.8, 0.4, 1), floor, camera_noise(2));
}

AnimalScene mouse_in_an_arena() {
  const int64_t frames = 360;
  Herd body = herd({26, 15, 60}, 1, frames, {90, 80, 390, 280}, 3, 0.3, 2);
  const auto floor = [](int64_t, Canvas& canvas) {
    fill(canvas, [](int x, int y) {
      const double light = 110 + 0.16 * x + 0.05 * y;
      const double from_centre = std::hypot((x - 240) / 200.0, (y - 180) / 150.0);
      return from_centre > 1 ? 0.35 * light : light;
    });
  };
  // A lighter back, and a thin tail.
  const auto over = [body](int64_t frame, Canvas& canvas) {
    const Pose& p = body.paths[0][static_cast<size_t>(frame)];
    canvas.ellipse(p.x, p.y, 4, 14, p.angle, 92);
    for (int i = 0; i < 20; ++i) {
      const double away = 26 + i, bend = p.angle + 0.02 * i;
      canvas.ellipse(p.x - away * std::cos(bend), p.y - away * std::sin(bend), 1.2, 1.2, 0, 80);
    }
    canvas.noise(3, 91 + static_cast<uint64_t>(frame));
    canvas.compress(6, static_cast<uint64_t>(frame) / 12);
  };
  return scene("a mouse in an arena, uneven light, hard compression", 480, 360, frames, 25, body, floor, over);
}

AnimalScene flies_in_tubes() {
  const int64_t frames = 300;
  Herd flies{{5, 2.6, 50}, {}};
  for (int i = 0; i < 20; ++i) {
    const double left = 10 + 46 * (i % 10), top = i < 10 ? 12 : 156;
    const bool sits = i % 4 == 1;
    flies.paths.push_back(walk(frames, {left + 10, top + 10, left + 28, top + 100}, 1.5, sits ? 1.0 : 0.3,
                               3000 + static_cast<uint64_t>(i)));
  }
  const auto floor = [](int64_t, Canvas& canvas) {
    fill(canvas, [](int, int) { return 70.0; });
    for (int i = 0; i < 20; ++i) {
      const int left = 10 + 46 * (i % 10), top = i < 10 ? 12 : 156;
      canvas.rectangle(left, top, left + 38, top + 132, 40);
      canvas.rectangle(left + 3, top + 3, left + 35, top + 129, 165);
      canvas.rectangle(left + 3, top + 110, left + 35, top + 129, 95);  // food
    }
  };
  return scene("twenty tubes with a fly each, five of which sit still", 474, 300, frames, 30, flies, floor,
               camera_noise(2.5));
}

AnimalScene larvae_in_wells() {
  const int64_t frames = 400;
  Herd larvae{{7, 2.2, 90}, {}};
  const auto middle = [](int i) { return std::array{55.0 + 110 * (i % 4), 60.0 + 120 * (i / 4)}; };
  for (int i = 0; i < 8; ++i) {
    const auto [x, y] = middle(i);
    larvae.paths.push_back(walk(frames, {x - 26, y - 26, x + 26, y + 26}, 4, 0.9, 4100 + static_cast<uint64_t>(i)));
  }
  const auto floor = [=](int64_t, Canvas& canvas) {
    fill(canvas, [](int, int) { return 75.0; });
    for (int i = 0; i < 8; ++i) {
      const auto [x, y] = middle(i);
      canvas.ellipse(x, y, 48, 48, 0, 45);
      canvas.ellipse(x, y, 44, 44, 0, 172);
    }
  };
  return scene("a plate of eight wells with a larva each, at rest for most of the time", 440, 240, frames, 50, larvae,
               floor, camera_noise(2));
}

AnimalScene droplet() {
  const int64_t frames = 1000;
  Herd drop{{10, 10, 70}, {{}}};
  for (int64_t frame = 0; frame < frames; ++frame)
    drop.paths[0].push_back({128 + 0.01 * static_cast<double>(frame), 16 + 0.16 * static_cast<double>(frame), 0});
  return scene("a droplet at 90 000 frames/s, noisy sensor", 256, 192, frames, 90000, drop, even_floor(125),
               camera_noise(13));
}

AnimalScene animals_that_never_move() {
  Herd sitting{{9, 5, 190}, {}};
  for (const Pose& p : {Pose{60, 50, 0.4}, Pose{200, 90, 2}, Pose{120, 180, 1}}) sitting.paths.emplace_back(200, p);
  return scene("three animals that sit still from the start to the end", 280, 220, 200, 25, sitting, even_floor(60),
               camera_noise(3));
}

AnimalScene vignette() {
  const auto floor = [](int64_t, Canvas& canvas) {
    fill(canvas, [](int x, int y) { return 210 - 150 * std::pow(std::hypot(x - 200, y - 150) / 250, 2); });
  };
  const int64_t frames = 300;
  const Herd animals = herd({8, 5, 0}, 6, frames, {15, 15, 385, 285}, 1.6, 0.35, 4);
  AnimalScene made =
      scene("six animals under a strong vignette", 400, 300, frames, 30, animals, floor, camera_noise(2));
  // Darker than the floor where they are, by as much everywhere.
  made.draw = [=](int64_t frame, Canvas& canvas) {
    floor(frame, canvas);
    for (const auto& path : animals.paths) {
      const Pose& p = path[static_cast<size_t>(frame)];
      const double under = canvas.at(static_cast<int>(p.x), static_cast<int>(p.y));
      canvas.ellipse(p.x, p.y, 8, 5, p.angle, under - 40);
    }
    canvas.noise(2, 55 + static_cast<uint64_t>(frame));
  };
  return made;
}

AnimalScene flickering_light() {
  const auto over = [](int64_t frame, Canvas& canvas) {
    const double light = 1 + 0.13 * std::sin(2.1 * static_cast<double>(frame));
    fill(canvas, [&](int x, int y) { return canvas.at(x, y) * light; });
    canvas.noise(2, 71 + static_cast<uint64_t>(frame));
  };
  const auto floor = [](int64_t, Canvas& canvas) { fill(canvas, [](int x, int) { return 130.0 + x * 0.1; }); };
  return scene("four animals, the light flickers", 320, 260, 300, 120,
               herd({8, 5, 65}, 4, 300, {20, 20, 300, 240}, 1.2, 0.3, 5), floor, over);
}

AnimalScene compression_blocks() {
  const auto over = [](int64_t frame, Canvas& canvas) {
    canvas.noise(2, 31 + static_cast<uint64_t>(frame));
    canvas.compress(9, static_cast<uint64_t>(frame) / 10);
  };
  const auto floor = [](int64_t, Canvas& canvas) {
    fill(canvas, [](int x, int y) { return 120 + 12 * std::sin(x / 40.0) + 10 * std::cos(y / 35.0); });
  };
  return scene("three animals in a hard compressed video", 352, 288, 300, 25,
               herd({10, 6, 70}, 3, 300, {20, 20, 330, 268}, 1.8, 0.3, 6), floor, over);
}

AnimalScene moving_shadow() {
  const auto floor = [](int64_t frame, Canvas& canvas) {
    const double shadow = -80 + 1.7 * static_cast<double>(frame);
    fill(canvas, [&](int x, int y) {
      const double inside = 1 / (1 + std::exp((std::hypot((x - shadow) / 70, (y - 120) / 100.0) - 1) * 12));
      return 165 - 40 * inside;
    });
  };
  return scene("two animals and a shadow that passes", 340, 240, 300, 25,
               herd({9, 5, 60}, 2, 300, {20, 20, 320, 220}, 1.5, 0.3, 7), floor, camera_noise(2));
}

AnimalScene things_at_the_edge() {
  const auto floor = [](int64_t frame, Canvas& canvas) {
    fill(canvas, [](int, int) { return 170.0; });
    canvas.rectangle(0, 212, 320, 240, 35);                                                   // a plate
    canvas.ellipse(322, 60 + 4 * std::sin(0.2 * static_cast<double>(frame)), 40, 22, 0, 45);  // a cable that shakes
  };
  return scene("one animal; a plate and a cable cut by the frame's edge", 320, 240, 300, 30,
               herd({8, 4.5, 60}, 1, 300, {20, 20, 250, 190}, 2, 0.2, 8), floor, camera_noise(2));
}

AnimalScene two_of_ten_move() {
  const int64_t frames = 300;
  Herd animals{{8, 4.5, 130}, {}};
  for (int i = 0; i < 10; ++i) {
    const double left = 20.0 + 60 * (i % 5), top = i < 5 ? 20 : 120;
    animals.paths.push_back(walk(frames, {left + 12, top + 12, left + 38, top + 68}, 1.5, i == 3 || i == 6 ? 0.2 : 1.0,
                                 5200 + static_cast<uint64_t>(i)));
  }
  return scene("ten animals of one size, of which two move", 320, 220, frames, 30, animals, even_floor(60),
               camera_noise(2.5));
}

/// Animals of the floor's own grey, with its waves and its grain, that only a tint tells.
AnimalScene tinted_animals(std::string name, const Tint& floor_tint, const Tint& tint, int animals, uint64_t seed) {
  const int64_t frames = 120;
  const auto floor = [](int64_t, Canvas& canvas) {
    fill(canvas, [](int x, int y) {
      const double grain = static_cast<double>(hash(static_cast<uint64_t>(y) * 4096 + x) % 13) - 6;
      return 128 + 10 * std::sin(x / 19.0) * std::cos(y / 27.0) + grain;
    });
  };
  const Herd herd_of = herd({9, 5, 1}, animals, frames, {20, 20, 300, 220}, 1.7, 0.3, seed);
  AnimalScene made = scene(std::move(name), 320, 240, frames, 30, herd_of, floor, camera_noise(2));
  made.draw = [floor](int64_t frame, Canvas& canvas) {
    floor(frame, canvas);
    camera_noise(2)(frame, canvas);
  };
  made.tinted = [herd_of](int64_t frame, Canvas& canvas) {
    fill(canvas, [](int, int) { return 0.0; });
    herd_of.draw(frame, canvas);
  };
  made.floor = floor_tint;
  made.animal = tint;
  return made;
}

class AnimalSource : public FrameSource {
 public:
  AnimalSource(const AnimalScene& scene, int64_t start, bool colour)
      : scene_(scene), canvas_(scene.width, scene.height), tinted_(scene.width, scene.height), position_(start) {
    info_.name = scene.name;
    info_.width = scene.width;
    info_.height = scene.height;
    info_.format = colour ? PixelFormat::bgr8 : PixelFormat::grey8;
    info_.fps = scene.fps;
    info_.frame_count = scene.frames - start;
  }
  const SourceInfo& info() const override { return info_; }
  bool next(Frame& frame) override {
    if (position_ >= scene_.frames) return false;
    scene_.draw(position_, canvas_);
    if (is_colour(info_.format)) scene_.tinted(position_, tinted_);
    const ptrdiff_t stride = static_cast<ptrdiff_t>(scene_.width) * bytes_per_pixel(info_.format);
    frame.storage.clear();
    for (int y = 0; y < scene_.height; ++y) {
      for (int x = 0; x < scene_.width; ++x) put(x, y, frame.storage);
    }
    frame.view = {frame.storage.data(), scene_.width, scene_.height, stride, info_.format};
    frame.number = position_++;
    return true;
  }

 private:
  void put(int x, int y, std::vector<uint8_t>& pixels) {
    const auto add = [&](double level) {
      pixels.push_back(static_cast<uint8_t>(std::clamp(std::lround(level), 0L, 255L)));
    };
    const double grey = canvas_.at(x, y);
    if (!is_colour(info_.format)) return add(grey);
    const double share = tinted_.at(x, y);
    const double red = scene_.floor.red + share * (scene_.animal.red - scene_.floor.red),
                 blue = scene_.floor.blue + share * (scene_.animal.blue - scene_.floor.blue);
    const auto noise = [&](uint64_t channel) {
      const uint64_t at = static_cast<uint64_t>(y) * 4096 + static_cast<uint64_t>(x);
      return static_cast<double>(hash(at + (static_cast<uint64_t>(position_) * 4 + channel) * 0x1000000) % 5) - 2;
    };
    add(grey + blue + noise(0));
    add(grey - (0.299 * red + 0.114 * blue) / 0.587 + noise(1));
    add(grey + red + noise(2));
  }

  const AnimalScene& scene_;
  Canvas canvas_, tinted_;
  SourceInfo info_;
  int64_t position_;
};

}  // namespace

void Canvas::ellipse(double x, double y, double a, double b, double angle, double level) {
  const double reach = std::max(a, b) + 2, c = std::cos(angle), s = std::sin(angle), smaller = std::min(a, b);
  for (int v = std::max(0, static_cast<int>(y - reach)); v < std::min<double>(height_, y + reach + 1); ++v) {
    for (int u = std::max(0, static_cast<int>(x - reach)); u < std::min<double>(width_, x + reach + 1); ++u) {
      const double along = ((u - x) * c + (v - y) * s) / a, across = ((v - y) * c - (u - x) * s) / b;
      const double inside = std::clamp((1 - std::hypot(along, across)) * smaller + 0.5, 0.0, 1.0);
      at(u, v) += static_cast<float>(inside * (level - at(u, v)));
    }
  }
}

void Canvas::rectangle(int left, int top, int right, int bottom, double level) {
  for (int y = top; y < std::min(bottom, height_); ++y) {
    for (int x = left; x < std::min(right, width_); ++x) at(x, y) = static_cast<float>(level);
  }
}

void Canvas::noise(double sigma, uint64_t seed) {
  Random random(seed);
  for (float& grey : grey_) grey += static_cast<float>(sigma * random.normal());
}

void Canvas::compress(double step, uint64_t seed) {
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const uint64_t block = static_cast<uint64_t>(y / 8) * 1024 + static_cast<uint64_t>(x / 8);
      Random random(seed * 65536 + block);
      const double jump = 0.35 * step * random.normal();
      at(x, y) = static_cast<float>(step * std::round((at(x, y) + jump) / step));
    }
  }
}

const std::vector<AnimalScene>& animal_scenes() {
  static const std::vector<AnimalScene> scenes = {
      flies_on_a_textured_floor(),
      mouse_in_an_arena(),
      flies_in_tubes(),
      larvae_in_wells(),
      droplet(),
      animals_that_never_move(),
      vignette(),
      flickering_light(),
      compression_blocks(),
      moving_shadow(),
      things_at_the_edge(),
      two_of_ten_move(),
      tinted_animals("two red animals on a floor of their own grey", {}, {60, -20}, 2, 11),
      tinted_animals("three grey animals on a green floor of their own grey", {-40, -35}, {}, 3, 14),
      tinted_animals("two violet animals on a yellow floor of their own grey", {15, -60}, {25, 45}, 2, 15),
      tinted_animals("five orange animals on a bluish floor of their own grey", {-8, 16}, {50, -50}, 5, 16)};
  return scenes;
}

std::unique_ptr<FrameSource> open_animal_scene(const AnimalScene& scene, int64_t start, bool colour) {
  return std::make_unique<AnimalSource>(scene, start, colour);
}

}  // namespace flashcell::test
