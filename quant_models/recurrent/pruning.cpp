#include "quant_models/recurrent/pruning.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant {

double cubic_share(int64_t step, int64_t begin, int64_t end, double final_share) {
  if (step < begin) return 0;
  if (step >= end) return final_share;
  const double rest = 1 - static_cast<double>(step - begin) / static_cast<double>(end - begin);
  return final_share * (1 - rest * rest * rest);
}

void prune_smallest(std::vector<float>& weights, double share) {
  const auto count = static_cast<size_t>(std::floor(share * static_cast<double>(weights.size())));
  if (count == 0) return;
  std::vector<float> sizes(weights.size());
  std::transform(weights.begin(), weights.end(), sizes.begin(), [](float w) { return std::abs(w); });
  std::nth_element(sizes.begin(), sizes.begin() + static_cast<int64_t>(count) - 1, sizes.end());
  const float largest_pruned = sizes[count - 1];
  size_t below = 0;
  for (const float w : weights) below += std::abs(w) < largest_pruned ? 1 : 0;
  size_t equal_left = count - below;
  for (float& w : weights) {
    const bool equal = std::abs(w) == largest_pruned && equal_left > 0;
    if (equal) --equal_left;
    if (equal || std::abs(w) < largest_pruned) w = 0;
  }
}

void prune_layers(RecurrentNetwork& network, double share) {
  for (RecurrentLayer<float>& layer : network.layers) {
    prune_smallest(layer.input_weights, share);
    prune_smallest(layer.recurrent_weights, share);
  }
}

double zero_share(const RecurrentNetwork& network) {
  int64_t zeros = 0, all = 0;
  for (const RecurrentLayer<float>& layer : network.layers) {
    for (const auto* weights : {&layer.input_weights, &layer.recurrent_weights}) {
      zeros += std::count(weights->begin(), weights->end(), 0.0F);
      all += static_cast<int64_t>(weights->size());
    }
  }
  return all == 0 ? 0 : static_cast<double>(zeros) / static_cast<double>(all);
}

}  // namespace flashcell::quant
