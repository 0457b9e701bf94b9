#include "quant_models/fusion/paired_resampling.hpp"

#include <stdexcept>

#include "quant_models/random.hpp"

namespace flashcell::quant {

double share_at_least(const std::vector<DetectedPicture>& first, const std::vector<DetectedPicture>& second,
                      int classes, int resamples, uint64_t seed) {
  if (first.size() != second.size() || first.empty() || resamples < 1)
    throw std::invalid_argument("paired resampling: needs the same pictures of both, and some");
  int held = 0;
  for (int i = 0; i < resamples; ++i) {
    Random random(seed, {static_cast<uint64_t>(i)});
    std::vector<DetectedPicture> a, b;
    for (size_t k = 0; k < first.size(); ++k) {
      const size_t picture = random.below(first.size());
      a.push_back(first[picture]);
      b.push_back(second[picture]);
    }
    held += average_precision(a, classes).mean >= average_precision(b, classes).mean;
  }
  return static_cast<double>(held) / resamples;
}

}  // namespace flashcell::quant
