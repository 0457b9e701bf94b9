#pragma once
#include "kernels_hls/common/hls.hpp"
#include "kernels_hls/contract/cell_label_launch.hpp"
#include "kernels_hls/contract/limits.hpp"
#include "kernels_hls/contract/object.hpp"

namespace flashcell {
namespace kernels {

/// Number of bits that hold 0 .. value.
constexpr int bits_for(long long value) {
  return value == 0 ? 0 : 1 + bits_for(value / 2);
}

/// Everything that a build of the kernel fixes: the largest frame side, whether cells split, what is measured.
///
/// kMaxSide: px, a multiple of 64. kSplit: false = connectivity `cell`, a cell holds one object; true = `exact8` and
/// `exact4`. kFeatures: the contract::FeatureBits that it can measure; the others cost nothing.
template <int kMaxSide, bool kSplit, uint8_t kFeatures>
struct Sizes {
  static_assert(kMaxSide % 64 == 0, "rows are cut into groups of 64 pixels");
  static_assert(kSplit || contract::words_per_object(kFeatures) <= 4,
                "mode cell hands out four words an object in time, and has labels for those that wait (README.md)");
  static constexpr int kSide = kMaxSide;
  static constexpr bool kSplits = kSplit;
  static constexpr uint8_t kFeatureBits = kFeatures;
  static constexpr bool kHlac = (kFeatures & contract::kFeatureHlac) != 0;
  static constexpr bool kHue = (kFeatures & contract::kFeatureHue) != 0;
  static constexpr bool kIntensity = (kFeatures & contract::kFeatureIntensity) != 0;

  static constexpr int kColumns = kMaxSide / contract::kCellSide;  ///< cells in a row
  static constexpr int kGroups = kMaxSide / 64;                    ///< of 64 pixels in a row

  // A row of 64 pixels comes in planes of one bit a pixel: foreground, then the hue code, then the grey value.
  static constexpr int kHueBits = 5;  ///< a bin, or contract::kHueBins: achromatic
  static constexpr int kGreyBits = 16;
  static constexpr int kFirstHuePlane = 1;
  static constexpr int kFirstGreyPlane = 1 + (kHue ? kHueBits : 0);
  static constexpr int kPlanes = kFirstGreyPlane + (kIntensity ? kGreyBits : 0);

  /// Runs of foreground on one side of a cell, each with its label: 8 pixels hold at most 4.
  static constexpr int kRuns = kSplit ? 4 : 1;
  /// Objects in one cell: 32 with the pixels of a chessboard and 4-connectivity.
  static constexpr int kComponents = kSplit ? 32 : 1;
  /// Labels: of the objects that may still grow, and of those that are complete and wait for their turn to leave.
  /// `cell`: README.md says why no picture needs more. Else one for each run on the border and some that may wait.
  static constexpr int kLabels = kSplit ? kRuns * (kColumns + 4) + 4 : 3 * kColumns / 4 + 2;
  using Label = ap_uint<bits_for(kLabels)>;  ///< kLabels itself stands for "none"
  using WordOfObject = ap_uint<bits_for(kFeatures != 0 ? contract::words_per_object(kFeatures) - 1 : 1)>;

  // Widths of features, from the largest value that any object of a full frame has.
  static constexpr long long kSumOfSide = static_cast<long long>(kMaxSide) * (kMaxSide - 1) / 2;
  static constexpr long long kSumOfSquares = kSumOfSide * (2 * kMaxSide - 1) / 3;
  static constexpr long long kLargestGrey = 65535;
  using Coordinate = ap_uint<bits_for(kMaxSide - 1)>;
  using Area = ap_uint<bits_for(static_cast<long long>(kMaxSide) * kMaxSide)>;
  using FirstMoment = ap_uint<bits_for(kMaxSide* kSumOfSide)>;
  using SecondMoment = ap_uint<bits_for(kMaxSide* kSumOfSquares)>;
  using MixedMoment = ap_uint<bits_for(kSumOfSide* kSumOfSide)>;
  /// A pattern with a neighbour leaves out one row or column at least.
  using Pattern = ap_uint<bits_for(static_cast<long long>(kMaxSide) * (kMaxSide - 1))>;
  using GreySum = ap_uint<bits_for(kLargestGrey* kMaxSide* kMaxSide)>;
  using GreyMoment = ap_uint<bits_for(kLargestGrey* kMaxSide* kSumOfSide)>;
  using CellIndex = ap_uint<bits_for(kColumns - 1)>;  ///< of a column or a row
};

}  // namespace kernels
}  // namespace flashcell
