// Products of matrices among activations: the second one is packed as weights are, and a convolution does the rest.
#include <algorithm>
#include <cmath>

#include "base/aligned_vector.hpp"
#include "host/inference/engine/step.hpp"

#include "host/inference/engine/tensor_range.hpp"

namespace flashcell::host::inference {
namespace {

using namespace contract;

/// Whether the values of a tensor follow each other without gaps, and rows of bytes can be read or written.
bool is_dense(const Map& map, const TensorDescriptor& tensor) {
  return !map.bordered && map.channels == tensor.channels * bytes_per_value(tensor.type);
}

/// Room for the packed matrix, and what the convolution reads of it.
struct PackedProduct {
  LayerDescriptor layer = {};
  Map first = {}, second = {}, out = {};
  int first_zero = 0, second_zero = 0, out_bytes = 1;  ///< zero points as stored
  WeightedLayer weighted = {};
  AlignedVector<int16_t> weights;  ///< of 8 or 16 bits
  AlignedVector<int32_t> bias;
  AlignedVector<double> scale;
  std::vector<Requantization> exact;
  AlignedVector<float> float_scale;
};

/// Whether floats give the exact result for every sum; see WeightedLayer. 24 bits of the multiplier are enough for
/// that.
bool floats_are_exact(Requantization scale, double largest_sum) {
  constexpr double kExactIntegers = 1 << 24;
  const double factor = std::ldexp(static_cast<double>(scale.multiplier), -scale.shift);
  const bool short_multiplier = static_cast<double>(static_cast<float>(scale.multiplier)) == scale.multiplier;
  return short_multiplier && largest_sum < kExactIntegers && std::abs(largest_sum * factor) < 0x1p30;
}

ptrdiff_t place(const Strides& strides, int outer, int inner) {
  return static_cast<ptrdiff_t>(strides.first) + ptrdiff_t{outer} * strides.outer + ptrdiff_t{inner} * strides.inner;
}

/// Rows by columns of the output at one place.
void multiply(const Kernels& kernels, PackedProduct& product, int item, int outer, int inner, uint16_t* wide) {
  const LayerDescriptor& layer = product.layer;
  const Matrix matrix = {
      product.second.first + item * product.second.item_bytes + place(layer.second_strides, outer, inner),
      layer.second_strides.row,
      layer.second_strides.column,
      layer.depth,
      layer.columns,
      product.second_zero};
  kernels.pack_matrix(matrix, product.weights.data(), product.bias.data());
  // The first factor's zero point leaves with the columns' sums.
  for (int32_t& sum : product.bias)
    sum = static_cast<int32_t>(0u - static_cast<uint32_t>(product.first_zero) * static_cast<uint32_t>(sum));
  Map in = product.first, out = product.out;
  in.first += item * in.item_bytes + place(layer.first_strides, outer, inner);
  out.first += item * out.item_bytes + place(layer.output_strides, outer, inner) * product.out_bytes;
  in.height = out.height = 1;
  in.width = out.width = layer.rows;
  in.channels = static_cast<int>(layer.first_strides.row);
  out.channels = static_cast<int>(layer.output_strides.row) * product.out_bytes;
  kernels.convolution(product.weighted, in, out, 1, wide);
}

}  // namespace

StepWork make_product_work(const quant::PackedModel& model, const LayerDescriptor& layer, const Kernels& kernels,
                           const Step& step) {
  const TensorDescriptor &a = quant::input_tensor(model, layer, 0), &b = quant::input_tensor(model, layer, 1);
  const TensorDescriptor& y = quant::output_tensor(model, layer);
  const int least = lowest(b.type, b.bits) - b.zero_point, most = highest(b.type, b.bits) - b.zero_point;
  const bool fits = kernels.wide || (least >= INT8_MIN && most <= INT8_MAX);
  if (bytes_per_value(a.type) != 1 || bytes_per_value(b.type) != 1 || !fits) return {};
  if (layer.first_strides.column != 1 || layer.output_strides.column != 1) return {};
  if (!is_dense(step.in[0], a) || !is_dense(step.in[1], b) || !is_dense(step.out, y)) return {};
  auto product = std::make_shared<PackedProduct>();
  product->layer = layer;
  product->first = step.in[0], product->second = step.in[1], product->out = step.out;
  product->first_zero = a.zero_point + stored_offset(a), product->second_zero = b.zero_point + stored_offset(b);
  product->out_bytes = bytes_per_value(y.type);
  const int columns = whole(layer.columns, kBlock) * kBlock, groups = whole(layer.depth, kernels.group);
  product->weights.resize(static_cast<size_t>(columns) * static_cast<size_t>(groups * kernels.group));
  product->bias.resize(static_cast<size_t>(columns));
  const Requantization scale = quant::layer_input(model, layer).scale;
  product->exact.assign(static_cast<size_t>(columns), scale);
  product->scale.assign(static_cast<size_t>(columns), std::ldexp(static_cast<double>(scale.multiplier), -scale.shift));
  product->float_scale.assign(static_cast<size_t>(columns), static_cast<float>(product->scale.front()));
  const int zero = y.zero_point + stored_offset(y);
  WeightedLayer& weighted = product->weighted;
  weighted.kernel_height = weighted.kernel_width = weighted.runs = 1;
  weighted.stride_rows = weighted.stride_columns = weighted.dilation_rows = weighted.dilation_columns = 1;
  weighted.channels = layer.columns;
  weighted.row_values = layer.depth;
  weighted.groups = groups;
  weighted.weights = product->weights.data();
  weighted.bias = product->bias.data();
  weighted.exact = product->exact.data();
  weighted.exact_scale = product->scale.data();
  weighted.scale = product->float_scale.data();
  weighted.fast = floats_are_exact(scale, layer.depth * largest_distance(a) * largest_distance(b));
  weighted.offset = static_cast<float>(zero) + 0.5F;
  weighted.stored_offset = zero;
  weighted.low = layer.clamp_low + stored_offset(y);
  weighted.high = layer.clamp_high + stored_offset(y);
  weighted.words = product->out_bytes == 2;
  const Kernels* set = &kernels;
  return [=](int items, uint16_t* wide) {
    for (int item = 0; item < items; ++item)
      for (int outer = 0; outer < product->layer.outer; ++outer)
        for (int inner = 0; inner < product->layer.inner; ++inner) multiply(*set, *product, item, outer, inner, wide);
  };
}

}  // namespace flashcell::host::inference
