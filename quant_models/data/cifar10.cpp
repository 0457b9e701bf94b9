#include "quant_models/data/cifar10.hpp"

#include <algorithm>
#include <stdexcept>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {

LabelledImages read_cifar10(const std::string& path) {
  return parse_cifar10(read_file(path), path);
}

LabelledImages parse_cifar10(std::span<const uint8_t> file, const std::string& path) {
  constexpr size_t kPixels = 3072, kRecord = 1 + kPixels;
  if (file.empty() || file.size() % kRecord != 0)
    throw ModelError(path + ": " + std::to_string(file.size()) + " bytes are no whole number of CIFAR-10 records of " +
                     std::to_string(kRecord));
  LabelledImages images{static_cast<int64_t>(file.size() / kRecord), 3, 32, 32, {}, {}};
  images.pixels.reserve(file.size());
  for (auto record = file.begin(); record != file.end(); record += kRecord) {
    if (*record > 9) throw ModelError(path + ": label " + std::to_string(*record) + " is outside 0..9");
    images.labels.push_back(*record);
    images.pixels.insert(images.pixels.end(), record + 1, record + kRecord);
  }
  return images;
}

std::vector<float> normalize(const LabelledImages& images, const std::vector<float>& mean,
                             const std::vector<float>& deviation) {
  const auto channels = static_cast<size_t>(images.channels);
  if (mean.size() != channels || deviation.size() != channels)
    throw std::invalid_argument("normalize: needs a mean and a deviation for each of " + std::to_string(channels) +
                                " channels");
  const auto plane = static_cast<size_t>(images.rows) * static_cast<size_t>(images.columns);
  std::vector<float> numbers(images.pixels.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t channel = i / plane % channels;
    numbers[i] = (static_cast<float>(images.pixels[i]) / 255 - mean[channel]) / deviation[channel];
  }
  return numbers;
}

int64_t count_correct(const std::vector<float>& scores, const std::vector<int>& labels) {
  const size_t classes = labels.empty() ? 0 : scores.size() / labels.size();
  if (classes == 0 || scores.size() != classes * labels.size())
    throw std::invalid_argument("count_correct: scores and labels do not fit together");
  int64_t correct = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto first = scores.begin() + static_cast<ptrdiff_t>(i * classes);
    correct += std::max_element(first, first + static_cast<ptrdiff_t>(classes)) - first == labels[i];
  }
  return correct;
}

}  // namespace flashcell::quant
