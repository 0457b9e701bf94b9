#include "quant_models/data/labelled_images.hpp"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "quant_models/data/mnist.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> folder_names(const FileSet& files, int64_t classes, const std::vector<std::string>& names) {
  const std::vector<std::string> folders = class_names_of(files, "");
  if (!names.empty() || folders.empty()) return names;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  size_t shortest = folders[0].size();
  for (const std::string& folder : folders) {
    if (!std::all_of(folder.begin(), folder.end(), is_digit)) return {};
    shortest = std::min(shortest, folder.size());
  }
  std::vector<std::string> numbers;
  for (int64_t i = 0; i < classes; ++i) {
    const std::string number = std::to_string(i);
    numbers.push_back(std::string(shortest > number.size() ? shortest - number.size() : 0, '0') + number);
  }
  return numbers;
}

ClassFolders read_any(const std::string& data, const Shape& input, int64_t classes,
                      const std::vector<std::string>& names, const PictureFit& fit) {
  std::error_code error;
  const fs::path mnist = fs::path(data) / "t10k-images-idx3-ubyte";
  ClassFolders read;
  if (data.ends_with(".bin")) {
    read.images = read_cifar10(data);
  } else if (fs::exists(mnist, error) || fs::exists(mnist.string() + ".gz", error)) {
    read.images = read_mnist_folder(data, false);
  } else {
    const FileSet files(data);
    return read_class_folders(files, "", static_cast<int>(input.at(1)), static_cast<int>(input.at(2)),
                              static_cast<int>(input.at(3)), folder_names(files, classes, names), fit);
  }
  read.objects.resize(read.images.labels.size());
  std::iota(read.objects.begin(), read.objects.end(), 0);
  return read;
}

}  // namespace

ClassFolders read_labelled_images(const std::string& data, const Shape& input, int64_t classes,
                                  const std::vector<std::string>& names, const PictureFit& fit) {
  ClassFolders read = read_any(data, input, classes, names, fit);
  const LabelledImages& images = read.images;
  if (images.channels != input.at(1))
    throw ModelError(data + ": its images have " + std::to_string(images.channels) + " channels, the network takes " +
                     std::to_string(input[1]));
  const int last = *std::max_element(images.labels.begin(), images.labels.end());
  if (last >= classes)
    throw ModelError(data + ": has an image of class " + std::to_string(last) + ", the network tells " +
                     std::to_string(classes) + " apart");
  return read;
}

Picture labelled_picture(const LabelledImages& images, int64_t i, const Shape& input) {
  const auto size = static_cast<ptrdiff_t>(images.pixels.size()) / images.count;
  const auto first = images.pixels.begin() + size * i;
  return resize({images.channels, images.rows, images.columns, {first, first + size}}, static_cast<int>(input.at(2)),
                static_cast<int>(input.at(3)));
}

}  // namespace flashcell::quant
