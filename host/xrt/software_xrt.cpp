#include "host/xrt/software_xrt.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "pipeline/error.hpp"

namespace flashcell::host {

namespace fs = std::filesystem;

fs::path software_xrt_folder() {
  if (const char* folder = std::getenv("FLASHCELL_SOFTWARE_XRT"); folder != nullptr && *folder != '\0') return folder;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return (error ? fs::path(".") : program.parent_path()) / "software_xrt";
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
  const fs::path folder = software_xrt_folder();
  // The drop-in is XRT's library itself and loads nothing more.
  if (!fs::exists(folder / "lib" / "libxrt_hwemu.so.2") && !fs::exists(folder / "dropin" / "libxrt_coreutil.so.2")) {
    throw Error(Fault::device,
                fmt::format("{}: the software device is not there; build the target flashcell_software_xrt, or set "
                            "FLASHCELL_SOFTWARE_XRT to its folder",
                            folder.string()));
  }
  setenv("XILINX_XRT", folder.c_str(), 1);
  setenv("XCL_EMULATION_MODE", "hw_emu", 1);
}

}  // namespace flashcell::host
