#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/schema/visitor.hpp"
#include "quant_models/cim/cells/cell_model.hpp"
#include "quant_models/cim/cells/generic_cell.hpp"
#include "quant_models/cim/cells/nor_cell.hpp"
#include "quant_models/cim/cells/pcm_cell.hpp"
#include "quant_models/cim/cells/polynomial_cell.hpp"
#include "quant_models/cim/cells/sonos_cell.hpp"
#include "quant_models/cim/converter_output.hpp"
#include "quant_models/cim/faults.hpp"

// A compute-in-memory chip by its parameters: a TOML file, one of ours (presets/, each named after its source) or a
// user's.
namespace flashcell::quant::cim {

enum class CellKind { ideal, generic, polynomial, pcm, sonos, nor };
inline constexpr NamedValue<CellKind> kCellKinds[] = {
    {CellKind::ideal, "ideal"}, {CellKind::generic, "generic"}, {CellKind::polynomial, "polynomial"},
    {CellKind::pcm, "pcm"},     {CellKind::sonos, "sonos"},     {CellKind::nor, "nor"}};

/// How weights become conductances.
enum class Mapping {
  pair,    ///< the magnitude on the side of the sign, g_min on the other; currents are subtracted before the converter
  offset,  ///< one cell, weight + 2^(bits - 1) - 1; what all rows' offset gives is taken off as a number
};
inline constexpr NamedValue<Mapping> kMappings[] = {{Mapping::pair, "pair"}, {Mapping::offset, "offset"}};

/// When a read's noise is drawn.
enum class ReadNoise {
  none,
  each,  ///< anew for every product and cell
  once,  ///< with the cells, at the time of reading
};
inline constexpr NamedValue<ReadNoise> kReadNoises[] = {
    {ReadNoise::none, "none"}, {ReadNoise::each, "each"}, {ReadNoise::once, "once"}};

/// How the noise of reading is computed.
enum class NoiseLaw {
  column,  ///< drawn once for a column and product, with the mean and variance of the cells' law
  cells,   ///< drawn for every cell: the law itself, slow
};
inline constexpr NamedValue<NoiseLaw> kNoiseLaws[] = {{NoiseLaw::column, "column"}, {NoiseLaw::cells, "cells"}};

/// The range of output converters.
enum class RangeRule {
  calibrated,   ///< between percentiles of the currents of given pictures
  least_error,  ///< that of the least squared error of those currents, with the bits there are
  full,         ///< all rows at once: +- the number of rows
  fixed,        ///< +- output.bound
};
inline constexpr NamedValue<RangeRule> kRangeRules[] = {{RangeRule::calibrated, "calibrated"},
                                                        {RangeRule::least_error, "least_error"},
                                                        {RangeRule::full, "full"},
                                                        {RangeRule::fixed, "fixed"}};

/// Whether it is found from currents.
inline bool needs_currents(RangeRule rule) {
  return rule == RangeRule::calibrated || rule == RangeRule::least_error;
}

enum class WireSolver {
  exact,  ///< nodal analysis of every array
  fast,   ///< each wire alone (wire_drop.hpp)
};
inline constexpr NamedValue<WireSolver> kWireSolvers[] = {{WireSolver::exact, "exact"}, {WireSolver::fast, "fast"}};

struct CellSection {
  CellKind kind = CellKind::ideal;
  double g_max = 0, g_min = 0;  ///< microsiemens
  // Of generic cells.
  GenericSpread programming;
  // Of polynomial ones.
  double unit = 0;
  std::vector<SigmaPolynomial> laws;
  PcmParameters pcm;
  // Of SONOS.
  double volts = 0;
  std::vector<SonosDay> days;
  std::array<double, 2> sonos_read{};
  NorParameters nor;
};

struct ArraySection {
  int rows = 0, columns = 0;
  Mapping mapping = Mapping::pair;
  int weight_bits = 0;  ///< with the sign
  int cell_bits = 0;    ///< of a magnitude in one cell; more go into further arrays ("slices")
};

struct ReadSection {
  ReadNoise noise = ReadNoise::none;
  NoiseLaw law = NoiseLaw::column;
  GenericSpread spread;  ///< of ideal, generic and polynomial cells; the others have their own
  double added = 0;      ///< more noise of each read, normal and the same for all cells, over g_max
};

struct InputSection {
  int bits = 0;               ///< 0: none
  int cycle_bits = 0;         ///< InputConverter::cycle_bits
  double percentile = 99.99;  ///< of the calibration's numbers lies within the limit
};

struct OutputSection {
  int bits = 0;  ///< 0: none
  OutputConverter::Imperfections converter;
  RangeRule range = RangeRule::calibrated;
  double percentile = 99.99;
  bool symmetric = true;  ///< always; else where the range's middle is within a step of 0
  double bound = 0;       ///< of a fixed range, in currents of one full cell
  double noise = 0;       ///< standard deviation before the converter, in currents of one full cell
};

struct WireSection {
  double ohms = 0;  ///< of a wire from one cell to the next
  WireSolver solver = WireSolver::exact;
};

/// What one layer of a network has of its own: chosen for it, by its name.
struct LayerBits {
  std::string name;
  int weight_bits = 0;      ///< with the sign; 0: the device's
  double weight_limit = 0;  ///< the weight of the highest code; 0: the largest weight
  int output_bits = 0;      ///< 0: the device's
  bool operator==(const LayerBits&) const = default;
};

struct ArrayDevice {
  std::string name, source;
  double seconds = 0;  ///< from programming to reading
  CellSection cell;
  Faults faults;
  ArraySection array;
  ReadSection read;
  InputSection input;
  OutputSection output;
  WireSection wire;
  bool compensate_drift = false;  ///< outputs are scaled by how much the array's mean conductance has gone down
  std::vector<LayerBits> layers;  ///< those with bits of their own

