#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace flashcell::host {

/// With its dot, in lower case.
std::string lower_extension(const std::filesystem::path& path);

/// True for the image formats that are read as sequences.
bool is_image_name(const std::filesystem::path& path);

/// Order in which numbers count as numbers: frame2 before frame10.
bool natural_less(std::string_view a, std::string_view b);

/// Image files of a directory, or files that match a glob (`*`, `?`, `[…]`), in natural order. Throws
/// Error(Fault::input) when the directory cannot be read.
std::vector<std::filesystem::path> images_in(const std::filesystem::path& directory);
std::vector<std::filesystem::path> files_matching(const std::string& pattern);

/// The file beside `path` with the same stem and one of `extensions` (lower case; any case on disk); empty when there
/// is none.
std::filesystem::path sibling(const std::filesystem::path& path, const std::vector<std::string_view>& extensions);

}  // namespace flashcell::host
