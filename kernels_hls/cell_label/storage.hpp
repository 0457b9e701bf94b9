#pragma once
#include "kernels_hls/cell_label/sizes.hpp"
#include "kernels_hls/contract/object.hpp"

namespace flashcell {
namespace kernels {

/// Bits that the kernel stores between cells, by what holds them: the README's table. FIFOs between stages come on top.
struct Storage {
  long long line_buffers;  ///< two rows of cells (WindowState)
  long long border;        ///< labels of border runs; where cells split, which pixels they are, too (JoinState)
  long long labels;        ///< reference counts and the stack of free labels (JoinState)
  long long features;      ///< of the objects alive (GatherState)

  constexpr long long total() const { return line_buffers + border + labels + features; }
};

/// Bits of one object's Features<S> that a build with these features keeps.
template <class S>
constexpr long long feature_bits(uint8_t features) {
  return 3 * S::kSecondMomentBits + 2 * S::kFirstMomentBits + S::kAreaBits  // moments
         + 2 * S::kSideBits + 4 * S::kSideBits                              // first pixel, box
         + ((features & contract::kFeatureHlac) ? (contract::kHlacCount - 1) * S::kAreaBits : 0) +
         ((features & contract::kFeatureHue) ? (contract::kHueBins + 1) * S::kAreaBits : 0) +
         ((features & contract::kFeatureIntensity)
              ? (2 * S::kSideBits + S::kGreyBits) + 2 * (3 * S::kSideBits + S::kGreyBits) + S::kGreyBits
              : 0);
}

template <class S>
constexpr Storage storage(uint8_t features) {
  return Storage{
      2LL * S::kColumns * contract::kCellPixels,
      static_cast<long long>(S::kColumns + 2) * (S::kRuns * S::Label::width + (S::kSplits ? contract::kCellSide : 0)),
      static_cast<long long>(S::kLabels) * (S::References::width + S::Label::width),
      S::kLabels * feature_bits<S>(features),
  };
}

}  // namespace kernels
}  // namespace flashcell
