#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flashcell::quant {

/// Images one after the other, each `channels` planes of `rows` x `columns`, and the class of each.
struct LabelledImages {
  int64_t count = 0;
  int channels = 0, rows = 0, columns = 0;
  std::vector<uint8_t> pixels;  ///< count * channels * rows * columns
  std::vector<int> labels;      ///< count
};

/// CIFAR-10's binary format: records of one label (0..9) and 3072 pixels: planes R, G, B of 32 x 32.
/// Throws ModelError on a file that is not a whole number of records, or empty, or has another label.
LabelledImages read_cifar10(const std::string& path);

/// The same from the file's bytes; `path` stands in messages.
LabelledImages parse_cifar10(std::span<const uint8_t> file, const std::string& path);

/// (pixel / 255 - mean[c]) / deviation[c], in the images' order. Throws std::invalid_argument when there is not one
/// mean and deviation for each channel.
std::vector<float> normalize(const LabelledImages& images, const std::vector<float>& mean,
                             const std::vector<float>& deviation);

/// How many of `scores` (count x classes) have their largest number at the image's label; the first of equals counts.
int64_t count_correct(const std::vector<float>& scores, const std::vector<int>& labels);

}  // namespace flashcell::quant
