#include "tracking/metrics/overlay.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

namespace flashcell::tracking {
namespace {

using Point = Eigen::Vector2d;
/// Places of one object by frame.
using Path = std::map<int64_t, Point>;

constexpr size_t kRules = 3;

std::map<int64_t, Path> paths_of(std::span<const LabelledObject> objects) {
  std::map<int64_t, Path> paths;
  for (const LabelledObject& o : objects) paths[o.id][o.frame] = {o.x, o.y};
  return paths;
}

/// Evenly in 0..1, by frame (SplitMix64).
double part_of(uint64_t seed, int64_t frame) {
  uint64_t z = seed * 0x9e3779b97f4a7c15U + static_cast<uint64_t>(frame) * 0xd1342543de82ef95U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/// The polynomial of this degree through the path's places of frames `first` to `last`, `ahead` frames behind the last;
/// of a lower degree where there are too few places.
Point extrapolate(const Path& path, int64_t first, int64_t last, double ahead, int degree) {
  std::vector<std::pair<double, Point>> places;
  for (auto at = path.lower_bound(first); at != path.end() && at->first <= last; ++at)
    places.emplace_back(static_cast<double>(at->first - last), at->second);
  degree = std::min(degree, static_cast<int>(places.size()) - 1);
  Eigen::MatrixXd powers(static_cast<Eigen::Index>(places.size()), degree + 1);
  Eigen::MatrixXd values(powers.rows(), 2);
  for (Eigen::Index i = 0; i < powers.rows(); ++i) {
    const auto& [frame, place] = places[static_cast<size_t>(i)];
    for (Eigen::Index k = 0; k <= degree; ++k) powers(i, k) = std::pow(frame, static_cast<double>(k));
    values.row(i) = place.transpose();
  }
  const Eigen::MatrixXd fit = powers.colPivHouseholderQr().solve(values);
  Point result = Point::Zero();
  for (Eigen::Index k = 0; k <= degree; ++k) result += fit.row(k).transpose() * std::pow(ahead, static_cast<double>(k));
  return result;
}

class Display {
 public:
  Display(std::span<const LabelledObject> truth, std::span<const LabelledObject> tracks, const OverlayOptions& options)
      : o_(options), truth_(paths_of(truth)), tracks_(paths_of(tracks)) {
    if (!(o_.fps > 0) || !(o_.display_hz > 0) || !(o_.latency >= 0) || !(o_.latency_spread >= 0) || !(o_.window >= 0) ||
        !(o_.max_distance > 0))
      throw std::invalid_argument("overlay: rates and distance must be above 0, times not below");
    for (const auto& [id, path] : truth_) last_ = std::max(last_, path.rbegin()->first);
  }

  OverlayFigures run() {
    const double end = static_cast<double>(last_ - 1) / o_.fps;
    int64_t newest = 0, pictures = 0, wanted = 0;
    double ready = ready_at(1, 0);
    for (int64_t j = 0; static_cast<double>(j) / o_.display_hz <= end; ++j) {
      const double shown = static_cast<double>(j) / o_.display_hz;
      while (newest < last_ && ready <= shown) {
        ++newest;
        ready = ready_at(newest + 1, ready);
      }
      if (newest == 0) continue;
      const double age = shown - static_cast<double>(newest - 1) / o_.fps;
      figures_.age += age;
      figures_.oldest_age = std::max(figures_.oldest_age, age);
      ++pictures;
      for (const auto& [id, path] : truth_) wanted += draw(id, path, newest, j, age * o_.fps);
    }
    if (pictures > 0) figures_.age /= static_cast<double>(pictures);
    if (wanted > 0) figures_.missing = 1 - static_cast<double>(figures_.drawings) / static_cast<double>(wanted);
    for (size_t rule = 0; rule < kRules; ++rule) summarize(rule);
    return figures_;
  }

 private:
  double ready_at(int64_t frame, double before) const {
    const double known = static_cast<double>(frame - 1) / o_.fps + o_.latency;
    return std::max(before, known + o_.latency_spread * part_of(o_.seed, frame));
  }

  static std::optional<Point> place_at(const Path& path, double frame) {
    const auto before = path.find(static_cast<int64_t>(std::floor(frame)));
    if (before == path.end()) return std::nullopt;
    const double part = frame - std::floor(frame);
    if (part == 0) return before->second;
    const auto after = path.find(before->first + 1);
    if (after == path.end()) return std::nullopt;
    return (1 - part) * before->second + part * after->second;
  }

  /// The path that is nearest to a place in a frame.
  static const Path* nearest(const std::map<int64_t, Path>& paths, int64_t frame, const Point& place,
                             double& distance) {
    const Path* best = nullptr;
    for (const auto& [id, path] : paths) {
      const auto at = path.find(frame);
      if (at == path.end()) continue;
      const double own = (at->second - place).norm();
      if (best != nullptr && own >= distance) continue;
      best = &path;
      distance = own;
    }
    return best;
  }

  /// 1 where the object is there to be drawn on.
  int64_t draw(int64_t id, const Path& path, int64_t newest, int64_t picture, double ahead) {
    const auto then = path.find(newest);
    const std::optional<Point> now = place_at(path, static_cast<double>(newest) + ahead);
    if (then == path.end() || !now) return 0;
    double distance = 0, back = 0;
    const Path* track = nearest(tracks_, newest, then->second, distance);
    if (track == nullptr || distance > o_.max_distance) return 1;
    if (nearest(truth_, newest, track->at(newest), back) != &path) return 1;
    ++figures_.drawings;
    const int64_t first = newest - std::llround(o_.window * o_.fps);
    for (size_t rule = 0; rule < kRules; ++rule) {
      const Point drawn =
          rule == 0 ? track->at(newest) : extrapolate(*track, first, newest, ahead, static_cast<int>(rule));
      const Point error = drawn - *now;
      distances_[rule].push_back(error.norm());
      const auto last = before_[rule].find(id);
      if (last != before_[rule].end() && last->second.first + 1 == picture)
        changes_[rule].push_back((error - last->second.second).norm());
      before_[rule][id] = {picture, error};
    }
    return 1;
  }

  static double rms(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value * value;
    return values.empty() ? 0 : std::sqrt(sum / static_cast<double>(values.size()));
  }

  void summarize(size_t rule) {
    std::vector<double>& distances = distances_[rule];
    OverlayError& error = figures_.errors[rule];
    error.rms = rms(distances);
    error.jitter = rms(changes_[rule]);
    if (distances.empty()) return;
    const auto at = static_cast<ptrdiff_t>(std::ceil(0.95 * static_cast<double>(distances.size()))) - 1;
    std::nth_element(distances.begin(), distances.begin() + at, distances.end());
    error.p95 = distances[static_cast<size_t>(at)];
  }

  const OverlayOptions& o_;
  std::map<int64_t, Path> truth_, tracks_;
  int64_t last_ = 0;
  OverlayFigures figures_;
  std::array<std::vector<double>, kRules> distances_, changes_;
  std::array<std::map<int64_t, std::pair<int64_t, Point>>, kRules> before_;  // picture and error, by object
};

}  // namespace

OverlayFigures judge_overlay(std::span<const LabelledObject> truth, std::span<const LabelledObject> tracks,
                             const OverlayOptions& options) {
  return Display(truth, tracks, options).run();
}

}  // namespace flashcell::tracking
