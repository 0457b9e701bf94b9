#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/sink.hpp"

namespace flashcell::host {

/// When a track was seen, merged, predicted or missing, in bounded memory: a cell stands for stride() frames, and when
/// all cells are used the stride doubles.
class StateLine {
 public:
  static constexpr size_t kCells = 128;
  /// What happened in a cell; several may have.
  enum What : uint8_t { seen = 1, merged = 2, predicted = 4, missing = 8 };

  /// Frames must rise.
  void add(int64_t frame, tracking::TrackState state) {
    if (cells_.empty()) {
      first_ = next_ = frame;
      cells_.reserve(16);
    }
    if (frame > next_) mark(next_, frame - 1, missing);
    mark(frame, frame, of(state));
    next_ = frame + 1;
  }

  const std::vector<uint8_t>& cells() const { return cells_; }
  int64_t stride() const { return stride_; }
  int64_t first_frame() const { return first_; }  ///< of the first cell

 private:
  static What of(tracking::TrackState state) {
    return state == tracking::TrackState::visible ? seen : state == tracking::TrackState::merged ? merged : predicted;
  }

  void mark(int64_t from, int64_t to, What what) {
    while (static_cast<size_t>((to - first_) / stride_) >= kCells) halve();
    const auto low = static_cast<size_t>((from - first_) / stride_),
               high = static_cast<size_t>((to - first_) / stride_);
    if (cells_.size() <= high) cells_.resize(high + 1);
    for (size_t i = low; i <= high; ++i) cells_[i] = static_cast<uint8_t>(cells_[i] | what);
  }

  void halve() {
    stride_ *= 2;
    for (size_t i = 0; 2 * i < cells_.size(); ++i)
      cells_[i] = static_cast<uint8_t>(cells_[2 * i] | (2 * i + 1 < cells_.size() ? cells_[2 * i + 1] : 0));
    cells_.resize((cells_.size() + 1) / 2);
  }

  std::vector<uint8_t> cells_;
  int64_t first_ = 0, next_ = 0, stride_ = 1;
};

}  // namespace flashcell::host
