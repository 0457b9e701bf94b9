#include "quant_models/recurrent/cross_entropy.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/layers/vector_functions.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kRowsTogether = 256;

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
    const float largest = *std::max_element(of_row, of_row + names), chosen = of_row[target];
    exponentials(of_row, largest, of_row, static_cast<int64_t>(names));
    double sum = 0;
    for (size_t i = 0; i < names; ++i) sum += of_row[i];
    total += std::log(sum) + largest - chosen;
    const auto factor = static_cast<float>(scale / sum);
    for (size_t i = 0; i < names; ++i) of_row[i] *= factor;
    of_row[target] -= scale;
  }
  return total;
}

double decoder_loss(const RecurrentNetwork& network, const PackedDecoder& decoder, std::span<const float> outputs,
                    std::span<const int32_t> targets, float scale, std::span<float> output_gradients,
                    RecurrentNetwork& gradients, std::vector<float>& logits, PassBuffers<float>& buffers) {
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
                       static_cast<int>(last), of_weights, buffers);
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
