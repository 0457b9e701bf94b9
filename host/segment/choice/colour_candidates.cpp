#include "host/segment/choice/colour_candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kernels_hls/contract/colour.hpp"

namespace flashcell::host {
namespace {

constexpr int kColourBins = 32;  // of hue and of saturation
constexpr int kBinSide = 256 / kColourBins;
constexpr int kColourStep = 2;               // rows and columns that are looked at
constexpr double kColourClutterCost = 0.05;  // of a class, for each time that it holds as much that stands as moves
constexpr double kColourAsGood = 0.02;       // difference of two classes' scores that means nothing
constexpr double kLeastHeld = 0.3;           // of the pixels that move
constexpr double kDarkest = 0.005;           // share of the pixels that may be darker than a class

contract::Hsv8 colour_at(const FrameView& frame, int x, int y) {
  const uint8_t* const pixel = frame.row(y) + 3 * static_cast<ptrdiff_t>(x);
  const bool rgb = frame.format == PixelFormat::rgb8;
  return contract::hsv8(pixel[rgb ? 0 : 2], pixel[1], pixel[rgb ? 2 : 0]);
}

/// Bins of hue from `hue` on, `hues` of them around the circle, and of saturation.
struct ColourRange {
  int hue = 0, hues = kColourBins, first = 0, last = kColourBins - 1;
};

/// Pixels by hue and saturation.
struct Colours {
  std::array<std::array<double, kColourBins>, kColourBins> moving{}, still{};  // [hue][saturation]
  std::array<double, 256> values{};                                            // of those that move
  double all_moving = 0;

  double score(const ColourRange& range) const {
    double held = 0, clutter = 0;
    for (int i = 0; i < range.hues; ++i) {
      const int hue = (range.hue + i) % kColourBins;
      for (int s = range.first; s <= range.last; ++s) {
        held += moving[hue][s];
        clutter += still[hue][s];
      }
    }
    return (held - kColourClutterCost * clutter) / all_moving;
  }
};

Colours count_colours(std::span<const FrameView> colour, std::span<const BitImage> motion, const BitImage& region) {
  Colours colours;
  for (size_t i = 0; i < colour.size(); ++i) {
    for (int y = 0; y < region.height(); y += kColourStep) {
      for (int x = 0; x < region.width(); x += kColourStep) {
        if (!region.get(x, y)) continue;
        const contract::Hsv8 c = colour_at(colour[i], x, y);
        const bool moves = motion[i].get(x, y);
        (moves ? colours.moving : colours.still)[c.h / kBinSide][c.s / kBinSide] += 1;
        if (!moves) continue;
        colours.values[c.v] += 1;
        colours.all_moving += 1;
      }
    }
  }
  return colours;
}

/// The best one: of all arcs of hue, for each the best stretch of saturation, which is where the sum is largest.
ColourRange best_range(const Colours& colours, bool any_hue) {
  ColourRange best;
  double most = -1e300;
  for (int hue = 0; hue < (any_hue ? 1 : kColourBins); ++hue) {
    std::array<double, kColourBins> gain{};
    for (int hues = 1; hues <= kColourBins; ++hues) {
      for (int s = 0; s < kColourBins; ++s) {
        const int at = (hue + hues - 1) % kColourBins;
        gain[s] += colours.moving[at][s] - kColourClutterCost * colours.still[at][s];
      }
      if (any_hue && hues < kColourBins) continue;
      double sum = 0;
      for (int first = 0, last = 0; last < kColourBins; ++last) {
        if (sum <= 0) {
          sum = 0;
          first = last;
        }
        sum += gain[last];
        if (sum > most) {
          most = sum;
          best = {hue, hues, first, last};
        }
      }
    }
  }
  return best;
}

/// Halfway to where it would hold others as well.
ColourRange widened(const Colours& colours, const ColourRange& best) {
  const double enough = colours.score(best) - kColourAsGood;
  const auto room = [&](const auto& wider) {
    int steps = 0;
    for (ColourRange range = best; wider(range) && colours.score(range) >= enough;) ++steps;
    return steps / 2;
  };
  const int down = room([](ColourRange& r) { return --r.first >= 0; });
  const int up = room([](ColourRange& r) { return ++r.last < kColourBins; });
  const int left =
      room([](ColourRange& r) { return r.hue = (r.hue + kColourBins - 1) % kColourBins, ++r.hues <= kColourBins; });
  const int right = room([](ColourRange& r) { return ++r.hues <= kColourBins; });
  ColourRange range{(best.hue + kColourBins - left) % kColourBins, std::min(kColourBins, best.hues + left + right),
                    best.first - down, best.last + up};
  // What is as colourful as can be is of the class.
  if (best.last + 2 * up >= kColourBins - 2) range.last = kColourBins - 1;
  if (best.first - 2 * down <= 1) range.first = 0;
  return range;
}

/// That hardly any pixel that moves is below.
int darkest(const Colours& colours) {
  double below = 0;
  int value = 0;
  while (value < 255 && (below += colours.values[value]) <= kDarkest * colours.all_moving) ++value;
  return value / 2;
}

SegmentCandidate candidate(const ColourRange& range, const Colours& colours, const SegmentParameters& base) {
  ColourClass c;
  c.name = "object";
  if (range.hues < kColourBins) {
    c.hue_low = static_cast<uint8_t>(range.hue * kBinSide);
    c.hue_high = static_cast<uint8_t>((range.hue + range.hues) * kBinSide % 256 + 255);
  }
  c.saturation_low = static_cast<uint8_t>(range.first * kBinSide);
  c.saturation_high = static_cast<uint8_t>(range.last * kBinSide + kBinSide - 1);
  c.value_low = static_cast<uint8_t>(darkest(colours));
  SegmentParameters p = base;
  p.method = SegmentMethod::colour;
  p.classes = {c};
  return {fmt::format("colour, hue {} to {}, saturation {} to {}", c.hue_low, c.hue_high, c.saturation_low,
                      c.saturation_high),
          p};
}

class ColourTrial final : public Segmenter {
 public:
  ColourTrial(const SegmentParameters& parameters, std::span<const FrameView> colour)
      : colour_(colour), segmenter_(make_segmenter(parameters, colour[0].width, colour[0].height, colour[0].format)) {}
  bool in_order() const override { return true; }
  void segment(const FrameView&, BitImage* masks) override {
    segmenter_->segment(colour_[next_++ % colour_.size()], masks);
  }

 private:
  std::span<const FrameView> colour_;
  std::unique_ptr<Segmenter> segmenter_;
  size_t next_ = 0;
};

}  // namespace

std::vector<SegmentCandidate> colour_candidates(std::span<const FrameView> colour, std::span<const BitImage> motion,
                                                const BitImage& region, const SegmentParameters& base) {
  const Colours colours = count_colours(colour, motion, region);
  std::vector<SegmentCandidate> candidates;
  if (colours.all_moving < 1) return candidates;
  for (const bool any_hue : {false, true}) {
    const ColourRange best = best_range(colours, any_hue);
    if (colours.score(best) < kLeastHeld) continue;
    SegmentCandidate made = candidate(widened(colours, best), colours, base);
    if (candidates.empty() || candidates.back().name != made.name) candidates.push_back(std::move(made));
  }
  return candidates;
}

std::unique_ptr<Segmenter> make_colour_trial(const SegmentParameters& parameters, std::span<const FrameView> colour) {
  return std::make_unique<ColourTrial>(parameters, colour);
}

}  // namespace flashcell::host
