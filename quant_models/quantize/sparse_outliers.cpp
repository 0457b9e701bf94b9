#include "quant_models/quantize/sparse_outliers.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "quant_models/execute/executor.hpp"
#include "quant_models/quantize/adaptive_rounding.hpp"
#include "quant_models/quantize/inverse_hessian.hpp"
#include "quant_models/quantize/layer_view.hpp"

namespace flashcell::quant {
namespace {

void check(const SparseOutlierOptions& o) {
  if (o.bits < 2 || o.bits > 8 || o.statistic_bits < 1 || o.statistic_bits > 16 || o.group < 1 || o.outliers < 0 ||
      o.outliers > 1 || !(o.damping > 0) || o.places < 1)
    throw std::invalid_argument("sparse outliers: options out of range");
}

// To 11 binary digits, as float16 has them; its range is wide enough for weights.
float rounded_to_half(float x) {
  int exponent = 0;
  const float fraction = std::frexp(x, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(fraction, 11)), exponent - 11);
}

/// real = scale x (integer - zero), zero a real number.
struct Grid {
  double scale = 1, zero = 0;

  double nearest(double w, double highest) const {
    return scale * (std::clamp(std::floor(w / scale + zero + 0.5), 0.0, highest) - zero);
  }
};

// Each number to one of 2^bits levels between the lowest and the highest of them.
void store_statistics(std::vector<double*>& numbers, int bits) {
  double low = *numbers[0], high = low;
  for (const double* x : numbers) {
    low = std::min(low, *x);
    high = std::max(high, *x);
  }
  const double step = (high - low) / ((1 << bits) - 1);
  if (step <= 0) return;
  for (double* x : numbers) *x = low + step * std::floor((*x - low) / step + 0.5);
}

class Sweep {
 public:
  Sweep(std::span<const float> matrix, size_t rows, size_t columns, std::span<const double> hessian,
        const SparseOutlierOptions& options)
      : rows_(rows),
        columns_(columns),
        options_(options),
        highest_((1 << options.bits) - 1),
        factor_(inverse_hessian_factor(hessian, columns, options.damping)),
        weights_(matrix.begin(), matrix.end()),
        apart_(matrix.size(), false) {
    threshold_ = choose_threshold();
  }

  SparseOutlierMatrix run() {
    SparseOutlierMatrix result;
    result.values.resize(weights_.size());
    for (size_t first = 0; first < columns_; first += group()) {
      const size_t last = std::min(columns_, first + group());
      const std::vector<Grid> grids = choose_grids(first, last, true);
      for (size_t c = first; c < last; ++c) round_column(c, grids, result.values);
    }
    for (size_t i = 0; i < apart_.size(); ++i)
      if (apart_[i]) result.outliers.push_back({i / columns_, i % columns_, result.values[i]});
    result.bits_per_weight = bits_per_weight(result.outliers.size());
    return result;
  }

 private:
  size_t group() const { return static_cast<size_t>(options_.group); }
  double& weight(size_t row, size_t column) { return weights_[row * columns_ + column]; }
  double diagonal(size_t column) const { return factor_[column * columns_ + column]; }

  double suffering(double error, size_t column) const { return error * error / (diagonal(column) * diagonal(column)); }

  // From the lowest to the highest weight of each row's group, outliers left out; 0 is among them.
  std::vector<Grid> plain_grids(size_t first, size_t last) {
    std::vector<Grid> grids(rows_);
    for (size_t r = 0; r < rows_; ++r) {
      double low = 0, high = 0;
      for (size_t c = first; c < last; ++c) {
        if (apart_[r * columns_ + c]) continue;
        low = std::min(low, weight(r, c));
        high = std::max(high, weight(r, c));
      }
      if (high <= low) continue;
      grids[r].scale = (high - low) / highest_;
      grids[r].zero = -low / grids[r].scale;
    }
    return grids;
  }

  std::vector<Grid> stored_grids(size_t first, size_t last) {
    std::vector<Grid> grids = plain_grids(first, last);
    for (size_t r = 0; r < rows_; r += group()) {
      std::vector<double*> scales, zeros;
      for (size_t k = r; k < std::min(rows_, r + group()); ++k) {
        scales.push_back(&grids[k].scale);
        zeros.push_back(&grids[k].zero);
      }
      store_statistics(scales, options_.statistic_bits);
      store_statistics(zeros, options_.statistic_bits);
    }
    return grids;
  }

  std::vector<Grid> choose_grids(size_t first, size_t last, bool mark) {
    const std::vector<Grid> grids = stored_grids(first, last);
    if (!mark || options_.outliers == 0) return grids;
    bool any = false;
    for (size_t r = 0; r < rows_; ++r)
      for (size_t c = first; c < last; ++c) {
        const double w = weight(r, c);
        if (suffering(w - grids[r].nearest(w, highest_), c) <= threshold_) continue;
        any = apart_[r * columns_ + c] = true;
      }
    return any ? stored_grids(first, last) : grids;
  }

