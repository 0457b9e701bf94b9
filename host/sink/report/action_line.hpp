#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flashcell::host {

/// What a track did, in bounded memory: a cell stands for stride() frames and has the action of the first of them that
/// is known; when all cells are used the stride doubles.
class ActionLine {
 public:
  static constexpr size_t kCells = 512;
  static constexpr int8_t kNone = -1;

  /// Frames must rise; `action` -1: not known.
  void add(int64_t frame, int32_t action) {
    if (cells_.empty()) first_ = frame;
    while (static_cast<size_t>((frame - first_) / stride_) >= kCells) halve();
    const auto place = static_cast<size_t>((frame - first_) / stride_);
    if (cells_.size() <= place) cells_.resize(place + 1, kNone);
    if (cells_[place] == kNone) cells_[place] = static_cast<int8_t>(action);
  }

  const std::vector<int8_t>& cells() const { return cells_; }
  int64_t stride() const { return stride_; }
  int64_t first_frame() const { return first_; }  ///< of the first cell

 private:
  void halve() {
    stride_ *= 2;
    for (size_t i = 0; 2 * i < cells_.size(); ++i) {
      const bool known = cells_[2 * i] != kNone || 2 * i + 1 >= cells_.size();
      cells_[i] = cells_[known ? 2 * i : 2 * i + 1];
    }
    cells_.resize((cells_.size() + 1) / 2);
  }

  std::vector<int8_t> cells_;
  int64_t first_ = 0, stride_ = 1;
};

}  // namespace flashcell::host
