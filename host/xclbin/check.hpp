#pragma once
#include <optional>
#include <string>
#include <vector>

#include "host/xclbin/xclbin.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell::host {

/// The contract version that a kernel's name ends in, as 3 of `cell_label_cell_full_512_v3`; nothing for other names.
std::optional<uint32_t> contract_version_of(const std::string& kernel);

/// What keeps `kernel` from being used as `build`: arguments or registers that differ from the contract's, no compute
/// unit, a pointer that leads to no memory. Empty when nothing does.
std::string kernel_problem(const Xclbin& xclbin, const XclbinKernel& kernel);

/// What this flashcell can do with an xclbin.
struct XclbinReport {
  struct Kernel {
    std::string name;
    const contract::KernelBuild* build = nullptr;  ///< null: not one of this flashcell's
    std::string problem;                           ///< why it cannot be used; empty: it can
    std::vector<std::string> units;
  };
  std::vector<Kernel> kernels;
  bool usable = false;  ///< at least one kernel is
};
XclbinReport check_xclbin(const Xclbin& xclbin);

/// The leanest kernel that takes such frames. Throws Error(Fault::device), naming what the xclbin has and what the
/// frames need, when there is none. `name` stands in messages.
const contract::KernelBuild& choose_kernel(const Xclbin& xclbin, const contract::LabelParameters& label,
                                           const std::string& name);

/// Whether an xclbin for platform `built_for` can run on a board that calls itself `board`: same vendor and card, as in
/// xilinx_u250_gen3x16_xdma_4_1_202210_1 and xilinx_u250_gen3x16_xdma_shell_4_1. The rest of the names follows no rule
/// that tells; XRT itself compares the interface of shell and design when it loads.
bool same_card(const std::string& built_for, const std::string& board);

}  // namespace flashcell::host