  double choose_threshold() {
    std::vector<double> all;
    for (size_t first = 0; first < columns_; first += group()) {
      const size_t last = std::min(columns_, first + group());
      const std::vector<Grid> grids = choose_grids(first, last, false);
      for (size_t r = 0; r < rows_; ++r)
        for (size_t c = first; c < last; ++c)
          all.push_back(suffering(weight(r, c) - grids[r].nearest(weight(r, c), highest_), c));
    }
    const auto kept = static_cast<size_t>(static_cast<double>(all.size()) * (1 - options_.outliers));
    if (kept >= all.size()) return INFINITY;
    std::nth_element(all.begin(), all.begin() + static_cast<ptrdiff_t>(kept), all.end());
    return all[kept];
  }

  void round_column(size_t column, const std::vector<Grid>& grids, std::vector<float>& values) {
    for (size_t r = 0; r < rows_; ++r) {
      const double w = weight(r, column);
      float& value = values[r * columns_ + column];
      value = apart_[r * columns_ + column] ? rounded_to_half(static_cast<float>(w))
                                            : static_cast<float>(grids[r].nearest(w, highest_));
      const double error = (w - value) / diagonal(column);
      for (size_t c = column + 1; c < columns_; ++c) weight(r, c) -= error * factor_[column * columns_ + c];
    }
  }

  double bits_per_weight(size_t outliers) const {
    const auto all = static_cast<double>(rows_ * columns_);
    const auto groups = static_cast<double>(rows_ * ((columns_ + group() - 1) / group()));
    const auto second = static_cast<double>(((rows_ + group() - 1) / group()) * ((columns_ + group() - 1) / group()));
    return options_.bits +
           (groups * 2 * options_.statistic_bits + second * 4 * 16 + static_cast<double>(outliers) * 32) / all;
  }

  size_t rows_, columns_;
  SparseOutlierOptions options_;
  double highest_, threshold_ = 0;
  std::vector<double> factor_, weights_;
  std::vector<bool> apart_;
};

// Sum of x x' over what each group of output channels reads.
std::vector<std::vector<double>> hessians_of(const Graph& graph, NodeId id, const LayerView& view,
                                             std::span<const float> images, int64_t count, size_t layer,
                                             const SparseOutlierOptions& options) {
  const NodeId input = graph.node(id).inputs[0];
  Graph before = graph;
  before.remove_outputs();
  before.add_output("value", input);
  before.remove_unused();
  const size_t depth = view.depth();
  std::vector<std::vector<double>> sums(view.groups(), std::vector<double>(depth * depth, 0));
  std::vector<float> x(depth);
  uint64_t image = 0;
  const auto each = static_cast<size_t>(element_count(graph.node(input).shape) / graph.node(input).shape.at(0));
  run_all(before, images, count, 10, [&](NodeId node, std::span<const float> value) {
    if (node != input) return;
    for (size_t first = 0; first < value.size(); first += each, ++image)
      for (const size_t place :
           choose_places(view.places(), static_cast<size_t>(options.places), Random(options.seed, {layer, image})))
        for (size_t g = 0; g < view.groups(); ++g) {
          view.gather(value.subspan(first, each), place, g, x);
          for (size_t i = 0; i < depth; ++i)
            for (size_t j = 0; x[i] != 0 && j < depth; ++j)
              sums[g][i * depth + j] += static_cast<double>(x[i]) * static_cast<double>(x[j]);
        }
  });
  return sums;
}

}  // namespace

SparseOutlierMatrix quantize_sparse_outliers(std::span<const float> matrix, size_t rows, size_t columns,
                                             std::span<const double> hessian, const SparseOutlierOptions& options) {
  check(options);
  if (rows == 0 || columns == 0 || matrix.size() != rows * columns)
    throw std::invalid_argument("sparse outliers: the numbers do not make a matrix of that size");
  return Sweep(matrix, rows, columns, hessian, options).run();
}

SparseOutlierResult quantize_sparse_outliers(Graph graph, std::span<const float> images, int64_t count,
                                             const SparseOutlierOptions& options,
                                             const std::function<void(const std::string& layer)>& progress) {
  check(options);
  SparseOutlierResult result;
  double bits = 0;
  size_t layers = 0;
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    if (!can_round_adaptively(graph.node(id).layer)) continue;
    if (progress) progress(graph.node(id).name);
    const LayerView view(graph, id);
    const auto hessians = hessians_of(graph, id, view, images, count, layers++, options);
    Layer layer = graph.node(id).layer;
    std::vector<float>& weights = weight_of(layer)->values;
    const size_t rows = view.channels() / view.groups(), each = rows * view.depth();
    for (size_t g = 0; g < view.groups(); ++g) {
      const std::span<float> part(weights.data() + g * each, each);
      const SparseOutlierMatrix stored = quantize_sparse_outliers(part, rows, view.depth(), hessians[g], options);
      std::copy(stored.values.begin(), stored.values.end(), part.begin());
      bits += stored.bits_per_weight * static_cast<double>(each);
      result.outliers += static_cast<int64_t>(stored.outliers.size());
      result.weights += static_cast<int64_t>(each);
    }
    weight_quantization_of(layer)->reset();
    graph.replace(id, std::move(layer));
  }
  if (result.weights > 0) result.bits_per_weight = bits / static_cast<double>(result.weights);
  result.graph = std::move(graph);
  return result;
}

}  // namespace flashcell::quant