  std::unique_ptr<CellModel> cell_model() const;
  /// Whether the noise of reading is the cell model's own and not read.spread.
  bool reads_by_cell() const {
    return cell.kind == CellKind::pcm || cell.kind == CellKind::sonos || cell.kind == CellKind::nor;
  }
  /// Bits of a magnitude, or of an offset number.
  int magnitude_bits() const { return array.weight_bits - (array.mapping == Mapping::pair ? 1 : 0); }
  int slices() const { return (magnitude_bits() + array.cell_bits - 1) / array.cell_bits; }
  /// What `layers` has of this name; null: nothing.
  const LayerBits* bits_of(const std::string& layer) const;
  /// The device as this layer has it: with its bits, whose highest code is a full cell whatever they are.
  ArrayDevice of_layer(const std::string& layer) const;
};

/// Every key of a device's file but for those of single layers.
void visit(ArrayDevice& device, schema::Visitor& visitor);
/// [[layer]].
void visit_layers(ArrayDevice& device, schema::Visitor& visitor);

/// Names of the presets that come with the program, and their texts. Throws Error(Fault::usage) that lists them.
std::vector<std::string> preset_names();
std::string preset_text(const std::string& name);

/// A device from TOML. Throws Error(Fault::usage), one line: a wrong key or value with its line, a parameter that is
/// missing, parameters that contradict each other.
ArrayDevice read_device(const std::string& text, const std::string& file);

/// As read_device() reads it.
std::string device_text(ArrayDevice device);

/// "PRESET[,key=value...]": a preset's name or a .toml file, and keys to change ("output.bits=6", "time=1y").
ArrayDevice device_of(const std::string& text);

/// "90", "90s", "15min", "6h", "2d", "1w", "1mo", "3y". Throws Error(Fault::usage).
double seconds_of(std::string_view text);
/// "1 s", "3 h", "1 y".
std::string duration_text(double seconds);

}  // namespace flashcell::quant::cim
