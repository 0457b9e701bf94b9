#pragma once
#include <xrt/xrt_bo.h>
#include <xrt/xrt_kernel.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "host/launch/launch_layout.hpp"

namespace flashcell::host {

/// How a launch ended.
enum class LaunchEnd { good, failed, timed_out };

/// Buffers and run object of one launch on one compute unit, made once and used again and again. XRT's exceptions come
/// through.
class LaunchSlot {
 public:
  LaunchSlot(const xrt::device& device, const xrt::kernel& unit, const LaunchLayout& layout,
             const SegmentParameters& segment);

  /// Where frame `i` of the launch goes: its pixels and its masks, in memory that the board's driver has mapped.
  std::byte* frame(int i) { return frames_map_ + layout_.frame_at(static_cast<uint32_t>(i)); }
  std::byte* masks(int i) { return masks_map_ + layout_.mask_at(static_cast<uint32_t>(i), 0); }

  /// Copies `frames` frames to the board and starts the compute unit.
  void start(int frames, uint32_t sequence);
  LaunchEnd wait(std::chrono::milliseconds limit);

  /// The result region of frame `i` and a class, copied from the board as far as it is filled. One transfer where the
  /// frame has no more objects than the one before, else two.
  const std::byte* fetch(int i, int class_id);

 private:
  const LaunchLayout& layout_;
  xrt::bo frames_, masks_, parameters_, results_;
  xrt::run run_;
  std::byte *frames_map_, *masks_map_, *results_map_;
  size_t expected_bytes_;  // of a region's filled part
};

}  // namespace flashcell::host
