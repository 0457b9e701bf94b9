#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "host/app/command.hpp"
#include "host/xclbin/check.hpp"
#include "host/xclbin/xclbin.hpp"
#include "host/xrt/list_boards.hpp"
#include "kernels_hls/contract/board.hpp"
#include "kernels_hls/contract/features.hpp"

namespace flashcell::app {
namespace {

const char* target_text(host::XclbinTarget target) {
  return target == host::XclbinTarget::board                ? "board"
         : target == host::XclbinTarget::hardware_emulation ? "hardware emulation"
                                                            : "software emulation";
}

/// Where an xclbin can run on this machine: "xrt:0", or "--emulated"; empty when nowhere.
std::vector<std::string> places(const host::Xclbin& xclbin) {
  std::vector<std::string> names;
  if (!host::built_with_xrt()) return names;
  const bool emulated = xclbin.target != host::XclbinTarget::board;
  try {
    for (const host::BoardInfo& board : host::list_boards(emulated)) {
      if (board.problem.empty() && host::same_card(xclbin.platform, board.platform))
        names.push_back(fmt::format("--device xrt:{}{}", board.index, emulated ? " --emulated" : ""));
    }
  } catch (const Error&) {
    // no XRT in this shell: nowhere
  }
  return names;
}

/// What stands on the box of the boards it was built for; empty for a platform that is none of ours.
std::string board_title(const host::Xclbin& xclbin) {
  if (host::same_card(xclbin.platform, contract::kSoftwarePlatform)) return "software device";
  for (const contract::Board& board : contract::kBoards) {
    if (host::same_card(xclbin.platform, board.platform)) return board.title;
  }
  return {};
}

std::string fits_text(const contract::KernelBuild& build) {
  return fmt::format("{} up to {}x{} px; {}", build.splits ? "exact8, exact4" : "cell", build.max_side, build.max_side,
                     fmt::join(contract::measured_names<std::vector<std::string>>(build), ", "));
}

void print_text(const host::Xclbin& xclbin, const host::XclbinReport& report, const std::vector<std::string>& here) {
  const std::string title = board_title(xclbin);
  fmt::print("built for  {} ({}{}{})\n", xclbin.platform, title, title.empty() ? "" : "; ", target_text(xclbin.target));
  fmt::print("uuid       {}\n", xclbin.uuid);
  for (const host::XclbinClock& clock : xclbin.clocks) fmt::print("clock      {} {} MHz\n", clock.name, clock.mhz);
  std::vector<std::string> banks;
  for (const host::XclbinMemory& memory : xclbin.memories) {
    if (memory.used) banks.push_back(memory.tag);
  }
  fmt::print("memory     {}\n", fmt::join(banks, ", "));
  for (const host::XclbinReport::Kernel& kernel : report.kernels) {
    fmt::print("kernel     {} x {}: {}\n", kernel.units.size(), kernel.name,
               kernel.problem.empty() ? fits_text(*kernel.build) : "cannot be used: " + kernel.problem);
  }
  fmt::print("contract   {}\n", report.usable ? fmt::format("version {}, as this flashcell", contract::kContractVersion)
                                              : "no kernel that this flashcell can use");
  fmt::print("runs here  {}\n", !report.usable ? "no"
                                : here.empty() ? "no: none of its boards is in this machine (`flashcell devices`)"
                                               : fmt::format("yes: {}", fmt::join(here, ", ")));
}

void print_json(const host::Xclbin& xclbin, const host::XclbinReport& report, const std::vector<std::string>& here) {
  nlohmann::json clocks = nlohmann::json::array(), memories = nlohmann::json::array(),
                 kernels = nlohmann::json::array();
  for (const host::XclbinClock& clock : xclbin.clocks) clocks.push_back({{"name", clock.name}, {"mhz", clock.mhz}});
  for (const host::XclbinMemory& memory : xclbin.memories)
    memories.push_back({{"name", memory.tag}, {"kilobytes", memory.kilobytes}, {"used", memory.used}});
  for (const host::XclbinReport::Kernel& kernel : report.kernels) {
    kernels.push_back({{"name", kernel.name},
                       {"compute_units", kernel.units},
                       {"usable", kernel.problem.empty()},
                       {"problem", kernel.problem}});
  }
  const nlohmann::json json = {{"platform", xclbin.platform},
                               {"board", board_title(xclbin)},
                               {"target", target_text(xclbin.target)},
                               {"uuid", xclbin.uuid},
                               {"clocks", clocks},
                               {"memories", memories},
                               {"kernels", kernels},
                               {"contract_version", contract::kContractVersion},
                               {"usable", report.usable},
                               {"runs_here", report.usable ? here : std::vector<std::string>()}};
  fmt::print("{}\n", json_text(json));
}

int check(const std::string& file, bool json) {
  const host::Xclbin xclbin = host::read_xclbin_file(file);
  const host::XclbinReport report = host::check_xclbin(xclbin);
  (json ? print_json : print_text)(xclbin, report, places(xclbin));
  return report.usable ? 0 : static_cast<int>(Fault::device);
}

}  // namespace

void add_bitstream(Command& app, Action& action) {
  Command& command = app.add_subcommand("bitstream", "Bitstreams for boards (xclbin files)");
  command.require_subcommand();
  Command& check_command = command.add_subcommand("check", "Say what an xclbin holds, and whether and where it runs");
  check_command.footer("Exit code 4 when this flashcell can use none of its kernels, 3 when the file is damaged.");
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  check_command.add_option("FILE", *file, "The xclbin").required();
  check_command.add_flag("--json", *json, "Print as JSON");
  check_command.callback([=, &action] { action = [file, json] { return check(*file, *json); }; });
}

}  // namespace flashcell::app
