#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "kernels_hls/contract/board.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell::bitstreams {

/// A kernel and how many compute units of it a bitstream holds.
struct KernelCount {
  const contract::KernelBuild* kernel;
  int count;
};

/// One command and the file that it makes.
struct Step {
  std::string name;                    ///< for messages: "compile …", "link"
  std::vector<std::string> arguments;  ///< the program first
  std::filesystem::path output;
};

/// Everything that building one board's bitstream does, before anything is done.
struct BuildPlan {
  const contract::Board* board;
  std::vector<KernelCount> kernels;
  double clock_mhz;
  std::filesystem::path folder;         ///< where all of it goes
  std::filesystem::path configuration;  ///< connectivity.cfg
  std::string connectivity;             ///< its text
  std::filesystem::path bitstream;      ///< the xclbin
  std::vector<Step> steps;
};

/// The board called `name`. Throws std::invalid_argument with the known names.
const contract::Board& find_board(const std::string& name);

/// What a board gets when nothing else is asked for: on a card both modes with every feature, up to 1024 px a side in
/// mode `cell`; on an embedded board the lean builds.
std::vector<KernelCount> default_kernels(const contract::Board& board);

/// `NAME` or `NAME:COUNT` as typed. Throws std::invalid_argument with the known kernels.
KernelCount parse_kernel_count(const std::string& text);

/// Which memory bank and region each compute unit takes, as v++ reads it ([connectivity] of its configuration file).
/// Throws std::invalid_argument when the board has too few banks.
std::string connectivity_text(const contract::Board& board, const std::vector<KernelCount>& kernels);

/// Compile one object for each kernel, then link. `source` is the project's folder, `tool` the v++ to call.
BuildPlan plan_build(const contract::Board& board, const std::vector<KernelCount>& kernels, double clock_mhz,
                     const std::filesystem::path& source, const std::filesystem::path& output, const std::string& tool);

/// A command as one would type it.
std::string command_line(const Step& step);

}  // namespace flashcell::bitstreams
