#include "quant_models/cim/held_weights.hpp"

namespace flashcell::quant::cim {

std::vector<float> held_weights(const ArrayWeights& weights, const ArrayDevice& device, const LayerSettings& settings,
                                uint64_t seed, uint32_t layer) {
  ArrayDevice one_read = device;
  if (one_read.read.noise == ReadNoise::each) one_read.read.noise = ReadNoise::once;
  const ArrayLayer programmed = program(weights, one_read, settings, seed, layer);
  std::vector<double> codes(weights.weights.size(), -programmed.offset);
  for (const CellArray& a : programmed.arrays) {
    const size_t first_row =
        static_cast<size_t>(a.group) * static_cast<size_t>(weights.outputs) + static_cast<size_t>(a.first_output);
    const auto rows = static_cast<size_t>(a.cells.rows), inputs = static_cast<size_t>(weights.inputs);
    for (size_t o = 0; o < static_cast<size_t>(a.cells.outputs); ++o)
      for (size_t r = 0; r < rows; ++r) {
        const size_t cell = o * rows + r;
        const double other = a.cells.minus.empty() ? 0 : a.cells.minus[cell];
        codes[(first_row + o) * inputs + static_cast<size_t>(a.first_row) + r] +=
            a.weight * (a.cells.plus[cell] - other);
      }
  }
  const double unit = programmed.scale / settings.input_limit;
  std::vector<float> held;
  held.reserve(codes.size());
  for (const double code : codes) held.push_back(static_cast<float>(unit * code));
  return held;
}

}  // namespace flashcell::quant::cim
