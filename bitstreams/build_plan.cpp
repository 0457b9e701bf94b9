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

std::vector<std::string> common_arguments(const BuildPlan& plan, const std::string& tool) {
  const std::string folder = plan.folder.string();
  return {tool,
          "--target",
          "hw",
          "--platform",
          plan.board->platform,
          "--kernel_frequency",
          fmt::format("{:g}", plan.clock_mhz),
          "--report_level",
          "estimate",
          "--temp_dir",
          folder + "/temporary",
          "--log_dir",
          folder + "/logs",
          "--report_dir",
          folder + "/reports"};
}

Step compile_step(const BuildPlan& plan, const contract::KernelBuild& kernel, const fs::path& source,
                  const std::string& tool) {
  Step step{fmt::format("compile {}", kernel.name), common_arguments(plan, tool),
            plan.folder / (std::string(kernel.name) + ".xo")};
  for (const std::string& argument :
       {std::string("--compile"), std::string("--kernel"), std::string(kernel.name), "-I" + source.string(),
        std::string("--output"), step.output.string(), (source / top_source(kernel)).string()}) {
    step.arguments.push_back(argument);
  }
  return step;
}

Step link_step(const BuildPlan& plan, const std::string& tool) {
  Step step{"link", common_arguments(plan, tool), plan.bitstream};
  for (const std::string& argument : {std::string("--link"), std::string("--config"), plan.configuration.string(),
                                      std::string("--output"), plan.bitstream.string()}) {
    step.arguments.push_back(argument);
  }
  for (const Step& compiled : plan.steps) step.arguments.push_back(compiled.output.string());
  return step;
}

}  // namespace

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
    return {parse_kernel_count("cell_label_cell_shape_512_v1"), parse_kernel_count("cell_label_exact_shape_512_v1")};
  return {parse_kernel_count("cell_label_cell_full_1024_v1"), parse_kernel_count("cell_label_exact_full_512_v1")};
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

BuildPlan plan_build(const contract::Board& board, const std::vector<KernelCount>& kernels, double clock_mhz,
                     const fs::path& source, const fs::path& output, const std::string& tool) {
  BuildPlan plan;
  plan.board = &board;
  plan.kernels = kernels;
  plan.clock_mhz = clock_mhz > 0 ? clock_mhz : board.clock_mhz;
  plan.folder = output / board.name;
  plan.configuration = plan.folder / "connectivity.cfg";
  plan.connectivity = connectivity_text(board, kernels);
  plan.bitstream = plan.folder / fmt::format("flashcell_{}_v{}.xclbin", board.name, contract::kContractVersion);
  for (const KernelCount& k : kernels) plan.steps.push_back(compile_step(plan, *k.kernel, source, tool));
  plan.steps.push_back(link_step(plan, tool));
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
