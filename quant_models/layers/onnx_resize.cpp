#include "quant_models/layers/onnx_resize.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

/// How one dimension is resized.
struct Interpolation {
  int64_t in = 1, out = 1;
  double factor = 1;
  std::string coordinates, mode;
  double cubic = -0.75;
  bool leaves_out = false;  ///< weights of pixels outside the image count as 0, not as their nearest pixel
};

// Where in the input a pixel of the output lies: the operator's coordinate_transformation_mode.
double source_of(const Interpolation& r, int64_t i) {
  const auto at = static_cast<double>(i), out = static_cast<double>(r.out), in = static_cast<double>(r.in);
  if (r.coordinates == "half_pixel") return (at + 0.5) / r.factor - 0.5;
  if (r.coordinates == "pytorch_half_pixel") return r.out > 1 ? (at + 0.5) / r.factor - 0.5 : 0;
  if (r.coordinates == "align_corners") return r.out > 1 ? at * (in - 1) / (out - 1) : 0;
  if (r.coordinates == "asymmetric") return at / r.factor;
  throw ModelError("coordinates '" + r.coordinates + "' are not supported");
}

// The weight of a pixel `distance` away (Keys, Cubic Convolution Interpolation, 1981; linear is a triangle).
double weight_of(const Interpolation& r, double distance) {
  const double d = std::abs(distance), a = r.cubic;
  if (r.mode == "linear") return std::max(0.0, 1 - d);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

// in x out: what each input pixel gives to each output pixel.
Tensor matrix_of(const Interpolation& r) {
  Tensor matrix{{r.in, r.out}, {}};
  std::vector<double> weights(static_cast<size_t>(r.in * r.out), 0);
  const int64_t reach = r.mode == "linear" ? 1 : 2;
  for (int64_t i = 0; i < r.out; ++i) {
    const double source = source_of(r, i);
    const auto below = static_cast<int64_t>(std::floor(source));
    double sum = 0;
    for (int64_t k = below - reach + 1; k <= below + reach; ++k) {
      if (r.leaves_out && (k < 0 || k >= r.in)) continue;
      const double weight = weight_of(r, source - static_cast<double>(k));
      weights[static_cast<size_t>(std::clamp<int64_t>(k, 0, r.in - 1) * r.out + i)] += weight;
      sum += weight;
    }
    for (int64_t k = 0; r.leaves_out && k < r.in; ++k) weights[static_cast<size_t>(k * r.out + i)] /= sum;
  }
  matrix.values.assign(weights.begin(), weights.end());
  return matrix;
}

Tensor turned(const Tensor& matrix) {
  const int64_t rows = matrix.shape[0], columns = matrix.shape[1];
  Tensor result{{columns, rows}, std::vector<float>(matrix.values.size())};
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      result.values[static_cast<size_t>(c * rows + r)] = matrix.values[static_cast<size_t>(r * columns + c)];
  return result;
}

Interpolation dimension(OnnxNode& node, int64_t extent, double factor) {
  Interpolation r;
  r.in = extent;
  r.factor = factor;
  const double wanted = std::floor(static_cast<double>(extent) * factor + 1e-6);
  if (!(wanted >= 1 && wanted <= 1 << 16))
    throw ModelError("its factor " + std::to_string(factor) + " is out of range");
  r.out = static_cast<int64_t>(wanted);
  const bool whole = std::abs(static_cast<double>(extent) * factor - wanted) < 1e-4;
  const bool old = node.type() == "Upsample" || node.opset() < 11;
  r.coordinates = node.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  // The standard's own code and runtimes differ in where the last pixel then lies.
  if (r.coordinates == "align_corners" && !whole)
    throw ModelError("coordinates 'align_corners' with a factor that gives no whole size are not supported");
  r.mode = node.text("mode", "nearest");
  r.cubic = double{node.real("cubic_coeff_a", -0.75F)};
  r.leaves_out = node.integer("exclude_outside", 0) != 0;
  node.require_room(static_cast<size_t>(r.in * r.out));
  return r;
}

}  // namespace

void emit_interpolation(OnnxNode& node, const std::array<double, 2>& factors) {
  const std::string mode = node.text("mode", "");
  if (mode != "linear" && mode != "cubic") throw ModelError("its attribute mode is '" + mode + "'");
  if (node.integer("antialias", 0) != 0) throw ModelError("its attribute antialias is not supported");
  const Shape in = node.shape(0);
  const Tensor rows = turned(matrix_of(dimension(node, in[2], factors[0]))),
               columns = matrix_of(dimension(node, in[3], factors[1]));
  node.count_copies(rows.values.size() + columns.values.size());
  const NodeId wide = node.helper("wide", Product{}, {node.value(0), node.helper("columns", Constant{columns}, {})});
  node.emit(Product{}, {node.helper("rows", Constant{rows}, {}), wide});
}

}  // namespace flashcell::quant
