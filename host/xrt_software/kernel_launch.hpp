#pragma once
#include "host/launch/launch_layout.hpp"
#include "host/xrt_software/executor.hpp"
#include "kernels_hls/contract/cell_label_launch.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell::host {

/// One start of a `cell_label` build: its registers, and the memory that they and the job point to. Spans throw
/// KernelFault where the memory is not there.
struct KernelLaunch {
  /// Reads registers and job. Throws KernelFault.
  explicit KernelLaunch(const KernelCall& call);

  /// Whether `build` can do the job, as contract/cell_label_launch.hpp states it.
  contract::ResultStatus judge(const contract::KernelBuild& build) const;

  std::span<std::byte> frame(uint32_t f) const;
  std::span<std::byte> mask(uint32_t f, uint32_t class_id) const;
  std::span<std::byte> colour_table() const;
  /// The first `bytes` bytes of a result region.
  std::span<std::byte> region(uint32_t f, uint32_t class_id, uint64_t bytes) const;

  KernelMemory& memory;
  uint64_t frames, masks, parameters, results;  ///< device addresses
  uint32_t sequence;
  LaunchLayout layout;
};

/// The build of that name. Throws KernelFault when there is none.
const contract::KernelBuild& build_of(const std::string& kernel);

}  // namespace flashcell::host
