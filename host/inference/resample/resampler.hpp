#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "host/inference/engine/target.hpp"
#include "host/inference/resample/axis_taps.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host::inference {

struct LineKernels;

/// A rectangle of a frame, px; may reach over its edges, where the frame's edge pixels are repeated.
struct Region {
  int left = 0, top = 0, width = 1, height = 1;
  bool operator==(const Region&) const = default;
};

/// Channels of the pictures that come out: grey, R G B or B G R.
enum class PictureChannels : uint8_t { grey, rgb, bgr };

/// Regions of frames as small 8-bit pictures of one size: area average where they shrink, bilinear where they grow, in
/// integers, so that every machine gets the same bytes. Colour becomes grey by contract::luma8, grey repeats into three
/// channels, grey16 loses its lower bits. Allocates nothing per picture once it has seen the largest region.
class Resampler {
 public:
  /// `significant_bits` of a grey16 sample, 8..16.
  Resampler(int width, int height, PictureChannels channels, int significant_bits,
            Target target = supported_targets().back());

  int width() const { return width_; }
  int height() const { return height_; }
  int channels() const { return channels_ == PictureChannels::grey ? 1 : 3; }
  size_t bytes() const { return static_cast<size_t>(width_) * height_ * channels(); }

  /// `picture` takes bytes(): rows from the top, channels fastest. Regions are 1..AxisTaps::kMost px wide and high.
  void run(const FrameView& frame, const Region& region, uint8_t* picture);

 private:
  const AxisTaps& taps_for(int from, int to, std::vector<AxisTaps>& known, AxisTaps& other);
  const uint8_t* line(const FrameView& frame, const Region& region, int row);
  void fill_line(const FrameView& frame, const Region& region, int row, uint8_t* to) const;
  void convert(const FrameView& frame, const uint8_t* row, int left, int count, uint8_t* to) const;
  bool lies_ready(const FrameView& frame, const Region& region) const;
  void copy(const FrameView& frame, const Region& region, uint8_t* picture);
  void run_small(const FrameView& frame, const Region& region, const AxisTaps& across, const AxisTaps& down,
                 uint8_t* picture);
  void gather_colour(const AxisTaps& across, uint8_t* out) const;

  int width_, height_;
  PictureChannels channels_;
  int grey_shift_;  // of a grey16 sample
  const LineKernels& kernels_;
  std::vector<AxisTaps> known_across_, known_down_;  // by size
  AxisTaps across_, down_;                           // of larger regions
  int slots_ = 0;
  std::vector<uint8_t> converted_;     // `slots_` lines of the region
  std::vector<int> converted_row_;     // which one a slot holds
  std::vector<const uint8_t*> lines_;  // of one output row
  std::vector<int16_t> line_weights_, blended_;
};

}  // namespace flashcell::host::inference
