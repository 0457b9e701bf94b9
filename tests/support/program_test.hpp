#pragma once
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/folders.hpp"

namespace flashcell::test {

/// A file's bytes; none where it cannot be read.
inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// How a run of the program ended.
struct Outcome {
  int code = -1;  ///< exit code, or 128 + signal
  std::string out, err;
};

/// Runs build/flashcell as a user would, with an empty folder of its own for each test.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    dir_ = std::filesystem::temp_directory_path() /
           (std::string("flashcell_") + info->test_suite_name() + "_" + info->name() + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string path(const std::string& name) const { return (dir_ / name).string(); }

  /// Starts the program; `limit_bytes` > 0: no file may grow larger, as on a full disk.
  pid_t start(const std::vector<std::string>& arguments, rlim_t limit_bytes = 0) const {
    const pid_t child = fork();
    if (child != 0) return child;
    if (limit_bytes > 0) {
      const rlimit limit{limit_bytes, limit_bytes};
      setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (freopen(path("stdout").c_str(), "w", stdout) == nullptr ||
        freopen(path("stderr").c_str(), "w", stderr) == nullptr)
      _exit(99);
    static const std::string program = build_dir() / "flashcell";
    std::vector<char*> words = {const_cast<char*>(program.c_str())};
    for (const std::string& a : arguments) words.push_back(const_cast<char*>(a.c_str()));
    words.push_back(nullptr);
    execv(program.c_str(), words.data());
    _exit(98);
  }

  Outcome run(const std::vector<std::string>& arguments, rlim_t limit_bytes = 0) const {
    int status = 0;
    waitpid(start(arguments, limit_bytes), &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(path("stdout")),
            read_file(path("stderr"))};
  }

  std::filesystem::path dir_;
};

}  // namespace flashcell::test
