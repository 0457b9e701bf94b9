#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/models/detector_heads.hpp"
#include "quant_models/sigmoid.hpp"

namespace flashcell::quant {
namespace {

struct Heads {
  const DetectorHead *objectness = nullptr, *box = nullptr, *classes = nullptr;
};

Heads sort_heads(std::span<const DetectorHead> heads) {
  Heads sorted;
  for (const DetectorHead& head : heads) {
    if (head.rows != heads[0].rows || head.columns != heads[0].columns) return {};
    (head.channels == 1 ? sorted.objectness : head.channels == 4 ? sorted.box : sorted.classes) = &head;
  }
  return heads.size() == 3 ? sorted : Heads{};
}

bool complete(const Heads& heads) {
  return heads.objectness != nullptr && heads.box != nullptr && heads.classes != nullptr;
}

Heads checked_heads(std::span<const DetectorHead> heads) {
  const Heads sorted = sort_heads(heads);
  if (!complete(sorted)) throw std::invalid_argument("these are not FastestDet's three heads");
  return sorted;
}

// Softmax of the largest, and which it is.
std::pair<int, float> strongest_class(std::span<const float> logits) {
  const auto largest = std::max_element(logits.begin(), logits.end());
  float sum = 0;
  for (const float logit : logits) sum += std::exp(logit - *largest);
  return {static_cast<int>(largest - logits.begin()), 1 / sum};
}

}  // namespace

bool is_fastestdet(std::span<const DetectorHead> heads) {
  return complete(sort_heads(heads));
}

const DetectorHead& fastestdet_classes(std::span<const DetectorHead> heads) {
  return *checked_heads(heads).classes;
}

std::vector<Detection> decode_fastestdet(std::span<const DetectorHead> heads, int input_rows, int input_columns,
                                         const DecodeOptions& options) {
  const Heads sorted = checked_heads(heads);
  check_values(heads);
  const int rows = sorted.box->rows, columns = sorted.box->columns;
  const auto classes = static_cast<size_t>(sorted.classes->channels);
  const auto width = static_cast<float>(input_columns), height = static_cast<float>(input_rows);
  std::vector<Detection> found;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const auto cell = static_cast<size_t>(row) * static_cast<size_t>(columns) + static_cast<size_t>(column);
      const float objectness = std::pow(sigmoid(sorted.objectness->values[cell]), 0.6F);
      if (objectness < options.least_score) continue;  // the class can only lower it
      const auto [object_class, share] = strongest_class(sorted.classes->values.subspan(cell * classes, classes));
      const float score = objectness * std::pow(share, 0.4F);
      if (score < options.least_score) continue;
      const std::span<const float> b = sorted.box->values.subspan(cell * 4, 4);
      const float x = (static_cast<float>(column) + std::tanh(b[0])) / static_cast<float>(columns) * width;
      const float y = (static_cast<float>(row) + std::tanh(b[1])) / static_cast<float>(rows) * height;
      const float w = sigmoid(b[2]) * width, h = sigmoid(b[3]) * height;
      found.push_back({{x - w / 2, y - h / 2, x + w / 2, y + h / 2}, object_class, score, static_cast<int>(cell)});
    }
  }
  return suppress_overlaps(std::move(found), options);
}

}  // namespace flashcell::quant
