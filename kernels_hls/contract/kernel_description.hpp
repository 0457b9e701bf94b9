#pragma once
#include <stdint.h>
#include <string.h>

#include "kernels_hls/contract/limits.hpp"
#include "kernels_hls/contract/object.hpp"

// What a bitstream and a host must agree on about kernels beside the layouts: names, arguments, registers. The v++
// configuration, the software xclbin and the host's checks are made from this.
namespace flashcell {
namespace contract {

/// One argument of a kernel. Pointers are 64-bit m_axi ports of 512 bits in a bundle of their own; scalars are 32 bits.
struct KernelArgument {
  const char* name;
  const char* bundle;  ///< nullptr: a scalar on s_axi_control
  uint32_t offset;     ///< in the control registers, as Vitis HLS lays them out
  bool written;        ///< by the kernel
};

/// Arguments of every build of `cell_label`, in order (cell_label_launch.hpp says what they hold).
constexpr KernelArgument kCellLabelArguments[] = {
    {"frames", "gmem_frames", 0x10, false},         {"masks", "gmem_masks", 0x1c, false},
    {"parameters", "gmem_parameters", 0x28, false}, {"results", "gmem_results", 0x34, true},
    {"frame_count", nullptr, 0x40, false},          {"sequence", nullptr, 0x48, false},
};
constexpr int kCellLabelArgumentCount = sizeof(kCellLabelArguments) / sizeof(kCellLabelArguments[0]);
enum CellLabelArgument {
  kFramesArgument,
  kMasksArgument,
  kParametersArgument,
  kResultsArgument,
  kFrameCountArgument,
  kSequenceArgument
};

/// One kernel as it is built: its top function's name ends in the contract version, so that a bitstream says what it
/// was made for.
struct KernelBuild {
  const char* name;
  bool splits;       ///< false: connectivity `cell`; true: `exact8` and `exact4`
  int max_side;      ///< px
  uint8_t features;  ///< FeatureBits that it can measure
};

constexpr uint8_t kShapeFeatures = kFeatureHlac;

/// Leaner builds stand first: a host takes the first one that fits.
constexpr KernelBuild kCellLabelBuilds[] = {
    {"cell_label_cell_shape_512_v3", false, 512, kShapeFeatures},
    {"cell_label_cell_full_512_v3", false, 512, kAllFeatures},
    {"cell_label_cell_shape_1024_v3", false, 1024, kShapeFeatures},
    {"cell_label_cell_full_1024_v3", false, 1024, kAllFeatures},
    {"cell_label_exact_shape_512_v3", true, 512, kShapeFeatures},
    {"cell_label_exact_full_512_v3", true, 512, kAllFeatures},
    {"cell_label_exact_shape_1024_v3", true, 1024, kShapeFeatures},
    {"cell_label_exact_full_1024_v3", true, 1024, kAllFeatures},
};
constexpr int kCellLabelBuildCount = sizeof(kCellLabelBuilds) / sizeof(kCellLabelBuilds[0]);
static_assert(kContractVersion == 3, "rename the kernels and their top functions with the contract version");

/// Whether a frame of this geometry with these features fits a build.
constexpr bool fits(const KernelBuild& build, uint32_t width, uint32_t height, Connectivity connectivity,
                    uint8_t features) {
  return width <= static_cast<uint32_t>(build.max_side) && height <= static_cast<uint32_t>(build.max_side) &&
         build.splits == (connectivity != Connectivity::cell) && (features & ~build.features) == 0;
}

/// The leanest build that takes such frames, or nullptr.
inline const KernelBuild* leanest_build(uint32_t width, uint32_t height, Connectivity connectivity, uint8_t features) {
  for (const KernelBuild& build : kCellLabelBuilds) {
    if (fits(build, width, height, connectivity, features)) return &build;
  }
  return nullptr;
}

/// The build of that name, or nullptr.
inline const KernelBuild* find_build(const char* name) {
  for (const KernelBuild& build : kCellLabelBuilds) {
    if (strcmp(build.name, name) == 0) return &build;
  }
  return nullptr;
}

}  // namespace contract
}  // namespace flashcell
