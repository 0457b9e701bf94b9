#include "quant_models/recurrent/cross_entropy.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/layers/vector_functions.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kRowsTogether = 256;

// Numbers that are taken side by side, whatever the width of vectors.
constexpr size_t kLanes = 16;

float largest_logit(std::span<const float> row) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, row[0]);
  size_t i = 0;
  for (; i + kLanes <= row.size(); i += kLanes)
    for (size_t k = 0; k < kLanes; ++k) lanes[k] = std::max(lanes[k], row[i + k]);
  for (size_t k = 0; i + k < row.size(); ++k) lanes[k] = std::max(lanes[k], row[i + k]);
  return *std::max_element(lanes, lanes + kLanes);
}

// In the place of each number exp(number - largest); their sum.
double exponentials_sum(std::span<float> row, float largest) {
  constexpr size_t kTogether = 1024;
  double sum = 0;
  for (size_t first = 0; first < row.size(); first += kTogether) {
    const std::span<float> part = row.subspan(first, std::min(kTogether, row.size() - first));
    exponentials(part.data(), largest, part.data(), static_cast<int64_t>(part.size()));
    float lanes[kLanes] = {};
    size_t i = 0;
    for (; i + kLanes <= part.size(); i += kLanes)
      for (size_t k = 0; k < kLanes; ++k) lanes[k] += part[i + k];
    for (size_t k = 0; i + k < part.size(); ++k) lanes[k] += part[i + k];
    for (const float lane : lanes) sum += double{lane};
  }
  return sum;
}

// Of rows first .. first + count.
template <class Visit>
void for_row_blocks(size_t rows, Visit visit) {
  for (size_t first = 0; first < rows; first += kRowsTogether) visit(first, std::min(kRowsTogether, rows - first));
}

}  // namespace

double cross_entropy(std::span<float> logits, std::span<const int32_t> targets, size_t names, float scale) {
  double total = 0;
  for (size_t row = 0; row < targets.size(); ++row) {
    float* of_row = logits.data() + row * names;
    const auto target = static_cast<size_t>(targets[row]);
    const float largest = largest_logit({of_row, names}), chosen = of_row[target];
    const double sum = exponentials_sum({of_row, names}, largest);
    total += std::log(sum) + largest - chosen;
    const auto factor = static_cast<float>(scale / sum);
    for (size_t i = 0; i < names; ++i) of_row[i] *= factor;
    of_row[target] -= scale;
  }
  return total;
}

double decoder_loss(const RecurrentNetwork& network, const PackedDecoder& decoder, std::span<const float> outputs,
                    std::span<const int32_t> targets, float scale, std::span<float> output_gradients,
                    RecurrentNetwork& gradients, std::vector<float>& logits) {
  const size_t names = network.decoder_biases.size(), last = static_cast<size_t>(network.decoder_inputs());
  std::vector<float>& of_weights = network.decoder.empty() ? gradients.embedding : gradients.decoder;
  double total = 0;
  for_row_blocks(targets.size(), [&](size_t first, size_t count) {
    logits.resize(count * names);
    const float* block = outputs.data() + first * last;
    decoder.forward.multiply(block, static_cast<int64_t>(count), logits.data());
    total += cross_entropy(logits, targets.subspan(first, count), names, scale);
    decoder.back.multiply(logits.data(), static_cast<int64_t>(count), output_gradients.data() + first * last);
    add_outer_products(logits.data(), block, static_cast<int64_t>(count), static_cast<int>(names),
                       static_cast<int>(last), of_weights);
    for (size_t row = 0; row < count; ++row)
      for (size_t i = 0; i < names; ++i) gradients.decoder_biases[i] += logits[row * names + i];
  });
  return total;
}

double decoder_loss(const RecurrentNetwork& network, const PackedDecoder& decoder, std::span<const float> outputs,
                    std::span<const int32_t> targets, std::vector<float>& logits) {
  const size_t names = network.decoder_biases.size(), last = static_cast<size_t>(network.decoder_inputs());
  double total = 0;
  for_row_blocks(targets.size(), [&](size_t first, size_t count) {
    logits.resize(count * names);
    decoder.forward.multiply(outputs.data() + first * last, static_cast<int64_t>(count), logits.data());
    total += cross_entropy(logits, targets.subspan(first, count), names, 1.0F);
  });
  return total;
}

}  // namespace flashcell::quant
