#include "host/quantization/picture_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"

namespace flashcell::host {
namespace {

using quant::Preprocessing;

void set_numbers(const char* option, const std::vector<float>& given, int count, std::array<float, 3>& numbers) {
  if (given.empty()) return;
  if (given.size() != 1 && given.size() != static_cast<size_t>(count))
    throw Error(Fault::usage, fmt::format("{} takes one number, or one for each of the {} channels", option, count));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = given[std::min(i, given.size() - 1)];
}

int side(std::string_view text, const std::string& all) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr int kMost = 1 << 16;
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > kMost)
    throw Error(Fault::usage, fmt::format("--size {}: give ROWSxCOLUMNS, as 224x320, or one number for both", all));
  return number;
}

}  // namespace

void add_pixel_options(Command& command, PictureOptions& o) {
  command.add_option("--channels", o.channels, "Order of channels that the network takes")
      .one_of(names_in(quant::kChannelNames));
  command
      .add_option("--mean", o.mean,
                  "Taken off a pixel (0..255) first; one number or one a channel: 104,117,123. With --std: off "
                  "pixel / 255")
      .delimiter(',');
  command.add_option("--factor", o.factor, "Then multiplied with this; 1/255 unless stated").delimiter(',').positive();
  command
      .add_option("--std", o.deviation,
                  "Instead of --factor, as PyTorch has it: (pixel / 255 - mean) / std, with --mean 0.485,0.456,0.406 "
                  "--std 0.229,0.224,0.225")
      .delimiter(',')
      .positive();
}

void add_fit_options(Command& command, PictureOptions& o) {
  command
      .add_option("--resize", o.resize,
                  "Bring a picture's shorter side to so many pixels, shape kept (bilinear, antialiased), and cut "
                  "the network's size out of its middle; else it is stretched")
      .range(1, 1 << 16);
  command.add_option("--crop", o.crop, "What is cut out, a square: the network's size, said for people")
      .range(1, 1 << 16);
}

void add_size_option(Command& command, PictureOptions& o) {
  command.add_option("--size", o.size,
                     "ROWSxCOLUMNS of the input, or one number for both, where the file leaves them open");
}

// With deviations: (pixel / 255 - mean) / deviation, as PyTorch's users write it.
PixelNumbers pixel_numbers(const PictureOptions& o) {
  if (o.deviation.empty()) return {o.mean, o.factor};
  if (!o.factor.empty()) throw Error(Fault::usage, "--factor and --std say the same in two ways; give one of them");
  if (std::any_of(o.mean.begin(), o.mean.end(), [](float mean) { return mean > 1; }))
    throw Error(Fault::usage, "with --std a mean is of pixel / 255, 0 to 1; with --factor of pixels, 0 to 255");
  PixelNumbers numbers{o.mean.empty() ? std::vector<float>{0} : o.mean, o.deviation};
  for (float& mean : numbers.mean) mean *= 255;
  for (float& factor : numbers.factor) factor = 1 / (255 * factor);
  return numbers;
}

Preprocessing preprocessing_of(const PictureOptions& o, const std::optional<Preprocessing>& stated,
                               const quant::Shape& input) {
  Preprocessing p = stated.value_or(Preprocessing{});
  if (!stated && input.size() == 4 && input[1] == 3) p.channels = Preprocessing::Channels::rgb;
  if (!o.channels.empty()) p.channels = value_in(quant::kChannelNames, o.channels).value();
  const PixelNumbers numbers = pixel_numbers(o);
  set_numbers("--mean", numbers.mean, p.count(), p.mean);
  set_numbers(o.deviation.empty() ? "--factor" : "--std", numbers.factor, p.count(), p.factor);
  return p;
}

quant::PictureFit fit_of(const PictureOptions& o, int64_t rows, int64_t columns) {
  if (o.crop != 0 && o.resize == 0) throw Error(Fault::usage, "--crop needs --resize: what size is it cut out of?");
  if (o.crop != 0 && (o.crop != rows || o.crop != columns))
    throw Error(Fault::usage, fmt::format("--crop {}: the network takes pictures of {}x{}", o.crop, rows, columns));
  if (o.resize != 0 && o.resize < std::max(rows, columns))
    throw Error(Fault::usage,
                fmt::format("--resize {}: the network's {}x{} cannot be cut out of that", o.resize, rows, columns));
  return {o.resize};
}

quant::ImportOptions import_options_of(const PictureOptions& o) {
  if (o.size.empty()) return {};
  const size_t cross = o.size.find('x');
  const std::string_view text = o.size;
  if (cross == std::string::npos) return {side(text, o.size), side(text, o.size)};
  return {side(text.substr(0, cross), o.size), side(text.substr(cross + 1), o.size)};
}

}  // namespace flashcell::host
