#pragma once
#include <filesystem>

namespace flashcell::host {

/// The folder with the software device's library and xclbin: $FLASHCELL_SOFTWARE_XRT, or software_xrt beside the
/// program. Absolute: libraries are never looked for in the current folder. Throws Error(Fault::device) where the
/// program cannot tell where it is.
std::filesystem::path software_xrt_folder();

/// The software device's xclbin. Throws Error(Fault::device) when it is not there.
std::filesystem::path software_xclbin_file();

/// Has XRT load the software device instead of a board's driver, for the whole process: sets XILINX_XRT and
/// XCL_EMULATION_MODE. Where only the drop-in knows the installed XRT's classes, starts the program again over that.
/// Call before the first use of XRT and before other threads start. Throws Error(Fault::device) when the library is not
/// there.
void use_software_device();

}  // namespace flashcell::host
