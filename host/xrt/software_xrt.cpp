#include "host/xrt/software_xrt.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "host/xrt/library_path.hpp"

namespace flashcell::host {

namespace fs = std::filesystem;

namespace {

/// The same command line, with libraries of `folder` before all others: which library stands for XRT is settled when a
/// program starts. Returns only when that does not work, or was done before.
void start_again_with(const fs::path& folder) {
  constexpr const char* kStarted = "FLASHCELL_DROPIN_STARTED";
  if (std::getenv(kStarted) != nullptr) return;
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const char* const others = std::getenv("LD_LIBRARY_PATH");
  setenv("LD_LIBRARY_PATH", with_library_folder(folder, others != nullptr ? others : "").c_str(), 1);
  setenv(kStarted, "1", 1);
  std::fflush(nullptr);
  execv("/proc/self/exe", arguments.data());
}

}  // namespace

fs::path software_xrt_folder() {
  if (const char* folder = std::getenv("FLASHCELL_SOFTWARE_XRT"); folder != nullptr && *folder != '\0')
    return fs::absolute(folder);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error)
    throw Error(Fault::device,
                "the program's own folder cannot be told: set FLASHCELL_SOFTWARE_XRT to the software device's");
  return program.parent_path() / "software_xrt";
}

fs::path software_xclbin_file() {
  const fs::path file = software_xrt_folder() / "flashcell.xclbin";
  if (!fs::exists(file)) {
    throw Error(
        Fault::device,
        fmt::format("{}: the software device's xclbin is not there; build the target flashcell_software_xrt, or "
                    "set FLASHCELL_SOFTWARE_XRT to its folder",
                    file.string()));
  }
  return file;
}

void use_software_device() {
  const fs::path folder = software_xrt_folder(), dropin = folder / "dropin";
  const bool dropin_is_loaded = dlsym(RTLD_DEFAULT, "flashcell_xrt_dropin") != nullptr;
  if (!fs::exists(folder / "lib" / "libxrt_hwemu.so.2") && !dropin_is_loaded) {
    // The installed XRT has another driver interface than the software device.
    if (fs::exists(dropin / "libxrt_coreutil.so.2")) start_again_with(dropin);
    throw Error(Fault::device,
                fmt::format("{}: the software device is not there; build the target flashcell_software_xrt, or set "
                            "FLASHCELL_SOFTWARE_XRT to its folder",
                            folder.string()));
  }
  setenv("XILINX_XRT", folder.c_str(), 1);
  setenv("XCL_EMULATION_MODE", "hw_emu", 1);
}

}  // namespace flashcell::host
