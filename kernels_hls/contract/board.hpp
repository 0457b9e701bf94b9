#pragma once
#include <stdint.h>
#include <string.h>

// The boards that flashcell is built for: what a bitstream build, a check of an xclbin and the speed model must know.
namespace flashcell {
namespace contract {

enum class BoardFamily : uint8_t {
  pcie,      ///< Alveo: frames cross PCIe into the card's own memory
  embedded,  ///< Zynq: processor and kernel share the memory
};

enum class BoardMemory : uint8_t { hbm, ddr, shared };

/// What one kernel port gets of a board's memory, at most. `bytes_per_clock` are as many as the port is wide where it
/// enters the memory's side: 64 on a card, 16 on a Zynq's HP port. 0 GB/s: the width alone bounds it.
struct MemoryPort {
  double gb_per_s;
  int bytes_per_clock;
  const char* source;  ///< where the figures come from

  /// At a kernel clock in MHz.
  constexpr double bytes_per_us(double clock_mhz) const {
    return gb_per_s > 0 && gb_per_s * 1000 < bytes_per_clock * clock_mhz ? gb_per_s * 1000
                                                                         : bytes_per_clock * clock_mhz;
  }
};

constexpr MemoryPort kHbmPort = {14.4, 64, "an HBM pseudo channel: a 32nd of the 460 GB/s that AMD states"};
constexpr MemoryPort kDdrPort = {19.2, 64, "a DDR4-2400 channel of 64 bits, in theory"};
constexpr MemoryPort kZynqPort = {0, 16, "an HP port of 128 bits at the kernel's clock, in theory"};

/// Facts of one board. Platform names are the vendor's; `clock_mhz` is what a build asks for, not what a placed design
/// reaches.
struct Board {
  const char* name;           ///< as typed
  const char* title;          ///< as printed on the box
  const char* platform;       ///< development platform that v++ builds for: the folder that it comes in
  const char* platform_file;  ///< in that folder: its .xpfm without the ending
  BoardFamily family;
  BoardMemory memory;
  int banks;               ///< memory banks that a kernel port can be tied to: HBM pseudo channels or DDR channels
  int slrs;                ///< super logic regions of the chip
  int ddr_bank_of_slr[4];  ///< the bank beside each region, for `ddr`
  MemoryPort port;         ///< of one bank
  double clock_mhz;
};

constexpr Board kBoards[] = {
    {"u50",
     "Alveo U50",
     "xilinx_u50_gen3x16_xdma_5_202210_1",
     "xilinx_u50_gen3x16_xdma_5_202210_1",
     BoardFamily::pcie,
     BoardMemory::hbm,
     32,
     2,
     {0, 0, 0, 0},
     kHbmPort,
     300},
    {"u55c",
     "Alveo U55C",
     "xilinx_u55c_gen3x16_xdma_3_202210_1",
     "xilinx_u55c_gen3x16_xdma_3_202210_1",
     BoardFamily::pcie,
     BoardMemory::hbm,
     32,
     3,
     {0, 0, 0, 0},
     kHbmPort,
     300},
    {"u200",
     "Alveo U200",
     "xilinx_u200_gen3x16_xdma_2_202110_1",
     "xilinx_u200_gen3x16_xdma_2_202110_1",
     BoardFamily::pcie,
     BoardMemory::ddr,
     4,
     3,
     {0, 1, 3, 0},
     kDdrPort,
     300},
    {"u250",
     "Alveo U250",
     "xilinx_u250_gen3x16_xdma_4_1_202210_1",
     "xilinx_u250_gen3x16_xdma_4_1_202210_1",
     BoardFamily::pcie,
     BoardMemory::ddr,
     4,
     4,
     {0, 1, 2, 3},
     kDdrPort,
     300},
    {"u280",
     "Alveo U280",
     "xilinx_u280_gen3x16_xdma_1_202211_1",
     "xilinx_u280_gen3x16_xdma_1_202211_1",
     BoardFamily::pcie,
     BoardMemory::hbm,
     32,
     3,
     {0, 0, 0, 0},
     kHbmPort,
     300},
    {"zcu104",
     "ZCU104",
     "xilinx_zcu104_base_202220_1",
     "xilinx_zcu104_base_202220_1",
     BoardFamily::embedded,
     BoardMemory::shared,
     1,
     1,
     {0, 0, 0, 0},
     kZynqPort,
     300},
    {"kv260",
     "Kria KV260",
     "xilinx_kv260_ispMipiRx_vcu_DP_202220_1",
     "kv260_ispMipiRx_vcu_DP",
     BoardFamily::embedded,
     BoardMemory::shared,
     1,
     1,
     {0, 0, 0, 0},
     kZynqPort,
     300},
};
constexpr int kBoardCount = sizeof(kBoards) / sizeof(kBoards[0]);

/// The board typed so, or nullptr.
inline const Board* find_board(const char* name) {
  for (const Board& board : kBoards) {
    if (strcmp(board.name, name) == 0) return &board;
  }
  return nullptr;
}

/// The platform that the software device says it is.
constexpr const char* kSoftwarePlatform = "flashcell_software_1";

}  // namespace contract
}  // namespace flashcell
