#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flashcell::quant {

/// One image: `channels` planes (1: grey, 3: R, G, B) of rows x columns.
struct Picture {
  int channels = 0, rows = 0, columns = 0;
  std::vector<uint8_t> pixels;
};

/// Decodes JPEG, PNG, BMP, TIFF or PNM as grey (channels 1) or colour (3). Throws ModelError with `name` when
/// it cannot, and where the header states more than kMostPicturePixels.
Picture decode_picture(std::span<const uint8_t> file, const std::string& name, int channels);

/// True for names that end as pictures do (.jpg, .jpeg, .png, .bmp, .tif, .tiff, .pgm, .ppm; any case).
bool is_picture_name(const std::string& name);

/// The picture at another size: each pixel the mean of the area that it covers, or bilinear where it grows.
Picture resize(const Picture& picture, int rows, int columns);

}  // namespace flashcell::quant
