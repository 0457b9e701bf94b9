#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flashcell {

/// A quantity over frame numbers in bounded memory, for plots: each point sums up `stride()` frames, and when all
/// points are used the stride doubles. Frames must not fall, and start at 0 or above. add() allocates nothing.
class BoundedSeries {
 public:
  struct Point {
    int64_t frame = 0;  ///< first frame number of this point's stretch of stride() frames
    double sum = 0;
    double min = 0, max = 0;
    uint64_t count = 0;
    double mean() const { return count ? sum / static_cast<double>(count) : 0; }
  };

  explicit BoundedSeries(size_t capacity = 1024) : capacity_(std::max<size_t>(2, capacity)) {
    points_.reserve(capacity_);
  }

  void add(int64_t frame, double value) {
    if (!points_.empty() && points_.back().frame == frame / stride_ * stride_) {
      absorb(points_.back(), Point{0, value, value, value, 1});
      return;
    }
    if (points_.size() == capacity_) {
      halve();
      add(frame, value);
      return;
    }
    points_.push_back({frame / stride_ * stride_, value, value, value, 1});
  }

  const std::vector<Point>& points() const { return points_; }
  int64_t stride() const { return stride_; }  ///< frames a point

 private:
  static void absorb(Point& into, const Point& other) {
    into.sum += other.sum;
    into.min = std::min(into.min, other.min);
    into.max = std::max(into.max, other.max);
    into.count += other.count;
  }

  void halve() {
    stride_ *= 2;
    size_t kept = 0;
    for (size_t i = 0; i < points_.size(); ++i) {
      Point p = points_[i];
      p.frame = p.frame / stride_ * stride_;
      if (kept > 0 && points_[kept - 1].frame == p.frame) {
        absorb(points_[kept - 1], p);
      } else {
        points_[kept++] = p;
      }
    }
    points_.resize(kept);
  }

  size_t capacity_;
  int64_t stride_ = 1;
  std::vector<Point> points_;
};

}  // namespace flashcell
