#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.hpp"
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
  /// Of sums -32768, -32640, ...
  const int32_t* knots() const { return knots_.data(); }

 private:
  std::array<int32_t, 513> knots_;
};

/// Rows of 8-bit weights, each with a scale of its own, small enough for all its sums to fit 32 bits. Of sparse weights
/// a product keeps those that are not zero.
class IntegerProduct {
 public:
  /// `input_scale`: what 1 of the 16-bit inputs stands for.
  IntegerProduct(const std::vector<float>& weights, int columns, double input_scale);

  /// out[row] = sum of weight * in over the columns of `events`: exact, so that their order is of no matter. `out`:
  /// padded_rows() numbers.
  void multiply(std::span<const int16_t> in, std::span<const uint32_t> events, int32_t* out) const;

  size_t rows() const { return scales_.size(); }
  size_t padded_rows() const { return padded_; }
  /// What 1 of a row's sums stands for.
  double scale(size_t row) const { return scales_[row]; }

 private:
  size_t padded_ = 0;
  bool sparse_ = false;
  std::vector<uint32_t> starts_, places_;  // sparse: of each column, its rows
  AlignedVector<int8_t> values_;           // sparse: beside them; else column by column, padded
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
  std::span<const int16_t> output(size_t layer) const { return layers_[layer].units_of(layers_[layer].output); }
  std::span<const int16_t> memory(size_t layer) const { return layers_[layer].units_of(layers_[layer].memory); }

 private:
  /// Numbers of which most are zero, and the places of the others.
  struct Events {
    std::vector<uint32_t> places;
    size_t count = 0;

    explicit Events(size_t most);
    void find(std::span<const int16_t> numbers, bool all);
    operator std::span<const uint32_t>() const { return std::span(places).first(count); }
  };
  struct Side {
    IntegerProduct product;
    AlignedVector<int32_t> factors, shifts, biases;  // RowScales
    AlignedVector<int32_t> sums;
    AlignedVector<int16_t> values;

    Side(const std::vector<float>& weights, const std::vector<float>& biases, int columns, double input_scale);
    void run(std::span<const int16_t> in, std::span<const uint32_t> events);
  };
  struct Layer {
    size_t hidden;
    Side input, recurrent;
    AlignedVector<int32_t> thresholds;  // none of a GRU
    AlignedVector<int16_t> output, memory;
    Events events;

    std::span<const int16_t> units_of(const AlignedVector<int16_t>& numbers) const {
      return std::span(numbers).first(hidden);
    }
  };

  void step_layers();

  GateTable sigmoid_{GateTable::Function::sigmoid}, tanh_{GateTable::Function::tanh};
  double input_scale_;
  size_t inputs_;
  std::vector<int16_t> embedding_;
  AlignedVector<float> real_in_;
  AlignedVector<int16_t> in_;
  Events input_events_;
  std::vector<Layer> layers_;
  size_t first_read_;
  IntegerProduct decoder_;
  AlignedVector<int16_t> read_;  // the outputs that are decoded, side by side
  std::vector<uint32_t> read_events_;
  AlignedVector<int32_t> decoder_sums_;
  AlignedVector<float> decoder_scales_, decoder_biases_, logits_;
  bool all_ = false;
};

}  // namespace flashcell::quant
