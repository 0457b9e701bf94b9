#pragma once
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/xclbin/xclbin.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell::host {

/// A board with its xclbin loaded and every compute unit of the kernel that fits. What is opened is closed with it.
class Board {
 public:
  /// Checks the xclbin before anything touches the board: contract version, kernels, platform. Throws
  /// Error(Fault::device), one line with what is wrong and what to do.
  Board(const XrtSection& section, const contract::LabelParameters& label);

  const xrt::device& device() const { return device_; }
  const std::vector<xrt::kernel>& units() const { return units_; }
  const std::string& description() const { return description_; }  ///< for messages: board, platform, kernel

 private:
  void open(const XrtSection& section);
  void check_platform(const Xclbin& xclbin);
  void load(const Xclbin& xclbin, const contract::KernelBuild& build);

  std::string file_;
  xrt::device device_;
  std::vector<xrt::kernel> units_;
  std::string description_;
};

/// The configured xclbin, or the software device's own when that is used. Throws Error(Fault::usage) when none is
/// named.
std::string xclbin_file(const XrtSection& section);

}  // namespace flashcell::host
