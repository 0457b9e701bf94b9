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
  check_classifier(network, file);
  if (network.inputs().size() != 1)
    throw Error(Fault::usage, fmt::format("{}: has {} inputs; pictures are for networks of one", printable(file),
                                          network.inputs().size()));
  if (network.inputs()[0].shape.size() != 3)
    throw Error(Fault::usage, fmt::format("{}: its input is no image", printable(file)));
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
  quant::Picture picture = quant::labelled_picture(images, i, {1, in[0], in[1], in[2]});
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

void check_classifier(const NetworkRun& network, const std::string& file) {
  const std::vector<Port>& outputs = network.outputs();
  if (outputs.size() != 1 || outputs[0].count() < 2 || outputs[0].count() != static_cast<size_t>(outputs[0].shape[0]))
    throw Error(Fault::usage, fmt::format("{}: is no classifier: it does not give one number a class for one image",
                                          printable(file)));
}

LabelledPictures read_labelled_pictures(const std::string& data, const NetworkRun& network, const std::string& file,
                                        const host::PictureOptions& options) {
  check_network(network, file);
  return read_pictures(data, network, options);
}

std::vector<float> input_numbers(const LabelledPictures& pictures, const NetworkRun& network) {
  const quant::Preprocessing& p = *network.preprocessing();
  std::vector<float> numbers;
  for (int64_t i = 0; i < pictures.images.count; ++i) {
    const std::vector<uint8_t> pixels = pixels_of(pictures.images, i, network);
    const size_t plane = pixels.size() / static_cast<size_t>(p.count());
    for (size_t k = 0; k < pixels.size(); ++k)
      numbers.push_back((static_cast<float>(pixels[k]) - p.mean[k / plane]) * p.factor[k / plane]);
  }
  return numbers;
}

std::vector<float> scores_of(NetworkRun& network, const LabelledPictures& pictures, size_t i) {
  network.set_pixels(pixels_of(pictures.images, static_cast<int64_t>(i), network));
  network.run();
  return scores_of(network);
}

std::vector<float> scores_of(const NetworkRun& network) {
  const Port& port = network.outputs()[0];
  std::vector<float> scores = numbers_of(network.output(0), port);
  if (port.scale)
    for (float& score : scores) score = *port.scale * (score - static_cast<float>(port.zero_point));
  return scores;
}

}  // namespace flashcell::app
