#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "kernels_hls/contract/board.hpp"

namespace flashcell::bitstreams {

/// A tool, a platform or a step that is missing or failed: one line that says what and what to do.
class BuildError : public std::exception {
 public:
  explicit BuildError(std::string line) : line_(std::move(line)) {}
  const char* what() const noexcept override { return line_.c_str(); }

 private:
  std::string line_;
};

/// v++ on PATH. Throws BuildError that says how to get it.
std::filesystem::path find_compiler();

/// The board's platform file (.xpfm) in $PLATFORM_REPO_PATHS, $XILINX_VITIS/base_platforms or `system_folders`. Throws
/// BuildError that names the package to install.
std::filesystem::path find_platform(const contract::Board& board,
                                    const std::vector<std::filesystem::path>& system_folders = {
                                        "/opt/xilinx/platforms"});

/// First line that the compiler prints for --version and that names one; "unknown" where it prints none.
std::string compiler_version(const std::filesystem::path& compiler);

/// Runs a command, its output going to `log` as well as being kept from the terminal. Returns its exit code; throws
/// BuildError when it cannot be started.
int run_logged(const std::vector<std::string>& arguments, const std::filesystem::path& log);

/// What a command prints on standard output; empty when it fails.
std::string output_of(const std::vector<std::string>& arguments);

}  // namespace flashcell::bitstreams
