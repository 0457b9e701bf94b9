#include "bitstreams/build_plan.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

namespace flashcell::bitstreams {
namespace {

namespace fs = std::filesystem;

/// The file with a build's top function, below the project's folder.
std::string top_source(const contract::KernelBuild& kernel) {
  return fmt::format("kernels_hls/cell_label/{}.cpp", kernel.name);
}

constexpr int bundles() {
  int count = 0;
  for (const contract::KernelArgument& argument : contract::kCellLabelArguments) count += argument.bundle != nullptr;
  return count;
}

const contract::KernelBuild& find_kernel(const std::string& name) {
  if (const contract::KernelBuild* build = contract::find_build(name.c_str())) return *build;
  std::string known;
  for (const contract::KernelBuild& build : contract::kCellLabelBuilds) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", build.name);
  }
  throw std::invalid_argument(fmt::format("there is no kernel {}; there are {}", name, known));
}

/// The memory that a compute unit's port `port` (counted over pointers) is tied to.
std::string bank_of(const contract::Board& board, int unit, int port) {
  if (board.memory == contract::BoardMemory::hbm) return fmt::format("HBM[{}]", unit * bundles() + port);
  return fmt::format("DDR[{}]", board.ddr_bank_of_slr[unit % board.slrs]);
}

/// HBM hangs on the first region; DDR banks lie beside theirs.
int slr_of(const contract::Board& board, int unit) {
  return board.memory == contract::BoardMemory::ddr ? unit % board.slrs : 0;
}

std::string platform_of(const BuildRequest& request) {
  return request.platform.empty() ? request.board->platform_file : request.platform;
}

std::vector<std::string> common_arguments(const BuildPlan& plan, const BuildRequest& request) {
  const std::string folder = plan.folder.string();
  return {request.tool,     "--target",     name_of(plan.target), "--platform",          platform_of(request),
          "--report_level", "estimate",     "--temp_dir",         folder + "/temporary", "--log_dir",
          folder + "/logs", "--report_dir", folder + "/reports"};
}

/// What v++ is told about the clock. Cards have clocks that XRT scales; the platforms of embedded boards fixed ones,
/// from which the linker makes the kernels' (UG1393, "Managing Clock Frequencies", 2020.2 to 2023.2). `kernel`: the one
/// that is compiled; null: all are linked.
std::vector<std::string> clock_arguments(const BuildPlan& plan, const contract::KernelBuild* kernel) {
  if (plan.board->family == contract::BoardFamily::pcie)
    return {"--kernel_frequency", fmt::format("{:g}", plan.clock_mhz)};
  const std::string hertz = fmt::format("{:.0f}", plan.clock_mhz * 1e6);
  if (kernel != nullptr) return {"--hls.clock", fmt::format("{}:{}", hertz, kernel->name)};
  return {"--clock.defaultFreqHz", hertz};
}

void append(Step& step, const std::vector<std::string>& arguments) {
  step.arguments.insert(step.arguments.end(), arguments.begin(), arguments.end());
}

Step compile_step(const BuildPlan& plan, const contract::KernelBuild& kernel, const BuildRequest& request) {
  Step step{fmt::format("compile {}", kernel.name), common_arguments(plan, request),
            plan.folder / (std::string(kernel.name) + ".xo")};
  append(step, clock_arguments(plan, &kernel));
  append(step, {"--compile", "--kernel", kernel.name, "-I" + request.source.string(), "--output", step.output.string(),
                (request.source / top_source(kernel)).string()});
  return step;
}

Step link_step(const BuildPlan& plan, const BuildRequest& request) {
  Step step{"link", common_arguments(plan, request), plan.bitstream};
  append(step, clock_arguments(plan, nullptr));
  append(step, {"--link", "--config", plan.configuration.string(), "--output", plan.bitstream.string()});
  for (const Step& compiled : plan.steps) step.arguments.push_back(compiled.output.string());
  return step;
}

/// XRT opens an emulated card as this file describes it.
Step emulation_step(const BuildPlan& plan, const BuildRequest& request) {
  const fs::path beside = fs::path(request.tool).parent_path() / "emconfigutil";
  return {"describe the emulated card",
          {beside.string(), "--platform", platform_of(request), "--od", plan.folder.string()},
          plan.folder / "emconfig.json"};
}

}  // namespace

