#pragma once
#include "kernels_hls/common/hls.hpp"
#include "kernels_hls/contract/limits.hpp"

namespace flashcell {
namespace kernels {

/// Number of bits that hold 0 .. value.
constexpr int bits_for(long long value) {
  return value == 0 ? 0 : 1 + bits_for(value / 2);
}

/// Everything that a build of the kernel fixes: the largest frame side and whether cells split.
///
/// kMaxSide: px, a multiple of 8. kSplit: false = connectivity `cell` only, a cell holds one object; true = `exact8`
/// and `exact4` too.
template <int kMaxSide, bool kSplit>
struct Sizes {
  static constexpr int kColumns = kMaxSide / contract::kCellSide;  ///< cells in a row
  static constexpr int kMaxSidePixels = kMaxSide;
  static constexpr bool kSplits = kSplit;

  /// Runs of foreground on one side of a cell, each with its label: 8 pixels hold at most 4.
  static constexpr int kRuns = kSplit ? 4 : 1;
  /// Objects in one cell: 32 with the pixels of a chessboard and 4-connectivity.
  static constexpr int kComponents = kSplit ? 32 : 1;
  /// Objects alive at once: those that hold a run on the border between finished and open cells, and those of the cell
  /// at hand. In `cell` mode the border's cells in two columns side by side touch, so that every second column at most
  /// has a label of its own.
  static constexpr int kLabels = kSplit ? kRuns * (kColumns + 2) + kComponents : (kColumns + 1) / 2;
  /// Border runs that refer to labels: kRuns for each column, for the open cell's bottom and for its right side.
  static constexpr int kReferences = kRuns * (kColumns + 2);

  using Label = ap_uint<bits_for(kLabels)>;  ///< kLabels itself stands for "none"
  using References = ap_uint<bits_for(kReferences)>;

  // Widths of features, from the largest value that a full frame gives them.
  static constexpr int kSideBits = bits_for(kMaxSide - 1);
  static constexpr int kAreaBits = 2 * kSideBits + 1;
  static constexpr int kFirstMomentBits = 3 * kSideBits;
  static constexpr int kSecondMomentBits = 4 * kSideBits;
  static constexpr int kGreyBits = 16;
  using Coordinate = ap_uint<kSideBits>;
  using PixelIndex = ap_uint<2 * kSideBits>;
  using Area = ap_uint<kAreaBits>;
  using FirstMoment = ap_uint<kFirstMomentBits>;
  using SecondMoment = ap_uint<kSecondMomentBits>;
  using GreySum = ap_uint<2 * kSideBits + kGreyBits>;
  using GreyMoment = ap_uint<3 * kSideBits + kGreyBits>;
};

}  // namespace kernels
}  // namespace flashcell
