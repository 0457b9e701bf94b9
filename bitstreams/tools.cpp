#include "bitstreams/tools.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

extern char** environ;

namespace flashcell::bitstreams {
namespace {

namespace fs = std::filesystem;

/// Folders of a list like $PATH.
std::vector<fs::path> folders_of(const char* variable) {
  std::vector<fs::path> folders;
  const char* value = std::getenv(variable);
  std::istringstream list(value == nullptr ? "" : value);
  for (std::string folder; std::getline(list, folder, ':');) {
    if (!folder.empty()) folders.emplace_back(folder);
  }
  return folders;
}

/// Starts a command with its standard output, and its standard error where `errors`, on descriptor `to`.
pid_t start(const std::vector<std::string>& arguments, int to, bool errors) {
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
  if (errors) posix_spawn_file_actions_adddup2(&actions, to, STDERR_FILENO);
  pid_t child = -1;
  const int failure = posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw BuildError(fmt::format("cannot start {}: {}", arguments[0], std::strerror(failure)));
  return child;
}

int exit_code_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

fs::path find_compiler() {
  for (const fs::path& folder : folders_of("PATH")) {
    if (access((folder / "v++").c_str(), X_OK) == 0) return folder / "v++";
  }
  throw BuildError(
      "v++ is not on PATH: install AMD Vitis (2022.2 to 2023.2 know all of these platforms), then: source "
      "INSTALL_FOLDER/settings64.sh");
}

fs::path find_platform(const contract::Board& board, const std::vector<fs::path>& system_folders) {
  std::vector<fs::path> folders = folders_of("PLATFORM_REPO_PATHS");
  if (const char* vitis = std::getenv("XILINX_VITIS")) folders.push_back(fs::path(vitis) / "base_platforms");
  folders.insert(folders.end(), system_folders.begin(), system_folders.end());
  const std::string name = board.platform, file_name = std::string(board.platform_file) + ".xpfm";
  for (const fs::path& folder : folders) {
    // Either the platform's own folder or one that holds platforms.
    for (const fs::path& file : {folder / file_name, folder / name / file_name}) {
      std::error_code ignored;
      if (fs::is_regular_file(file, ignored)) return file;
    }
  }
  throw BuildError(
      fmt::format("platform {} is not installed (no {}/{}): get the {} development platform from AMD's page of the "
                  "board{}, and put the folder that holds it on PLATFORM_REPO_PATHS",
                  name, name, file_name, board.title,
                  std::string(board.name) == "kv260" ? ", or build it from kria-vitis-platforms" : ""));
}

std::string compiler_version(const fs::path& compiler) {
  std::istringstream text(output_of({compiler.string(), "--version"}));
  for (std::string line; std::getline(text, line);) {
    const size_t at = line.find("v++ v");
    if (at != std::string::npos) return line.substr(at + 4, line.find_first_of(" \r", at + 4) - at - 4);
  }
  return "unknown";
}

int run_logged(const std::vector<std::string>& arguments, const fs::path& log) {
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) throw BuildError(fmt::format("{}: {}", log.string(), std::strerror(errno)));
  try {
    const pid_t child = start(arguments, file, true);
    close(file);
    return exit_code_of(child);
  } catch (...) {
    close(file);
    throw;
  }
}

std::string output_of(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  pid_t child = -1;
  try {
    child = start(arguments, ends[1], false);
  } catch (const BuildError&) {
    close(ends[0]);
    close(ends[1]);
    return {};
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t n; (n = read(ends[0], part.data(), part.size())) > 0;) text.append(part.data(), static_cast<size_t>(n));
  close(ends[0]);
  return exit_code_of(child) == 0 ? text : std::string();
}

}  // namespace flashcell::bitstreams
