#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flashcell::host {

/// What an xclbin was built to run on.
enum class XclbinTarget { board, hardware_emulation, software_emulation };

struct XclbinMemory {
  std::string tag;         ///< e.g. "bank0", "HBM[3]"
  bool used = false;       ///< the design reaches it
  uint64_t base = 0;       ///< address on the device
  uint64_t kilobytes = 0;  ///< 1024 bytes each
};

struct XclbinArgument {
  std::string name;
  uint32_t offset = 0;   ///< in the control registers, bytes
  uint32_t size = 0;     ///< bytes
  bool pointer = false;  ///< to device memory
};

/// One instance of a kernel on the device.
struct ComputeUnit {
  std::string instance;
  uint64_t base = 0;  ///< address of its control registers
  /// Connected memory: (argument, index into Xclbin::memories).
  struct Connection {
    int argument = 0, memory = 0;
  };
  std::vector<Connection> connections;
};

struct XclbinKernel {
  std::string name;
  std::vector<XclbinArgument> arguments;  ///< by argument number
  std::vector<ComputeUnit> units;
};

struct XclbinClock {
  std::string name;
  uint32_t mhz = 0;
};

/// What an xclbin says of itself: the sections that a host needs.
struct Xclbin {
  std::string platform;  ///< VBNV name, e.g. xilinx_u250_gen3x16_xdma_4_1_202210_1
  std::string uuid;      ///< 32 hexadecimal digits
  uint64_t built = 0;    ///< seconds since 1970; 0 when not stated
  XclbinTarget target = XclbinTarget::board;
  std::vector<XclbinMemory> memories;
  std::vector<XclbinKernel> kernels;
  std::vector<XclbinClock> clocks;
};

/// Reads AMD's container for FPGA designs ("xclbin2", public header xclbin.h of XRT). Never reads outside `bytes`,
/// whatever they hold. `name` stands in messages. Throws Error(Fault::input): what is damaged, and what to do.
Xclbin read_xclbin(std::span<const uint8_t> bytes, const std::string& name);

/// The same of a file. Throws Error(Fault::input) also when it cannot be read.
Xclbin read_xclbin_file(const std::string& path);

/// The kernel of that name, or null.
const XclbinKernel* find_kernel(const Xclbin& xclbin, const std::string& name);

}  // namespace flashcell::host
