#include "host/segment/choice/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "host/segment/parameter_ranges.hpp"

namespace flashcell::host {
namespace {

constexpr double kSigmas = 4;
constexpr double kLeastSigma = 1.5;        // grey levels of 8 bits: steps of compression are no objects
constexpr double kClutterCost = 0.05;      // of a threshold, for each time that it sees as much that stands as moves
constexpr double kAsGood = 0.02;           // difference of two thresholds' scores that means nothing
constexpr double kOneSided = 0.15;         // share of the motion from which a polarity is worth a trial of its own
constexpr int kWindows[] = {31, 63, 127};  // px; the largest that is fast (kMaxStepWindow)
constexpr double kTail = 0.0005;           // share of the pixels beyond which grey levels are extreme

const char* text(Polarity polarity) {
  return name_in(kPolarities, polarity);
}

/// The fixed threshold that parts most of what moves from the scene, with little that stands on its side; in the middle
/// of those that do as well, where noise does least harm.
std::optional<int> threshold_of_motion(const SceneGrey& grey, Polarity polarity) {
  const bool bright = polarity == Polarity::bright;
  const double contrast = bright ? grey.bright_contrast : grey.dark_contrast;
  const double pixels = bright ? grey.bright_pixels : grey.dark_pixels;
  if (pixels < 1) return std::nullopt;
  double still = 0, below = 0;
  for (const double count : grey.still) still += count;
  int highest = 255;  // of the bins that have pixels: beyond it there may be no such grey level
  while (highest > 1 && grey.all[highest] == 0) --highest;
  std::array<double, 256> score{};
  for (int bin = 1; bin <= highest; ++bin) {
    below += grey.still[bin - 1];
    const double explained = (bright ? grey.bright_explained : grey.dark_explained)[bin] / contrast;
    score[bin] = explained - kClutterCost * (bright ? still - below : below) / pixels;
  }
  const int best = static_cast<int>(std::max_element(score.begin() + 1, score.begin() + highest + 1) - score.begin());
  if (score[best] <= 0) return std::nullopt;
  int first = best, last = best;
  while (first > 1 && score[first - 1] >= score[best] - kAsGood) --first;
  while (last < highest && score[last + 1] >= score[best] - kAsGood) ++last;
  return (first + last) / 2;
}

/// Otsu's threshold among the bins `first` .. `last` - 1.
std::optional<int> otsu_between(const SceneGrey& grey, int first, int last) {
  Histogram part{};
  std::copy(grey.all.begin() + first, grey.all.begin() + last, part.begin() + first);
  return otsu_threshold(part);
}

/// Midway between the commonest grey and the extreme one.
std::optional<int> threshold_of_extremes(const SceneGrey& grey, Polarity polarity) {
  const int mode = static_cast<int>(std::max_element(grey.all.begin(), grey.all.end()) - grey.all.begin());
  double pixels = 0, beyond = 0;
  for (const uint32_t count : grey.all) pixels += count;
  const bool bright = polarity == Polarity::bright;
  int extreme = bright ? 255 : 0;
  while ((beyond += grey.all[extreme]) < kTail * pixels) extreme += bright ? -1 : 1;
  if (std::abs(extreme - mode) < 4) return std::nullopt;
  return (extreme + mode + 1) / 2;
}

}  // namespace

std::vector<SegmentCandidate> scene_candidates(const SceneGrey& grey, const SegmentParameters& base, bool deep,
                                               bool running) {
  SegmentParameters p = base;
  p.method = running ? SegmentMethod::background : SegmentMethod::median;
  p.sigmas = kSigmas;
  p.both_polarities = true;
  const double coarse = deep ? std::ldexp(1.0, grey.shift) : 1, most = deep ? 65535 : 45;
  const double quiet = std::clamp(std::max(grey.noise, kLeastSigma * coarse), 0.0, most);
  p.min_sigma = std::round(quiet * 8) / 8;
  const char* method = name_in(kSegmentMethods, p.method);
  std::vector<SegmentCandidate> candidates = {{fmt::format("{}, both", method), p}};
  if (grey.moving() < 1) return candidates;
  const double half = std::round(std::min(0.45 * grey.contrast() / kSigmas, most) * 8) / 8;
  const bool far = half > 1.3 * p.min_sigma;
  if (far) {
    candidates.push_back({fmt::format("{}, both, far", method), p});
    candidates.back().parameters.min_sigma = half;
  }
  for (const Polarity polarity : {Polarity::bright, Polarity::dark}) {
    const double pixels = polarity == Polarity::bright ? grey.bright_pixels : grey.dark_pixels;
    if (pixels < kOneSided * grey.moving()) continue;
    SegmentParameters one = p;
    one.both_polarities = false;
    one.polarity = polarity;
    candidates.push_back({fmt::format("{}, {}", method, text(polarity)), one});
    if (!far) continue;
    one.min_sigma = half;
    candidates.push_back({fmt::format("{}, {}, far", method, text(polarity)), one});
  }
  return candidates;
}

std::vector<SegmentCandidate> threshold_candidates(const SceneGrey& grey, const SegmentParameters& base) {
  std::vector<SegmentCandidate> candidates;
  const std::optional<int> otsu = otsu_threshold(grey.all);
  for (const Polarity polarity : {Polarity::bright, Polarity::dark}) {
    const bool bright = polarity == Polarity::bright;
    std::vector<std::optional<int>> bins = {threshold_of_motion(grey, polarity), threshold_of_extremes(grey, polarity)};
    if (otsu) {
      bins.push_back(otsu);
      bins.push_back(bright ? otsu_between(grey, *otsu, 256) : otsu_between(grey, 0, *otsu));
    }
    std::vector<int> tried;
    for (const std::optional<int>& bin : bins) {
      if (!bin || std::find(tried.begin(), tried.end(), *bin) != tried.end()) continue;
      tried.push_back(*bin);
      SegmentParameters p = base;
      p.method = SegmentMethod::threshold;
      p.polarity = polarity;
      p.threshold = grey.level(*bin);
      candidates.push_back({fmt::format("threshold {}, {}", p.threshold, text(polarity)), p});
    }
    SegmentParameters p = base;
    p.method = SegmentMethod::otsu;
    p.polarity = polarity;
    candidates.push_back({fmt::format("otsu, {}", text(polarity)), p});
  }
  return candidates;
}

std::vector<SegmentCandidate> adaptive_candidates(const SceneGrey& grey, const SegmentParameters& base,
                                                  int shorter_side) {
  const double step = 1 << grey.shift;
  const double contrast = grey.moving() < 1 ? 32 * step : grey.contrast();
  const int most = grey.deep ? kDeepestGrey : 255;
  const int near = std::clamp(static_cast<int>(std::max({4 * grey.noise, 2 * step, 0.2 * contrast})), 1, most);
  const int far = std::clamp(static_cast<int>(0.45 * contrast), near, most);
  std::vector<SegmentCandidate> candidates;
  for (const Polarity polarity : {Polarity::bright, Polarity::dark}) {
    for (const int window : kWindows) {
      if (window != kWindows[0] && window > shorter_side) continue;
      for (const int offset : near == far ? std::vector{near} : std::vector{near, far}) {
        SegmentParameters p = base;
        p.method = SegmentMethod::adaptive;
        p.polarity = polarity;
        p.window = window;
        p.offset = offset;
        candidates.push_back({fmt::format("adaptive {} px +{}, {}", window, offset, text(polarity)), p});
      }
    }
  }
  return candidates;
}

}  // namespace flashcell::host
