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

/// For the board, or for the vendor's simulation of the kernels' logic, which takes minutes a launch.
enum class Target { hw, hw_emu };

/// As v++ spells it.
const char* name_of(Target target);

/// What is to be built, and with what.
struct BuildRequest {
  const contract::Board* board;
  std::vector<KernelCount> kernels;
  Target target = Target::hw;
  double clock_mhz = 0;          ///< 0: the board's own
  std::string platform;          ///< the platform's .xpfm; empty: by its name, for v++ to look for
  std::filesystem::path source;  ///< the project's folder
  std::filesystem::path output;  ///< a folder for the board is made in this one
  std::string tool = "v++";      ///< to call
};

/// Everything that building one board's bitstream does, before anything is done.
struct BuildPlan {
  const contract::Board* board;
  std::vector<KernelCount> kernels;
  Target target;
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

/// Compile one object for each kernel, then link. On a card's emulation a last step describes the emulated card to XRT.
BuildPlan plan_build(const BuildRequest& request);

/// A command as one would type it.
std::string command_line(const Step& step);

}  // namespace flashcell::bitstreams
