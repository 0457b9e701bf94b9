#include "quant_models/layers/pairwise.hpp"

namespace flashcell::quant {

std::vector<int64_t> stretched_strides(const Shape& in, const Shape& out) {
  std::vector<int64_t> strides(out.size(), 0);
  const std::vector<int64_t> own = strides_of(in);
  for (size_t i = 0; i < in.size(); ++i)
    if (in[i] > 1) strides[out.size() - in.size() + i] = own[i];
  return strides;
}

}  // namespace flashcell::quant
