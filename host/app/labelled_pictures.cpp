#include "host/app/labelled_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"
#include "kernels_hls/contract/qcnn.hpp"
#include "quant_models/data/labelled_images.hpp"
#include "quant_models/data/picture.hpp"

namespace flashcell::app {
namespace {

using quant::LabelledImages;

void check_network(const NetworkRun& network, const std::string& file) {
  const std::vector<Port>& outputs = network.outputs();
  if (network.inputs().size() != 1 || network.inputs()[0].shape.size() != 3 || outputs.size() != 1 ||
      outputs[0].count() < 2 || outputs[0].count() != static_cast<size_t>(outputs[0].shape[0]))
    throw Error(Fault::usage, fmt::format("{}: is no classifier: it does not give one number a class for one image",
                                          printable(file)));
  if (!network.preprocessing())
    throw Error(Fault::usage,
                fmt::format("{}: does not say what pixels mean to it; give --mean and --factor or --std, or let "
                            "`flashcell quantize` write files that do",
                            printable(file)));
  if (network.inputs()[0].shape[0] != network.preprocessing()->count())
    throw Error(Fault::usage, fmt::format("{}: its input is no picture of {} channels, of which its file speaks",
                                          printable(file), network.preprocessing()->count()));
}

LabelledPictures read_pictures(const std::string& data, const NetworkRun& network,
                               const host::PictureOptions& options) {
  quant::Shape in = network.inputs()[0].shape;
  const quant::PictureFit fit = fit_of(options, in[1], in[2]);
  in.insert(in.begin(), 1);
  quant::ClassFolders read = quant::read_labelled_images(data, in, static_cast<int64_t>(network.outputs()[0].count()),
                                                         network.class_names(), fit);
  return {std::move(read.images), std::move(read.objects)};
}

// Planes of pixels as the network takes them.
std::vector<uint8_t> pixels_of(const LabelledImages& images, int64_t i, const NetworkRun& network) {
  const quant::Shape& in = network.inputs()[0].shape;
  const size_t size = images.pixels.size() / static_cast<size_t>(images.count);
  const auto first = images.pixels.begin() + static_cast<ptrdiff_t>(size) * i;
  quant::Picture picture{images.channels, images.rows, images.columns, {first, first + static_cast<ptrdiff_t>(size)}};
  picture = quant::resize(picture, static_cast<int>(in[1]), static_cast<int>(in[2]));
  if (network.preprocessing()->channels != quant::Preprocessing::Channels::bgr) return picture.pixels;
  const auto plane = static_cast<ptrdiff_t>(in[1] * in[2]);
  std::swap_ranges(picture.pixels.begin(), picture.pixels.begin() + plane, picture.pixels.begin() + 2 * plane);
  return picture.pixels;
}

std::vector<float> numbers_of(const std::vector<uint8_t>& bytes, const Port& port) {
  std::vector<float> numbers(port.count());
  if (port.type == "f4") {
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
    return numbers;
  }
  const contract::ActivationType type = contract::activation_type(port.type[0] == 'i', port.type[1] == '2' ? 16 : 8);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<float>(contract::stored_value(bytes.data(), i, type));
  return numbers;
}

}  // namespace

LabelledPictures read_labelled_pictures(const std::string& data, const NetworkRun& network, const std::string& file,
                                        const host::PictureOptions& options) {
  check_network(network, file);
  LabelledPictures pictures = read_pictures(data, network, options);
  const LabelledImages& images = pictures.images;
  const int last = *std::max_element(images.labels.begin(), images.labels.end());
  const size_t classes = network.outputs()[0].count();
  if (last >= static_cast<int>(classes))
    throw Error(Fault::input, fmt::format("{}: has an image of class {}, the network tells {} apart", printable(data),
                                          last, classes));
  if (images.channels != network.preprocessing()->count())
    throw Error(Fault::input, fmt::format("{}: its images have {} channels, the network takes {}", printable(data),
                                          images.channels, network.preprocessing()->count()));
  return pictures;
}

std::vector<float> scores_of(NetworkRun& network, const LabelledPictures& pictures, size_t i) {
  network.set_pixels(pixels_of(pictures.images, static_cast<int64_t>(i), network));
  network.run();
  const Port& port = network.outputs()[0];
  std::vector<float> scores = numbers_of(network.output(0), port);
  if (port.scale)
    for (float& score : scores) score = *port.scale * (score - static_cast<float>(port.zero_point));
  return scores;
}

}  // namespace flashcell::app
