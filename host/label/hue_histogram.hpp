#pragma once
#include <array>
#include <cstdint>

#include "host/label/cell_list.hpp"
#include "kernels_hls/contract/object.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// Lookup tables for hue bins of one pair of saturation and value floor.
struct HueTables {
  /// By chroma: the fixed-point factor of contract::hsv8, in two bytes; of the chromas 1 and 2 that of 64 and 128.
  std::array<uint8_t, 256> factor_low, factor_high;
  /// By the largest channel: the least chroma that is not achromatic, one more than the channel where all are.
  std::array<uint8_t, 256> min_chroma;

  HueTables(uint8_t saturation_floor, uint8_t value_floor);
};

/// Adds the hues of the cells of `list`, each to features[record_of[its object]]; leaves out kNoRecord
/// (host/label/finish.hpp).
void add_hues_of_cells(const HueTables& tables, const FrameView& frame, const CellList& list, const uint32_t* record_of,
                       contract::ObjectFeatures* features);

/// Collects an object's pixels from all over the frame to work on them side by side.
class HueCollector {
 public:
  HueCollector(const HueTables& tables, const FrameView& frame)
      : tables_(tables), bgr_(frame.format == PixelFormat::bgr8), end_(frame.row(frame.height - 1) + 3 * frame.width) {}
  ~HueCollector() { flush(); }
  HueCollector(const HueCollector&) = delete;
  HueCollector& operator=(const HueCollector&) = delete;

  /// Of which object the following pixels are.
  void begin(contract::ObjectFeatures& features) {
    if (&features != features_) flush();
    features_ = &features;
  }
  /// `count` <= 64 pixels side by side.
  void add(const uint8_t* pixels, int count);

 private:
  static constexpr uint32_t kCapacity = 1024;  // px
  static constexpr int kPadding = 192;         // bytes that are read or written past the last pixel

  void flush();

  const HueTables& tables_;
  bool bgr_;
  const uint8_t* end_;
  contract::ObjectFeatures* features_ = nullptr;
  uint32_t count_ = 0;
  uint8_t pixels_[3 * kCapacity + kPadding];
};

}  // namespace flashcell::host
