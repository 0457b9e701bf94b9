#pragma once
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "quant_models/data/numpy_file.hpp"
#include "quant_models/recurrent/egru.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::test {

/// EvNN (Efficient-Scalable-Machine-Learning/EvNN), its script path in float64.
inline constexpr const char* kEgruVectors[] = {"egru_T8_N10_I4_H8", "egru_T20_N3_I16_H32", "egru_T50_N1_I64_H128"};

inline std::filesystem::path egru_vectors(const std::string& name) {
  return data_dir() / "../vectors/egru" / (name + ".npz");
}

inline double largest_difference(std::span<const double> a, std::span<const double> b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

/// The published code lays weights out with a column for each row of ours.
inline std::vector<double> transposed(const std::vector<double>& matrix, size_t columns) {
  const size_t rows = matrix.size() / columns;
  std::vector<double> result(matrix.size());
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) result[c * rows + r] = matrix[r * columns + c];
  return result;
}

struct EgruVectors {
  size_t steps, batch;
  quant::RecurrentLayer<double> layer;

  explicit EgruVectors(const std::string& name) {
    for (const auto& [key, array] : quant::read_npz(egru_vectors(name).string())) numbers[key] = array.numbers();
    const auto shape = quant::read_npz(egru_vectors(name).string()).at("x").shape;
    steps = static_cast<size_t>(shape.at(0));
    batch = static_cast<size_t>(shape.at(1));
    layer.inputs = static_cast<int>(shape.at(2));
    layer.thresholds = numbers.at("thr");
    layer.hidden = static_cast<int>(layer.thresholds.size());
    const auto rows = static_cast<size_t>(layer.rows());
    layer.input_weights = transposed(numbers.at("W"), rows);
    layer.recurrent_weights = transposed(numbers.at("R"), rows);
    layer.input_biases = numbers.at("bx");
    layer.recurrent_biases = numbers.at("br");
  }

  /// The numbers of one step of one sequence.
  std::span<const double> at(const std::string& key, size_t t, size_t n) const {
    const std::vector<double>& all = numbers.at(key);
    const size_t width = all.size() / (steps * batch);
    return std::span(all).subspan((t * batch + n) * width, width);
  }

  std::map<std::string, std::vector<double>> numbers;
};

}  // namespace flashcell::test
