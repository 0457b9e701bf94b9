#include "tracking/score_model.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/metrics/sequence.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kMoment = 0.1;          ///< s before and after which an object is looked for again
constexpr double kSamePlace = 0.5;       ///< IoU from which it is the same
constexpr double kBestAreFound = 0.5;    ///< share of the best found again; else the moment is too long for the motion
constexpr double kBenefitOfDoubt = 40;   ///< detections, found again as often as the best, that every step is given
constexpr size_t kLeastInBin = 25;       ///< detections that a share is taken of
constexpr size_t kMostBins = 12;         ///< steps of the curve
constexpr size_t kMostLookedAt = 50000;  ///< detections: enough for the curve, however long the recording

struct Sample {
  float score = 0;
  double found = 0;  ///< share of the moments around it at which it is found again
};

/// Detections of a score alike, and how many of them are found again.
struct Bin {
  float score = 0;  ///< median
  double found = 0, count = 0;
  double share() const { return found / count; }
};

double is_found(const Detection& detection, std::span<const FrameOfDetections> frames, int64_t number) {
  const auto frame = std::lower_bound(frames.begin(), frames.end(), number,
                                      [](const FrameOfDetections& f, int64_t n) { return f.frame < n; });
  if (frame == frames.end() || frame->frame != number) return 0;
  const auto& others = frame->detections;
  return std::any_of(others.begin(), others.end(), [&](const Detection& other) {
    return intersection_over_union(detection.box, other.box) > kSamePlace;
  });
}

/// Sorted by score.
std::vector<Sample> look_around(std::span<const FrameOfDetections> frames, int64_t lag) {
  size_t all = 0;
  for (const FrameOfDetections& f : frames) all += f.detections.size();
  const size_t step = all / kMostLookedAt + 1;  // every n-th frame
  std::vector<Sample> samples;
  for (size_t i = 0; i < frames.size(); i += step) {
    const int64_t number = frames[i].frame;
    const bool before = number - lag >= frames.front().frame, after = number + lag <= frames.back().frame;
    if (!before && !after) continue;
    for (const Detection& detection : frames[i].detections) {
      double found = 0;
      if (before) found += is_found(detection, frames, number - lag);
      if (after) found += is_found(detection, frames, number + lag);
      samples.push_back({detection.confidence, found / (before && after ? 2 : 1)});
    }
  }
  std::stable_sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.score < b.score; });
  return samples;
}

/// About equally many in each; scores that are equal lie in one.
std::vector<Bin> cut(const std::vector<Sample>& samples) {
  const size_t bins = std::clamp<size_t>(samples.size() / kLeastInBin, 1, kMostBins);
  std::vector<Bin> cuts;
  for (size_t begin = 0, bin = 1; begin < samples.size(); ++bin) {
    size_t end = std::max(begin + 1, std::min(samples.size(), samples.size() * bin / bins));
    while (end < samples.size() && samples[end].score == samples[end - 1].score) ++end;
    Bin& b = cuts.emplace_back();
    b.score = samples[begin + (end - begin) / 2].score;
    b.count = static_cast<double>(end - begin);
    for (size_t i = begin; i < end; ++i) b.found += samples[i].found;
    begin = end;
  }
  return cuts;
}

/// Shares that do not fall with the score, nearest to those counted (pool adjacent violators: Ayer et al. 1955).
std::vector<double> rising_shares(const std::vector<Bin>& bins) {
  std::vector<Bin> pools;
  std::vector<size_t> sizes;
  for (const Bin& bin : bins) {
    pools.push_back(bin);
    sizes.push_back(1);
    while (pools.size() > 1 && pools[pools.size() - 2].share() > pools.back().share()) {
      const Bin last = pools.back();
      const size_t size = sizes.back();
      pools.pop_back();
      sizes.pop_back();
      pools.back().found += last.found;
      pools.back().count += last.count;
      sizes.back() += size;
    }
  }
  std::vector<double> shares;
  for (size_t i = 0; i < pools.size(); ++i) shares.insert(shares.end(), sizes[i], pools[i].share());
  return shares;
}

}  // namespace

ScoreModel ScoreModel::learn(std::span<const FrameOfDetections> frames, double fps) {
  for (int64_t lag = std::max<int64_t>(1, std::llround(kMoment * fps)); lag > 0; lag /= 2) {
    const std::vector<Bin> bins = cut(look_around(frames, lag));
    if (bins.size() < 2) return {};
    const std::vector<double> shares = rising_shares(bins);
    if (shares.back() < kBestAreFound) continue;
    ScoreModel model;
    for (size_t i = 0; i < bins.size(); ++i) {
      const double believed = kBenefitOfDoubt / (bins[i].count + kBenefitOfDoubt);
      model.points_.push_back({bins[i].score, believed + (1 - believed) * shares[i] / shares.back()});
    }
    return model;
  }
  return {};
}

double ScoreModel::trust(float score) const {
  if (points_.empty()) return 1;
  const auto above =
      std::lower_bound(points_.begin(), points_.end(), score, [](const Point& p, float s) { return p.score < s; });
  if (above == points_.begin()) return points_.front().trust;
  if (above == points_.end()) return points_.back().trust;
  const Point& below = *(above - 1);
  const double share = (double{score} - below.score) / (double{above->score} - below.score);
  return below.trust + share * (above->trust - below.trust);
}

}  // namespace flashcell::tracking
