#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "quant_models/recurrent/egru.hpp"

namespace flashcell::quant {

/// sigmoid or tanh of sums in units of 2^-11, by a table of 513 knots and straight lines between them, in integers
/// alone. Off by at most 3 units of 2^-15.
class GateTable {
 public:
  enum class Function { sigmoid, tanh };
  explicit GateTable(Function function);

  /// In units of 2^-15, at most 32767.
  int32_t operator()(int16_t sum) const {
    const int32_t place = int32_t{sum} + 32768, knot = place >> 7, rest = place & 127;
    const auto i = static_cast<size_t>(knot);
    return knots_[i] + (((knots_[i + 1] - knots_[i]) * rest + 64) >> 7);
  }

 private:
  std::array<int32_t, 513> knots_;
};

/// Rows of 8-bit weights, each with a scale of its own, of which a product keeps those that are not zero.
class IntegerProduct {
 public:
  /// `input_scale`: what 1 of the 16-bit inputs stands for.
  IntegerProduct(const std::vector<float>& weights, int columns, double input_scale);

  /// out[row] = sum of weight * in over all columns where `in` is not 0: exact, so that their order is of no matter.
  void multiply(std::span<const int16_t> in, std::span<int64_t> out) const;
  /// The same over all columns, zeros too.
  void multiply_dense(std::span<const int16_t> in, std::span<int64_t> out) const;

  size_t rows() const { return scales_.size(); }
  /// What 1 of a row's sums stands for.
  double scale(size_t row) const { return scales_[row]; }

 private:
  int columns_;
  std::vector<uint32_t> starts_, places_;  // of each column, its rows
  std::vector<int8_t> values_;
  std::vector<double> scales_;
};

/// An EGRU or GRU network in integers: weights of 8 bits, states and what layers send of 16 (units of 2^-15), sums
/// that are brought to 16 bits (units of 2^-11) row by row, gates by tables. Only logits are real numbers.
class IntegerNetwork {
 public:
  /// Throws ModelError for other cells and where a network whose inputs are numbers lacks `largest_input`.
  explicit IntegerNetwork(const RecurrentNetwork& network, double largest_input = 0);

  void reset();
  /// One step from a word of the vocabulary.
  void step_word(size_t word);
  /// One step from numbers, which are rounded to 16 bits first.
  void step(std::span<const float> in);
  /// Whether zeros are worked on too: the same bytes, to compare with.
  void work_on_zeros(bool all) { all_ = all; }

  std::span<const float> decode();
  std::span<const int16_t> output(size_t layer) const { return layers_[layer].output; }
  std::span<const int16_t> memory(size_t layer) const { return layers_[layer].memory; }

 private:
  struct Side {
    IntegerProduct product;
    std::vector<int32_t> factors;  // of each row: sum * factor >> shift is in units of 2^-11
    std::vector<int32_t> shifts, biases;
    std::vector<int64_t> sums;
    std::vector<int16_t> values;

    Side(const std::vector<float>& weights, const std::vector<float>& biases, int columns, double input_scale);
    void run(std::span<const int16_t> in, bool all);
  };
  struct Layer {
    Cell cell;
    Side input, recurrent;
    std::vector<int32_t> thresholds;
    std::vector<int16_t> output, memory;
  };

  void step_layers();
  void step_units(Layer& layer) const;

  GateTable sigmoid_{GateTable::Function::sigmoid}, tanh_{GateTable::Function::tanh};
  double input_scale_;
  std::vector<int16_t> embedding_, in_;
  std::vector<Layer> layers_;
  IntegerProduct decoder_;
  std::vector<float> decoder_biases_, logits_;
  std::vector<int64_t> decoder_sums_;
  bool all_ = false;
};

}  // namespace flashcell::quant
