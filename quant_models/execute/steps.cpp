#include "quant_models/execute/steps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "quant_models/graph/shapes.hpp"

namespace flashcell::quant {
namespace {

using Inputs = std::span<const float* const>;

// A shape seen from one dimension: outer x extent x inner.
struct AxisView {
  int64_t outer = 1, extent = 1, inner = 1;

  AxisView(const Shape& shape, size_t axis) : extent(shape[axis]) {
    for (size_t i = 0; i < axis; ++i) outer *= shape[i];
    for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  }
};

// Distance in memory between neighbours along each dimension.
std::vector<int64_t> strides_of(const Shape& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

// Calls visit(out index, offset) for every index of `shape` in order, offset = sum of index * stride.
template <class Visit>
void for_each_offset(const Shape& shape, const std::vector<int64_t>& strides, Visit visit) {
  const int64_t count = element_count(shape);
  std::array<int64_t, kMaxRank> index{};
  int64_t offset = 0;
  for (int64_t i = 0; i < count; ++i) {
    visit(i, offset);
    for (size_t dimension = shape.size(); dimension-- > 0;) {
      offset += strides[dimension];
      if (++index[dimension] < shape[dimension]) break;
      offset -= strides[dimension] * shape[dimension];
      index[dimension] = 0;
    }
  }
}

template <class Function>
Step each_number(int64_t count, Function function) {
  return [=](Inputs in, float* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = function(in[0][i]);
  };
}

float sigmoid(float x) {
  return 1 / (1 + std::exp(-x));
}

Step step_of(const Activation& a, const Shape& out, std::span<const Shape>) {
  const int64_t count = element_count(out);
  switch (a.kind) {
    case ActivationKind::relu:
      return each_number(count, [](float x) { return x > 0 ? x : 0.0F; });
    case ActivationKind::clip:
      return each_number(count, [low = a.low, high = a.high](float x) { return std::min(std::max(x, low), high); });
    case ActivationKind::leaky_relu:
      return each_number(count, [slope = a.slope](float x) { return x < 0 ? slope * x : x; });
    case ActivationKind::sigmoid:
      return each_number(count, sigmoid);
    case ActivationKind::swish:
      return each_number(count, [](float x) { return x * sigmoid(x); });
    case ActivationKind::tanh:
      return each_number(count, [](float x) { return std::tanh(x); });
    case ActivationKind::hard_sigmoid:
      return each_number(count, [slope = a.slope, offset = a.offset](float x) {
        return std::min(std::max(slope * x + offset, 0.0F), 1.0F);
      });
    case ActivationKind::hard_swish:
      return each_number(count, [](float x) { return x * std::min(std::max(x / 6 + 0.5F, 0.0F), 1.0F); });
  }
  throw std::invalid_argument("executor: unknown activation");
}

Step step_of(const BatchNormalization& norm, const Shape& out, std::span<const Shape>) {
  const AxisView view(out, 1);
  std::vector<float> factor, offset;
  for (size_t c = 0; c < norm.scale.values.size(); ++c) {
    factor.push_back(norm.scale.values[c] / std::sqrt(norm.variance.values[c] + norm.epsilon));
    offset.push_back(norm.bias.values[c] - factor[c] * norm.mean.values[c]);
  }
  return [=](Inputs in, float* target) {
    int64_t i = 0;
    for (int64_t outer = 0; outer < view.outer; ++outer)
      for (size_t c = 0; c < factor.size(); ++c)
        for (const int64_t end = i + view.inner; i < end; ++i) target[i] = factor[c] * in[0][i] + offset[c];
  };
}

Step step_of(const Softmax& layer, const Shape& out, std::span<const Shape>) {
  const AxisView view(out, static_cast<size_t>(resolve_axis(layer.axis, out.size())));
  return [=](Inputs in, float* target) {
    for (int64_t line = 0; line < view.outer * view.inner; ++line) {
      const int64_t first = line / view.inner * view.extent * view.inner + line % view.inner;
      float most = in[0][first], sum = 0;
      for (int64_t i = 1; i < view.extent; ++i) most = std::max(most, in[0][first + i * view.inner]);
      for (int64_t i = 0; i < view.extent; ++i) {
        const float e = std::exp(in[0][first + i * view.inner] - most);
        target[first + i * view.inner] = e;
        sum += e;
      }
      for (int64_t i = 0; i < view.extent; ++i) target[first + i * view.inner] /= sum;
    }
  };
}

// One window of a pool: rows y0..y1-1, columns x0..x1-1 of a plane of the image.
float pool_window(PoolKind kind, const float* plane, int64_t columns, int64_t y0, int64_t y1, int64_t x0, int64_t x1,
                  int64_t count) {
  float result = kind == PoolKind::max ? -std::numeric_limits<float>::infinity() : 0;
  for (int64_t y = y0; y < y1; ++y) {
    for (int64_t x = x0; x < x1; ++x) {
      const float number = plane[y * columns + x];
      result = kind == PoolKind::max ? std::max(result, number) : result + number;
    }
  }
  return kind == PoolKind::max ? result : result / static_cast<float>(count);
}

Step step_of(const Pool& pool, const Shape& out, std::span<const Shape> inputs) {
  const Shape in_shape = inputs[0], out_shape = out;
  return [=](Inputs in, float* target) {
    const int64_t rows = in_shape[2], columns = in_shape[3];
    const float* plane = in[0];
    for (int64_t p = 0; p < in_shape[0] * in_shape[1]; ++p, plane += rows * columns) {
      for (int64_t y = 0; y < out_shape[2]; ++y) {
        const int64_t top = y * pool.stride.rows - pool.padding.top;
        const int64_t y0 = std::max<int64_t>(top, 0), y1 = std::min(top + pool.kernel[0], rows);
        for (int64_t x = 0; x < out_shape[3]; ++x) {
          const int64_t left = x * pool.stride.columns - pool.padding.left;
          const int64_t x0 = std::max<int64_t>(left, 0), x1 = std::min(left + pool.kernel[1], columns);
          const int64_t count = pool.count_padding ? int64_t{pool.kernel[0]} * pool.kernel[1] : (y1 - y0) * (x1 - x0);
          *target++ = pool_window(pool.kind, plane, columns, y0, y1, x0, x1, count);
        }
      }
    }
  };
}

Step step_of(const GlobalPool& pool, const Shape&, std::span<const Shape> inputs) {
  const int64_t planes = inputs[0][0] * inputs[0][1], rows = inputs[0][2], columns = inputs[0][3];
  return [=](Inputs in, float* out) {
    for (int64_t p = 0; p < planes; ++p)
      out[p] = pool_window(pool.kind, in[0] + p * rows * columns, columns, 0, rows, 0, columns, rows * columns);
  };
}

// Memory strides of a value that is stretched to `out`: 0 along stretched dimensions.
std::vector<int64_t> stretched_strides(const Shape& in, const Shape& out) {
  std::vector<int64_t> strides(out.size(), 0);
  const std::vector<int64_t> own = strides_of(in);
  for (size_t i = 0; i < in.size(); ++i)
    if (in[i] > 1) strides[out.size() - in.size() + i] = own[i];
  return strides;
}

template <class Operation>
Step combine(const Shape& out, std::span<const Shape> inputs, Operation operation) {
  const int64_t count = element_count(out);
  if (inputs[0] == out && inputs[1] == out) {
    return [=](Inputs in, float* target) {
      for (int64_t i = 0; i < count; ++i) target[i] = operation(in[0][i], in[1][i]);
    };
  }
  const std::vector<int64_t> first = stretched_strides(inputs[0], out), second = stretched_strides(inputs[1], out);
  return [=](Inputs in, float* target) {
    for_each_offset(out, first, [&](int64_t i, int64_t offset) { target[i] = in[0][offset]; });
    for_each_offset(out, second, [&](int64_t i, int64_t offset) { target[i] = operation(target[i], in[1][offset]); });
  };
}

Step step_of(const Add&, const Shape& out, std::span<const Shape> inputs) {
  return combine(out, inputs, [](float a, float b) { return a + b; });
}

Step step_of(const Multiply&, const Shape& out, std::span<const Shape> inputs) {
  return combine(out, inputs, [](float a, float b) { return a * b; });
}

Step step_of(const Concat& layer, const Shape& out, std::span<const Shape> inputs) {
  const auto axis = static_cast<size_t>(resolve_axis(layer.axis, out.size()));
  const int64_t outer = AxisView(out, axis).outer;
  std::vector<int64_t> lengths;  // of one input's part in each outer index
  for (const Shape& shape : inputs) lengths.push_back(element_count(shape) / outer);
  return [=](Inputs in, float* target) {
    for (int64_t o = 0; o < outer; ++o)
      for (size_t i = 0; i < lengths.size(); ++i) target = std::copy_n(in[i] + o * lengths[i], lengths[i], target);
  };
}

Step step_of(const Slice& slice, const Shape&, std::span<const Shape> inputs) {
  const AxisView view(inputs[0], static_cast<size_t>(resolve_axis(slice.axis, inputs[0].size())));
  return [=](Inputs in, float* out) {
    for (int64_t o = 0; o < view.outer; ++o)
      for (int64_t i = slice.begin; i < slice.end; i += slice.step)
        out = std::copy_n(in[0] + (o * view.extent + i) * view.inner, view.inner, out);
  };
}

Step step_of(const Pad& pad, const Shape& out, std::span<const Shape> inputs) {
  const Shape in_shape = inputs[0], out_shape = out;
  const std::vector<int64_t> strides = strides_of(out);
  int64_t corner = 0;
  for (size_t i = 0; i < out.size(); ++i) corner += pad.before[i] * strides[i];
  return [=, value = pad.value](Inputs in, float* target) {
    std::fill_n(target, element_count(out_shape), value);
    for_each_offset(in_shape, strides, [&](int64_t i, int64_t offset) { target[corner + offset] = in[0][i]; });
  };
}

Step step_of(const ResizeNearest& resize, const Shape& out, std::span<const Shape> inputs) {
  const int64_t planes = out[0] * out[1], rows = out[2], columns = out[3], in_columns = inputs[0][3];
  return [=](Inputs in, float* target) {
    for (int64_t p = 0; p < planes; ++p)
      for (int64_t y = 0; y < rows; ++y) {
        const float* row = in[0] + (p * (rows / resize.rows) + y / resize.rows) * in_columns;
        for (int64_t x = 0; x < columns; ++x) *target++ = row[x / resize.columns];
      }
  };
}

Step step_of(const Transpose& transpose, const Shape& out, std::span<const Shape> inputs) {
  const std::vector<int64_t> own = strides_of(inputs[0]);
  std::vector<int64_t> strides;
  for (const int from : transpose.order) strides.push_back(own[static_cast<size_t>(from)]);
  return [=](Inputs in, float* target) {
    for_each_offset(out, strides, [&](int64_t i, int64_t offset) { target[i] = in[0][offset]; });
  };
}

Step step_of(const Reshape&, const Shape& out, std::span<const Shape>) {
  return [count = element_count(out)](Inputs in, float* target) { std::copy_n(in[0], count, target); };
}

Step step_of(const Convolution& layer, const Shape& out, std::span<const Shape> inputs) {
  return make_step(layer, inputs[0], out);
}

Step step_of(const FullyConnected& layer, const Shape&, std::span<const Shape> inputs) {
  return make_step(layer, inputs[0]);
}

Step step_of(const Input&, const Shape&, std::span<const Shape>) {
  return {};
}

Step step_of(const Constant&, const Shape&, std::span<const Shape>) {
  return {};
}

}  // namespace

Step make_step(const Node& node, std::span<const Shape> inputs) {
  return std::visit([&](const auto& layer) { return step_of(layer, node.shape, inputs); }, node.layer);
}

}  // namespace flashcell::quant
