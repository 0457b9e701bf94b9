#include "quant_models/cim/number_sample.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant::cim {

void NumberSample::add(std::span<const float> numbers) {
  for (const float x : numbers) {
    if (seen_++ % every_ != 0) continue;
    numbers_.push_back(x);
    if (numbers_.size() < kMost) continue;
    for (size_t i = 0; i < numbers_.size() / 2; ++i) numbers_[i] = numbers_[2 * i];
    numbers_.resize(numbers_.size() / 2);
    every_ *= 2;
  }
}

double NumberSample::percentile(double percent) const {
  if (numbers_.empty()) return 0;
  std::vector<float> sorted = numbers_;
  const size_t at = percentile_place(percent, sorted.size());
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(at), sorted.end());
  return sorted[at];
}

double NumberSample::share_beyond(double low, double high) const {
  const auto all = numbers_.size() - static_cast<size_t>(std::count(numbers_.begin(), numbers_.end(), 0.0F));
  const auto beyond =
      std::count_if(numbers_.begin(), numbers_.end(), [&](float x) { return x != 0 && (x < low || x > high); });
  return all == 0 ? 0 : static_cast<double>(beyond) / static_cast<double>(all);
}

std::vector<float> NumberSample::sorted() const {
  std::vector<float> sorted = numbers_;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

size_t percentile_place(double percent, size_t count) {
  return static_cast<size_t>(std::nearbyint(std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count - 1)));
}

}  // namespace flashcell::quant::cim
