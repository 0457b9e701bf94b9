#include "quant_models/quantize/sign_factors.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/quantize/post_training.hpp"

namespace flashcell::quant {
namespace {

constexpr int kMostIterations = 500;
constexpr double kSettled = 1e-12;  // of the squared length of a unit vector

// Makes the vector one of length 1 and returns its length of before.
double normalize(std::vector<double>& vector) {
  double square = 0;
  for (const double x : vector) square += x * x;
  const double length = std::sqrt(square);
  for (double& x : vector) x /= length;
  return length;
}

/// |W| as a linear function, both ways.
struct Magnitudes {
  std::span<const float> matrix;
  size_t rows, columns;

  std::vector<double> times(const std::vector<double>& right) const {
    std::vector<double> product(rows, 0);
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < columns; ++c) product[r] += std::abs(matrix[r * columns + c]) * right[c];
    return product;
  }
  std::vector<double> transposed_times(const std::vector<double>& left) const {
    std::vector<double> product(columns, 0);
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < columns; ++c) product[c] += std::abs(matrix[r * columns + c]) * left[r];
    return product;
  }
};

}  // namespace

SignFactors factor_magnitudes(std::span<const float> matrix, size_t rows, size_t columns) {
  if (rows == 0 || columns == 0 || matrix.size() != rows * columns)
    throw std::invalid_argument("factor_magnitudes: the numbers do not make a matrix of that size");
  SignFactors factors{std::vector<float>(rows, 0.0F), std::vector<float>(columns, 0.0F)};
  if (std::all_of(matrix.begin(), matrix.end(), [](float w) { return w == 0; })) return factors;
  const Magnitudes magnitudes{matrix, rows, columns};
  std::vector<double> left, right(columns, 1.0);
  double length = normalize(right);
  for (int i = 0; i < kMostIterations; ++i) {
    left = magnitudes.times(right);
    normalize(left);
    std::vector<double> next = magnitudes.transposed_times(left);
    length = normalize(next);
    double moved = 0;
    for (size_t c = 0; c < columns; ++c) moved += (next[c] - right[c]) * (next[c] - right[c]);
    right = std::move(next);
    if (moved < kSettled) break;
  }
  const double share = std::sqrt(length);
  for (size_t r = 0; r < rows; ++r) factors.rows[r] = static_cast<float>(left[r] * share);
  for (size_t c = 0; c < columns; ++c) factors.columns[c] = static_cast<float>(right[c] * share);
  return factors;
}

void apply_sign_factors(std::span<float> matrix, const SignFactors& factors) {
  const size_t columns = factors.columns.size();
  for (size_t r = 0; r < factors.rows.size(); ++r)
    for (size_t c = 0; c < columns; ++c) {
      float& w = matrix[r * columns + c];
      const float magnitude = factors.rows[r] * factors.columns[c];
      w = w < 0 ? -magnitude : magnitude;
    }
}

Graph round_to_signs(Graph graph, const OneBitOptions& options) {
  std::vector<NodeId> kept;
  if (options.keep_edges) kept = edge_layers(graph);
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    if (weight_of(graph.node(id).layer) == nullptr || std::find(kept.begin(), kept.end(), id) != kept.end()) continue;
    Layer layer = graph.node(id).layer;
    Tensor& weight = *weight_of(layer);
    const auto rows = static_cast<size_t>(weight.shape[0]);
    apply_sign_factors(weight.values, factor_magnitudes(weight.values, rows, weight.values.size() / rows));
    weight_quantization_of(layer)->reset();
    graph.replace(id, std::move(layer));
  }
  return graph;
}

}  // namespace flashcell::quant
