#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/command_line.hpp"
#include "quant_models/data/picture_fit.hpp"
#include "quant_models/metadata.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/tensor/tensor.hpp"

// What a command line says of pictures: how they become a network's numbers.
namespace flashcell::host {

struct PictureOptions {
  std::string channels, size;
  std::vector<float> mean, factor, deviation;
  int resize = 0, crop = 0;

  bool speaks_of_pixels() const { return !channels.empty() || !mean.empty() || !factor.empty() || !deviation.empty(); }
};

/// --channels, --mean, --factor, --std.
void add_pixel_options(Command& command, PictureOptions& options);
/// --resize, --crop.
void add_fit_options(Command& command, PictureOptions& options);
/// --size.
void add_size_option(Command& command, PictureOptions& options);

/// --mean and --factor or --std, each of one number or one a channel, as numbers of pixels: value = (pixel - mean) *
/// factor; empty: not said. Throws Error (usage).
struct PixelNumbers {
  std::vector<float> mean, factor;
};
PixelNumbers pixel_numbers(const PictureOptions& options);

/// What pixels mean: what is said here over what a file states, over pixel / 255. `input`: the network's,
/// N x C x H x W. Throws Error (usage).
quant::Preprocessing preprocessing_of(const PictureOptions& options, const std::optional<quant::Preprocessing>& stated,
                                      const quant::Shape& input);

/// How pictures are brought to the network's size. Throws Error (usage) where --crop is another size.
quant::PictureFit fit_of(const PictureOptions& options, int64_t rows, int64_t columns);

/// For what a file leaves open. Throws Error (usage).
quant::ImportOptions import_options_of(const PictureOptions& options);

}  // namespace flashcell::host
