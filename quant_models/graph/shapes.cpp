#include "quant_models/graph/shapes.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr int kMaxExtent = 1 << 20;  // of a kernel, stride or padding

void require(bool good, const std::string& what) {
  if (!good) throw ModelError(what);
}

void require_tensor(const Tensor& tensor, const char* name) {
  require(element_count(tensor.shape) == static_cast<int64_t>(tensor.values.size()),
          std::string("its ") + name + " does not hold as many numbers as its shape says");
  require(std::all_of(tensor.values.begin(), tensor.values.end(), [](float x) { return std::isfinite(x); }),
          std::string("its ") + name + " holds a number that is not finite (NaN or infinity)");
}

void require_vector(const Tensor& tensor, int64_t length, const char* name) {
  require(tensor.shape == Shape{length}, std::string("its ") + name + " has shape " + to_string(tensor.shape) +
                                             ", expected " + std::to_string(length));
  require_tensor(tensor, name);
}

void require_quantization(const std::optional<Quantization>& quantization, int64_t channels) {
  if (!quantization) return;
  const std::string fault = find_fault(*quantization, channels);
  require(fault.empty() && quantization->axis == 0, "the quantization of its weights: " + fault);
}

void require_image(const Shape& x) {
  require(x.size() == 4, "its input has shape " + to_string(x) + ", expected N x C x H x W");
}

void require_range(int64_t value, int64_t low, const char* name) {
  require(value >= low && value <= kMaxExtent, std::string("its ") + name + " " + std::to_string(value) +
                                                   " is outside " + std::to_string(low) + ".." +
                                                   std::to_string(kMaxExtent));
}

int64_t windows(int64_t extent, int64_t before, int64_t after, int64_t kernel, int64_t stride) {
  require_range(kernel, 1, "kernel");
  require_range(stride, 1, "stride");
  require_range(before, 0, "padding");
  require_range(after, 0, "padding");
  const int64_t room = extent + before + after - kernel;
  require(room >= 0, "its kernel of " + std::to_string(kernel) + " is larger than the padded input of " +
                         std::to_string(extent + before + after));
  return room / stride + 1;
}

Shape image_shape(const Shape& x, int64_t channels, int64_t rows, int64_t columns, const Stride& stride,
                  const Padding& padding) {
  return {x[0], channels, windows(x[2], padding.top, padding.bottom, rows, stride.rows),
          windows(x[3], padding.left, padding.right, columns, stride.columns)};
}

Shape shape_of(const Input& layer, std::span<const Shape>) {
  return layer.shape;
}

Shape shape_of(const Constant& layer, std::span<const Shape>) {
  require_tensor(layer.value, "value");
  return layer.value.shape;
}

Shape shape_of(const Convolution& layer, std::span<const Shape> in) {
  require_image(in[0]);
  const Shape& w = layer.weight.shape;
  require(w.size() == 4, "its weight has shape " + to_string(w) + ", expected O x I/groups x rows x columns");
  require_tensor(layer.weight, "weight");
  if (!layer.bias.empty()) require_vector(layer.bias, w[0], "bias");
  require(layer.groups >= 1 && w[0] % layer.groups == 0 && in[0][1] == w[1] * layer.groups,
          "its weight " + to_string(w) + " in " + std::to_string(layer.groups) + " groups does not fit an input of " +
              std::to_string(in[0][1]) + " channels");
  require_quantization(layer.weight_quantization, w[0]);
  return image_shape(in[0], w[0], w[2], w[3], layer.stride, layer.padding);
}

Shape shape_of(const FullyConnected& layer, std::span<const Shape> in) {
  const Shape& w = layer.weight.shape;
  require(w.size() == 2, "its weight has shape " + to_string(w) + ", expected O x I");
  require_tensor(layer.weight, "weight");
  if (!layer.bias.empty()) require_vector(layer.bias, w[0], "bias");
  require(!in[0].empty() && in[0].back() == w[1],
          "its weight " + to_string(w) + " does not fit an input of shape " + to_string(in[0]));
  require_quantization(layer.weight_quantization, w[0]);
  Shape out = in[0];
  out.back() = w[0];
  return out;
}

Shape shape_of(const BatchNormalization& layer, std::span<const Shape> in) {
  require(in[0].size() >= 2, "its input has shape " + to_string(in[0]) + ", expected N x C x ...");
  require_vector(layer.scale, in[0][1], "scale");
  require_vector(layer.bias, in[0][1], "bias");
  require_vector(layer.mean, in[0][1], "mean");
  require_vector(layer.variance, in[0][1], "variance");
  for (const float v : layer.variance.values)
    require(v + layer.epsilon > 0 && std::isfinite(v + layer.epsilon), "its variance plus epsilon is not above 0");
  return in[0];
}

Shape shape_of(const Activation& layer, std::span<const Shape> in) {
  require(!std::isnan(layer.low) && !std::isnan(layer.high) && layer.low <= layer.high, "its clip range is empty");
  require(std::isfinite(layer.slope) && std::isfinite(layer.offset), "its slope is not finite");
  return in[0];
}

Shape shape_of(const Softmax& layer, std::span<const Shape> in) {
  resolve_axis(layer.axis, in[0].size());
  return in[0];
}

Shape shape_of(const Pool& layer, std::span<const Shape> in) {
  require_image(in[0]);
  const Padding& p = layer.padding;
  const Shape out = image_shape(in[0], in[0][1], layer.kernel[0], layer.kernel[1], layer.stride, p);
  require(std::max(p.top, p.bottom) < layer.kernel[0] && std::max(p.left, p.right) < layer.kernel[1],
          "its padding is as large as its kernel: a window would lie outside the image");
  return out;
}

