#include "quant_models/quantize/input_quantization.hpp"

#include <algorithm>
#include <vector>

#include "quant_models/calibrate/calibrator.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {

Quantization input_quantization(const Preprocessing& p) {
  bool alike = p.mean[0] >= 0 && p.mean[0] <= 255;
  std::vector<float> reach = {0};
  for (size_t c = 0; c < static_cast<size_t>(p.count()); ++c) {
    alike = alike && p.mean[c] == p.mean[0] && p.factor[c] == p.factor[0];
    reach.push_back((0 - p.mean[c]) * p.factor[c]);
    reach.push_back((255 - p.mean[c]) * p.factor[c]);
  }
  if (alike) {
    Quantization q = unsigned_quantization(8, p.factor[0]);
    q.zero_point = {static_cast<int32_t>(round_half_up(p.mean[0]))};
    return q;
  }
  CalibratorOptions options;
  options.symmetry = Symmetry::asymmetric;
  return calibrate(statistics_of(reach), options);
}

}  // namespace flashcell::quant
