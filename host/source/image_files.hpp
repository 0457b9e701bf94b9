#pragma once
#include <cstdint>
#include <filesystem>
#include <span>

namespace flashcell::host {

/// False when an image file was cut short: a PNG without its end chunk, a JPEG without its end marker, a BMP shorter
/// than its header says. Decoders would fill such pictures up or print lines of their own. True for other formats.
bool is_whole_image(const std::filesystem::path& path);

/// True when a TIFF's chain of page directories leaves the file (TIFF 6.0, section 2; false for BigTIFF): pages are
/// missing at its end, and libtiff does not tell.
bool lacks_tiff_pages(std::span<const uint8_t> file);

}  // namespace flashcell::host
