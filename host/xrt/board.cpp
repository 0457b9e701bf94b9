#include "host/xrt/board.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/error.hpp"
#include "host/xclbin/check.hpp"
#include "host/xrt/software_xrt.hpp"

namespace flashcell::host {
namespace {

[[noreturn]] void fail(const std::string& line) {
  throw Error(Fault::device, line);
}

/// What XRT threw, as a line; EBUSY is by far the most common and has a remedy of its own.
[[noreturn]] void fail_from_xrt(const std::string& what, const std::exception& e) {
  const auto* system = dynamic_cast<const std::system_error*>(&e);
  if (system != nullptr && std::abs(system->code().value()) == EBUSY) {
    fail(
        fmt::format("{}: the board is busy: another program uses it; end that program, or choose another board with "
                    "--device xrt:INDEX",
                    what));
  }
  fail(fmt::format("{}: {}; `xbutil examine` shows the state of the board", what, e.what()));
}

Xclbin read_checked(const std::string& file) {
  try {
    return read_xclbin_file(file);
  } catch (const Error& e) {
    fail(e.what());
  }
}

bool emulating() {
  const char* mode = std::getenv("XCL_EMULATION_MODE");
  return mode != nullptr && *mode != '\0';
}

void check_target(const Xclbin& xclbin, const std::string& file) {
  const bool for_board = xclbin.target == XclbinTarget::board;
  if (for_board && emulating()) {
    fail(
        fmt::format("{}: was built for a board, and this is an emulation; leave out --emulated and unset "
                    "XCL_EMULATION_MODE, or name another xclbin",
                    file));
  }
  if (!for_board && !emulating()) {
    fail(fmt::format("{}: was built for an emulation, not for a board; add --emulated, or name an xclbin for the board",
                     file));
  }
}

}  // namespace

std::string xclbin_file(const XrtSection& section) {
  if (!section.bitstream.empty()) return section.bitstream;
  if (section.emulated) return software_xclbin_file().string();
  throw Error(Fault::usage,
              "--device xrt needs an xclbin: name it with --bitstream FILE (xrt.bitstream), or add --emulated to run "
              "without a board");
}

Board::Board(const XrtSection& section, const contract::LabelParameters& label) : file_(xclbin_file(section)) {
  const Xclbin xclbin = read_checked(file_);
  check_target(xclbin, file_);
  const contract::KernelBuild& build = choose_kernel(xclbin, label, file_);
  open(section);
  check_platform(xclbin);
  load(xclbin, build);
}

void Board::open(const XrtSection& section) {
  if (!emulating() && std::getenv("XILINX_XRT") == nullptr) {
    fail(
        "no board: XRT is not set up in this shell (XILINX_XRT is not set); source setup.sh of the XRT installation, "
        "or add --emulated to run without a board");
  }
  description_ = fmt::format("board {}", section.device);
  try {
    device_ = xrt::device(static_cast<unsigned>(section.device));
  } catch (const std::exception& e) {
    fail(fmt::format("no board with index {}: {}; `flashcell devices` lists the boards, --emulated runs without one",
                     section.device, e.what()));
  }
}

void Board::check_platform(const Xclbin& xclbin) {
  std::string name;
  try {
    name = device_.get_info<xrt::info::device::name>();
  } catch (const std::exception&) {
    return;  // XRT compares again when it loads
  }
  description_ += " (" + name + ")";
  if (!same_card(xclbin.platform, name)) {
    fail(fmt::format("{}: was built for platform {}, and {} is another; name an xclbin for this board", file_,
                     xclbin.platform, description_));
  }
}

void Board::load(const Xclbin& xclbin, const contract::KernelBuild& build) {
  xrt::uuid id;
  try {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // XRT 2.13 has no hardware contexts, which replace it
    id = device_.load_xclbin(file_);
#pragma GCC diagnostic pop
  } catch (const std::exception& e) {
    fail_from_xrt(fmt::format("{}: cannot load {}", description_, file_), e);
  }
  for (const ComputeUnit& unit : find_kernel(xclbin, build.name)->units) {
    try {
      units_.emplace_back(device_, id, fmt::format("{}:{{{}}}", build.name, unit.instance));
    } catch (const std::exception& e) {
      fail_from_xrt(fmt::format("{}: cannot open compute unit {}", description_, unit.instance), e);
    }
  }
}

}  // namespace flashcell::host