Shape shape_of(const GlobalPool&, std::span<const Shape> in) {
  require_image(in[0]);
  return {in[0][0], in[0][1], 1, 1};
}

Shape shape_of(const Add&, std::span<const Shape> in) {
  return broadcast(in[0], in[1]);
}

Shape shape_of(const Multiply&, std::span<const Shape> in) {
  return broadcast(in[0], in[1]);
}

Shape shape_of(const Concat& layer, std::span<const Shape> in) {
  const auto axis = static_cast<size_t>(resolve_axis(layer.axis, in[0].size()));
  Shape out = in[0];
  for (const Shape& next : in.subspan(1)) {
    Shape rest = next;
    require(rest.size() == out.size(), "its inputs have different numbers of dimensions");
    const int64_t extent = rest[axis];
    rest[axis] = out[axis];
    require(rest == out,
            "its inputs " + to_string(in[0]) + " and " + to_string(next) + " differ in more than the joined dimension");
    out[axis] += extent;
    element_count(out);
  }
  return out;
}

Shape shape_of(const Slice& layer, std::span<const Shape> in) {
  const auto axis = static_cast<size_t>(resolve_axis(layer.axis, in[0].size()));
  require(layer.step >= 1 && layer.begin >= 0 && layer.begin < layer.end && layer.end <= in[0][axis],
          "it takes " + std::to_string(layer.begin) + ".." + std::to_string(layer.end) + " of a dimension of " +
              std::to_string(in[0][axis]));
  Shape out = in[0];
  out[axis] = (layer.end - layer.begin - 1) / layer.step + 1;
  return out;
}

Shape shape_of(const Pad& layer, std::span<const Shape> in) {
  require(layer.before.size() == in[0].size() && layer.after.size() == in[0].size(),
          "it needs a border for each dimension of its input " + to_string(in[0]));
  require(std::isfinite(layer.value), "its value is not finite");
  Shape out = in[0];
  for (size_t i = 0; i < out.size(); ++i) {
    require_range(layer.before[i], 0, "border");
    require_range(layer.after[i], 0, "border");
    out[i] += layer.before[i] + layer.after[i];
  }
  return out;
}

Shape shape_of(const ResizeNearest& layer, std::span<const Shape> in) {
  require_image(in[0]);
  require_range(layer.rows, 1, "factor");
  require_range(layer.columns, 1, "factor");
  return {in[0][0], in[0][1], in[0][2] * layer.rows, in[0][3] * layer.columns};
}

Shape shape_of(const Reshape& layer, std::span<const Shape> in) {
  const int64_t count = element_count(in[0]);
  require(layer.target.size() <= kMaxRank, "its target has too many dimensions");
  Shape out = layer.target;
  size_t open = out.size();
  int64_t known = 1;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 0) {
      require(i < in[0].size(), "its target keeps a dimension that its input " + to_string(in[0]) + " lacks");
      out[i] = in[0][i];
    }
    if (out[i] == -1) {
      require(open == out.size(), "its target leaves more than one extent open");
      open = i;
      continue;
    }
    require(out[i] >= 1 && out[i] <= count / known,
            "its input " + to_string(in[0]) + " does not fit the target " + to_string(layer.target));
    known *= out[i];
  }
  if (open < out.size()) out[open] = count / known;
  require(element_count(out) == count,
          "its input " + to_string(in[0]) + " does not fit the target " + to_string(layer.target));
  return out;
}

Shape shape_of(const Transpose& layer, std::span<const Shape> in) {
  std::vector<int> sorted = layer.order;
  std::sort(sorted.begin(), sorted.end());
  require(sorted.size() == in[0].size(), "its order does not have one entry for each dimension");
  Shape out;
  for (size_t i = 0; i < sorted.size(); ++i) {
    require(sorted[i] == static_cast<int>(i), "its order is not a permutation");
  }
  for (const int from : layer.order) out.push_back(in[0][static_cast<size_t>(from)]);
  return out;
}

void require_inputs(const Layer& layer, size_t given) {
  size_t least = 1, most = 1;
  if (std::holds_alternative<Input>(layer) || std::holds_alternative<Constant>(layer)) least = most = 0;
  if (std::holds_alternative<Add>(layer) || std::holds_alternative<Multiply>(layer)) least = most = 2;
  if (std::holds_alternative<Concat>(layer)) most = 4096;
  require(given >= least && given <= most, "it has " + std::to_string(given) + " inputs, expected " +
                                               std::to_string(least) + (most > least ? " or more" : ""));
}

}  // namespace

int resolve_axis(int axis, size_t rank) {
  const int dimensions = static_cast<int>(rank);
  require(axis >= -dimensions && axis < dimensions,
          "its axis " + std::to_string(axis) + " does not exist in " + std::to_string(dimensions) + " dimensions");
  return axis < 0 ? axis + dimensions : axis;
}

Shape broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    require(x == y || x == 1 || y == 1, "its inputs " + to_string(a) + " and " + to_string(b) + " do not fit together");
    out[out.size() - 1 - i] = std::max(x, y);
  }
  return out;
}

Shape infer_shape(const Layer& layer, std::span<const Shape> inputs) {
  require_inputs(layer, inputs.size());
  const Shape shape = std::visit([&](const auto& l) { return shape_of(l, inputs); }, layer);
  element_count(shape);
  return shape;
}

}  // namespace flashcell::quant
