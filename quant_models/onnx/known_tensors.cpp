#include "quant_models/onnx/known_tensors.hpp"

#include <algorithm>

#include "quant_models/model_error.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant::onnx {
int64_t known_count(const Shape& dims) {
  if (dims.size() > kMaxRank) throw ModelError("it makes more than " + std::to_string(kMaxRank) + " dimensions");
  int64_t count = 1;
  for (const int64_t extent : dims) {
    if (extent < 0) throw ModelError("it makes a dimension of " + std::to_string(extent));
    if (extent > 0 && count > kMaxElements / extent)
      throw ModelError("it makes more than " + std::to_string(kMaxElements) + " numbers");
    count *= extent;
  }
  return count;
}

Shape known_broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1)
      throw ModelError("its inputs " + to_string(a) + " and " + to_string(b) + " do not fit together");
    out[out.size() - 1 - i] = x == 1 ? y : x;
  }
  return out;
}

Known pick(const Known& from, Shape dims, const std::vector<int64_t>& places) {
  Known result;
  result.data_type = from.data_type;
  result.dims = std::move(dims);
  if (from.quantization && !from.quantization->per_channel()) result.quantization = from.quantization;
  const auto choose = [&](const auto& numbers, auto& chosen) {
    chosen.reserve(places.size());
    for (const int64_t place : places) chosen.push_back(numbers[static_cast<size_t>(place)]);
  };
  from.integer() ? choose(from.integers, result.integers) : choose(from.reals, result.reals);
  return result;
}

std::vector<int64_t> walk(const Shape& out, int64_t first, const std::vector<int64_t>& steps) {
  std::vector<int64_t> places(static_cast<size_t>(known_count(out)));
  Shape index(out.size(), 0);
  int64_t at = first;
  for (int64_t& place : places) {
    place = at;
    for (size_t d = out.size(); d-- > 0;) {
      at += steps[d];
      if (++index[d] < out[d]) break;
      at -= steps[d] * out[d];
      index[d] = 0;
    }
  }
  return places;
}

Known stretched(const Known& from, const Shape& dims) {
  if (from.dims == dims) return from;
  std::vector<int64_t> steps(dims.size(), 0);
  const std::vector<int64_t> own = strides_of(from.dims);
  for (size_t i = 0; i < own.size(); ++i)
    if (from.dims[i] != 1) steps[dims.size() - own.size() + i] = own[i];
  return pick(from, dims, walk(dims, 0, steps));
}

Known reshaped(const Known& from, Shape dims) {
  Known result = from;
  result.dims = std::move(dims);
  if (result.quantization && result.quantization->per_channel()) result.quantization.reset();
  return result;
}

Known known_integers(std::vector<int64_t> integers) {
  Known known;
  known.data_type = kInt64;
  known.dims = {static_cast<int64_t>(integers.size())};
  known.integers = std::move(integers);
  return known;
}

}  // namespace flashcell::quant::onnx