const char* name_of(Target target) {
  return target == Target::hw ? "hw" : "hw_emu";
}

const contract::Board& find_board(const std::string& name) {
  if (const contract::Board* board = contract::find_board(name.c_str())) return *board;
  std::string known;
  for (const contract::Board& board : contract::kBoards) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", board.name);
  }
  throw std::invalid_argument(fmt::format("there is no board {}; there are {}", name, known));
}

std::vector<KernelCount> default_kernels(const contract::Board& board) {
  if (board.family == contract::BoardFamily::embedded)
    return {parse_kernel_count("cell_label_cell_shape_512_v3"), parse_kernel_count("cell_label_exact_shape_512_v3")};
  return {parse_kernel_count("cell_label_cell_full_1024_v3"), parse_kernel_count("cell_label_exact_full_512_v3")};
}

KernelCount parse_kernel_count(const std::string& text) {
  const size_t colon = text.find(':');
  KernelCount result{&find_kernel(text.substr(0, colon)), 1};
  if (colon == std::string::npos) return result;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, result.count);
  if (parsed.ec != std::errc() || parsed.ptr != end || result.count < 1 || result.count > 15)
    throw std::invalid_argument(fmt::format("{}: the number of compute units after the colon is 1 to 15", text));
  return result;
}

std::string connectivity_text(const contract::Board& board, const std::vector<KernelCount>& kernels) {
  std::string text = "[connectivity]\n";
  int unit = 0;
  for (const KernelCount& k : kernels) {
    std::string names;
    for (int i = 1; i <= k.count; ++i) names += fmt::format("{}{}_{}", i == 1 ? "" : ",", k.kernel->name, i);
    text += fmt::format("nk={}:{}:{}\n", k.kernel->name, k.count, names);
    for (int i = 1; i <= k.count; ++i, ++unit) {
      // On an embedded board there is one memory, and the platform chooses the port to it.
      if (board.family == contract::BoardFamily::embedded) continue;
      int port = 0;
      for (const contract::KernelArgument& argument : contract::kCellLabelArguments) {
        if (argument.bundle == nullptr) continue;
        text += fmt::format("sp={}_{}.{}:{}\n", k.kernel->name, i, argument.name, bank_of(board, unit, port++));
      }
      text += fmt::format("slr={}_{}:SLR{}\n", k.kernel->name, i, slr_of(board, unit));
    }
  }
  if (board.memory == contract::BoardMemory::hbm && unit * bundles() > board.banks)
    throw std::invalid_argument(fmt::format("{} compute units want {} memory banks; {} has {}: ask for at most {}",
                                            unit, unit * bundles(), board.title, board.banks, board.banks / bundles()));
  return text;
}

BuildPlan plan_build(const BuildRequest& request) {
  const contract::Board& board = *request.board;
  BuildPlan plan;
  plan.board = &board;
  plan.kernels = request.kernels;
  plan.target = request.target;
  plan.clock_mhz = request.clock_mhz > 0 ? request.clock_mhz : board.clock_mhz;
  plan.folder = request.output / board.name;
  if (plan.target != Target::hw) plan.folder /= name_of(plan.target);
  plan.configuration = plan.folder / "connectivity.cfg";
  plan.connectivity = connectivity_text(board, plan.kernels);
  plan.bitstream = plan.folder / fmt::format("flashcell_{}_v{}.xclbin", board.name, contract::kContractVersion);
  for (const KernelCount& k : plan.kernels) plan.steps.push_back(compile_step(plan, *k.kernel, request));
  plan.steps.push_back(link_step(plan, request));
  if (plan.target == Target::hw_emu && board.family == contract::BoardFamily::pcie)
    plan.steps.push_back(emulation_step(plan, request));
  return plan;
}

std::string command_line(const Step& step) {
  std::string line;
  for (const std::string& argument : step.arguments) {
    const bool plain = argument.find_first_of(" \t'\"$\\") == std::string::npos && !argument.empty();
    line += (line.empty() ? "" : " ") + (plain ? argument : "'" + argument + "'");
  }
  return line;
}

}  // namespace flashcell::bitstreams
