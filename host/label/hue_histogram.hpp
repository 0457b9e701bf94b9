#pragma once
#include <array>
#include <cstdint>

#include "kernels_hls/contract/object.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// Lookup tables for hue bins of one pair of saturation and value floor.
struct HueTables {
  std::array<int32_t, 256> per_hue;  ///< by chroma: the fixed-point factor of contract::hsv8
  std::array<int32_t, 256>
      min_chroma;  ///< by the largest channel: the least chroma that is not achromatic, 256 where all are

  HueTables(uint8_t saturation_floor, uint8_t value_floor);
};

/// Adds `count` pixels, 3 bytes each, to an object's histogram. Reads up to kHuePadding bytes past them.
void add_hues(const HueTables& tables, const uint8_t* pixels, bool bgr, uint32_t count,
              contract::ObjectFeatures& features);
constexpr int kHuePadding = 192;

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

  void flush();

  const HueTables& tables_;
  bool bgr_;
  const uint8_t* end_;
  contract::ObjectFeatures* features_ = nullptr;
  uint32_t count_ = 0;
  uint8_t pixels_[3 * kCapacity + kHuePadding];
};

}  // namespace flashcell::host
