#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "quant_models/cim/converter_input.hpp"
#include "quant_models/cim/converter_output.hpp"
#include "quant_models/cim/device.hpp"
#include "quant_models/layers/matrix_product.hpp"

// A layer's matrix in programmed arrays.
namespace flashcell::quant::cim {

/// Cells of one array, outputs x rows, conductances over g_max. Where weights are pairs `minus` is the other array.
struct Cells {
  int outputs = 0, rows = 0;
  std::vector<double> plus, minus;              ///< minus: empty without pairs
  std::vector<double> plus_sigma, minus_sigma;  ///< of a read; empty: none
  Distribution read_law = Distribution::normal;
};

/// One array (or pair) with its place in the layer's matrix.
struct CellArray {
  Cells cells;
  int group = 0, first_output = 0, first_row = 0, slice = 0;
  OutputConverter converter;
  double weight = 1;    ///< what one full cell's current is worth in the layer's sums of weight codes times input
  uint32_t stream = 0;  ///< of its noise
};

/// A layer's weights in arrays: y = scale * (sum over its arrays of weight * converted current - offset * sum of v) +
/// bias.
struct ArrayLayer {
  int groups = 1, outputs = 0, inputs = 0;  ///< of a group
  InputConverter input;
  std::vector<CellArray> arrays;
  double scale = 1;   ///< of a weight code times full input
  double offset = 0;  ///< of all rows, in weight codes
  double output_noise = 0;
  NoiseLaw law = NoiseLaw::column;
  std::vector<float> bias;  ///< groups x outputs
};

/// What calibration finds out of a layer, and what may be chosen for it.
struct LayerSettings {
  double input_limit = 1;
  bool input_has_sign = false;
  std::vector<OutputRange> output;       ///< a slice each; empty: full range
  std::optional<int> output_bits{};      ///< else the device's
  std::optional<double> weight_limit{};  ///< the weight of the highest code; none: the largest weight
  bool operator==(const LayerSettings&) const = default;
};

/// The weights of a layer: groups x outputs x inputs.
struct ArrayWeights {
  std::string name;  ///< for messages
  int groups = 1, outputs = 0, inputs = 0;
  std::span<const float> weights, bias;  ///< bias: empty, or groups x outputs
};

/// Programs a layer into arrays, with the bits that the device has for a layer of its name. `layer` and `seed` fix all
/// that is by chance. Throws Error(Fault::usage): a layer of more groups than columns fit, ranges that cut everything
/// off.
ArrayLayer program(const ArrayWeights& weights, const ArrayDevice& device, const LayerSettings& settings, uint64_t seed,
                   uint32_t layer);

/// The range of the converters of an array with so many rows, of this slice. `device` is the layer's own.
OutputRange output_range(const ArrayDevice& device, const LayerSettings& settings, int rows, int slice);

/// The same without anything by chance, wires and converters behind the columns: what ranges are found with.
ArrayLayer program_ideally(const ArrayWeights& weights, const ArrayDevice& device, const LayerSettings& settings);

}  // namespace flashcell::quant::cim
