#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "host/app/command.hpp"
#include "host/xrt/list_boards.hpp"
#include "quant_models/cim/device.hpp"

namespace flashcell::app {
namespace {

/// Boards or software devices, or why there are none.
struct Listing {
  std::vector<host::BoardInfo> boards;
  std::string problem;
};

Listing list(bool emulated) {
  if (!host::built_with_xrt()) {
    return {{}, "this flashcell was built without XRT; install XRT (Debian: libxrt-dev, uuid-dev) and build again"};
  }
  try {
    Listing listing{host::list_boards(emulated), ""};
    if (listing.boards.empty()) listing.problem = "XRT finds none; `xbutil examine` and `lspci -d 10ee:` show why";
    return listing;
  } catch (const Error& e) {
    return {{}, e.what()};
  }
}

std::string size_text(uint64_t kilobytes) {
  return kilobytes >= (1u << 20)   ? fmt::format("{:g} GiB", static_cast<double>(kilobytes) / (1u << 20))
         : kilobytes >= (1u << 10) ? fmt::format("{:g} MiB", static_cast<double>(kilobytes) / (1u << 10))
                                   : fmt::format("{} KiB", kilobytes);
}

std::string memory_text(const host::BoardInfo& board) {
  std::vector<std::string> banks;
  for (const host::XclbinMemory& memory : board.memories) {
    if (memory.used) banks.push_back(fmt::format("{} {}", memory.tag, size_text(memory.kilobytes)));
  }
  return banks.empty() ? "not known until an xclbin is loaded" : fmt::format("{}", fmt::join(banks, ", "));
}

void print_board(const host::BoardInfo& board) {
  fmt::print("xrt:{}  {}{}\n", board.index, board.platform, board.emulated ? "  (software device: --emulated)" : "");
  if (!board.problem.empty()) {
    fmt::print("  cannot be asked: {}\n", board.problem);
    return;
  }
  if (!board.address.empty()) fmt::print("  address  {}\n", board.address);
  if (board.max_clock_mhz > 0) fmt::print("  clock    {} MHz\n", board.max_clock_mhz);
  fmt::print("  memory   {}\n", memory_text(board));
  if (board.kernels.empty()) fmt::print("  kernels  none loaded\n");
  for (const host::XclbinKernel& kernel : board.kernels)
    fmt::print("  kernel   {} x {}\n", kernel.units.size(), kernel.name);
}

nlohmann::json board_json(const host::BoardInfo& board) {
  nlohmann::json memories = nlohmann::json::array(), kernels = nlohmann::json::array();
  for (const host::XclbinMemory& memory : board.memories) {
    if (memory.used) memories.push_back({{"name", memory.tag}, {"kilobytes", memory.kilobytes}});
  }
  for (const host::XclbinKernel& kernel : board.kernels)
    kernels.push_back({{"name", kernel.name}, {"compute_units", kernel.units.size()}});
  return {{"device", fmt::format("xrt:{}", board.index)},
          {"emulated", board.emulated},
          {"platform", board.platform},
          {"address", board.address},
          {"clock_mhz", board.max_clock_mhz},
          {"memories", memories},
          {"kernels", kernels},
          {"problem", board.problem}};
}

int devices(bool json) {
  const Listing boards = list(false), emulated = list(true);
  if (json) {
    nlohmann::json all = nlohmann::json::array();
    for (const Listing* listing : {&boards, &emulated}) {
      for (const host::BoardInfo& board : listing->boards) all.push_back(board_json(board));
    }
    fmt::print("{}\n", json_text(nlohmann::json({{"devices", all},
                                                 {"boards_problem", boards.problem},
                                                 {"emulated_problem", emulated.problem},
                                                 {"arrays", quant::cim::preset_names()}})));
    return 0;
  }
  for (const Listing* listing : {&boards, &emulated}) {
    for (const host::BoardInfo& board : listing->boards) print_board(board);
    if (!listing->problem.empty())
      fmt::print("no {}: {}\n", listing == &boards ? "board" : "software device", listing->problem);
  }
  fmt::print("cim:PRESET  networks on emulated compute-in-memory arrays: {}\n",
             fmt::join(quant::cim::preset_names(), ", "));
  return 0;
}

}  // namespace

void add_devices(Command& app, Action& action) {
  Command& command =
      app.add_subcommand("devices", "List the boards, the software device that stands in for one, and emulated arrays");
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "Print as JSON");
  command.callback([=, &action] { action = [json] { return devices(*json); }; });
}

}  // namespace flashcell::app
