#include "host/app/labelled_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "base/error.hpp"
#include "base/text.hpp"
#include "quant_models/data/class_folders.hpp"
#include "quant_models/data/mnist.hpp"
#include "quant_models/data/picture.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;
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

// Names of the network's classes. It may have none: folders that are numbers, padded to one length or not, then number
// its outputs.
std::vector<std::string> class_names(const NetworkRun& network, const quant::FileSet& files) {
  std::vector<std::string> folders = quant::class_names_of(files, "");
  if (!network.class_names().empty() || folders.empty()) return network.class_names();
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  size_t shortest = folders[0].size();
  for (const std::string& folder : folders) {
    if (!std::all_of(folder.begin(), folder.end(), is_digit)) return {};
    shortest = std::min(shortest, folder.size());
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < network.outputs()[0].count(); ++i) names.push_back(fmt::format("{:0{}}", i, shortest));
  return names;
}

LabelledPictures read_pictures(const std::string& data, const NetworkRun& network, const PictureOptions& options) {
  std::error_code error;
  LabelledPictures pictures;
  const fs::path mnist = fs::path(data) / "t10k-images-idx3-ubyte";
  if (data.ends_with(".bin")) {
    pictures.images = quant::read_cifar10(data);
  } else if (fs::exists(mnist, error) || fs::exists(mnist.string() + ".gz", error)) {
    pictures.images = quant::read_mnist_folder(data, false);
  } else {
    const quant::Shape& in = network.inputs()[0].shape;
    const quant::FileSet files(data);
    quant::ClassFolders folders =
        quant::read_class_folders(files, "", static_cast<int>(in[0]), static_cast<int>(in[1]), static_cast<int>(in[2]),
                                  class_names(network, files), fit_of(options, in[1], in[2]));
    return {std::move(folders.images), std::move(folders.objects)};
  }
  pictures.objects.resize(pictures.size());
  std::iota(pictures.objects.begin(), pictures.objects.end(), 0);
  return pictures;
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

std::vector<float> numbers_of(const std::vector<uint8_t>& bytes, const std::string& type) {
  if (type == "u1") return {bytes.begin(), bytes.end()};
  std::vector<float> numbers(bytes.size() / (type == "f4" ? sizeof(float) : 1));
  if (type == "f4") {
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
  } else {
    std::transform(bytes.begin(), bytes.end(), numbers.begin(), [](uint8_t b) { return static_cast<int8_t>(b); });
  }
  return numbers;
}

}  // namespace

LabelledPictures read_labelled_pictures(const std::string& data, const NetworkRun& network, const std::string& file,
                                        const PictureOptions& options) {
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
  std::vector<float> scores = numbers_of(network.output(0), port.type);
  if (port.scale)
    for (float& score : scores) score = *port.scale * (score - static_cast<float>(port.zero_point));
  return scores;
}

}  // namespace flashcell::app
