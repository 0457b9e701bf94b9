#pragma once
#include <string>
#include <vector>

#include "host/xclbin/xclbin.hpp"

namespace flashcell::host {

/// A board as `flashcell devices` shows it. What cannot be found out stays empty or 0.
struct BoardInfo {
  int index = 0;          ///< for --device xrt:INDEX
  bool emulated = false;  ///< the software device: --emulated
  std::string platform;
  std::string address;  ///< on the PCIe bus
  uint64_t max_clock_mhz = 0;
  std::string problem;                 ///< why it could not be asked; empty: it could
  std::vector<XclbinMemory> memories;  ///< of the xclbin that is loaded
  std::vector<XclbinKernel> kernels;   ///< likewise
};

/// Boards that XRT finds, asked for what they say of themselves; with `emulated` the software devices that there are
/// instead, as their xclbin states. Throws Error(Fault::device) when XRT is not set up, or the software device not
/// built.
std::vector<BoardInfo> list_boards(bool emulated);

/// Whether this flashcell can use boards at all.
bool built_with_xrt();

}  // namespace flashcell::host
