#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace flashcell::host {

/// LD_LIBRARY_PATH with `folder` before what stands in `path`. Never has an empty entry, which the loader takes for the
/// current folder. Throws Error(Fault::device) for a folder that such a list cannot hold: a relative one, or one with a
/// colon or semicolon in its name.
std::string with_library_folder(const std::filesystem::path& folder, std::string_view path);

}  // namespace flashcell::host
