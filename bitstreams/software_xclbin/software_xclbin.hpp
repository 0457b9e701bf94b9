#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels_hls/contract/board.hpp"

namespace flashcell::bitstreams {

/// What stands in an xclbin for the software device.
struct SoftwareXclbin {
  std::string platform = contract::kSoftwarePlatform;
  int units = 2;                     ///< compute units of each kernel, 1..8
  std::vector<std::string> kernels;  ///< names; empty: every build of contract::kCellLabelBuilds
  uint32_t clock_mhz = 300;
  int banks = 4;  ///< of memory, 4 GiB each, 1..32; unit u reads from bank 2u and writes to bank 2u + 1, modulo `banks`
};

/// The bytes of an xclbin that AMD's XRT loads for hardware emulation: kernels with arguments and registers as
/// contract/kernel_description.hpp states them, memory, compute units, connections and clock, and no bitstream.
/// Container and sections after XRT's public header xclbin.h. The same input gives the same bytes. Throws
/// std::invalid_argument when a number is out of range.
std::vector<uint8_t> make_software_xclbin(const SoftwareXclbin& description);

}  // namespace flashcell::bitstreams
