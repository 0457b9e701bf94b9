#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/random_reader.hpp"

namespace flashcell {

/// What a picture file says of itself, read before any decoder allocates for it.
struct PictureHeader {
  uint64_t width = 0, height = 0;  ///< px; of a TIFF the largest of any page's sides and tiles' sides
  uint64_t pages = 1;              ///< that a TIFF's chain of directories reaches
  bool whole = true;               ///< false where the file was cut short: decoders fill such pictures up
};

/// Pixels of the largest picture that is decoded: a few kilobytes can claim gigabytes.
constexpr uint64_t kMostPicturePixels = uint64_t{1} << 27;

/// Pages of a TIFF that are followed.
constexpr uint64_t kMostPicturePages = uint64_t{1} << 24;

/// The header of a PNG, JPEG, BMP, PNM or TIFF file, told apart by content; nothing where it is none of these or is
/// damaged. Whole: a PNG has its end chunk, a JPEG its end marker, a BMP the bytes that its header states, and every
/// link of a TIFF's chain of pages lies in the file.
std::optional<PictureHeader> read_picture_header(std::span<const uint8_t> file);

/// The same of a TIFF, BigTIFF too, which need not lie in memory; nothing where the file is no TIFF.
std::optional<PictureHeader> read_tiff_header(const RandomReader& file);

/// Throws Error(Fault::input) that names the file where it is no such picture, or a larger one than kMostPicturePixels.
void check_picture(std::span<const uint8_t> file, const std::string& name);

}  // namespace flashcell
