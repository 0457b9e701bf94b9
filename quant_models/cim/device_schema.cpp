#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "quant_models/cim/device.hpp"

// Every key of a device's file. Numbers without a meaningful default begin as NaN (whole ones as -1): missing_key.hpp
// finds those that nobody stated.
namespace flashcell::quant::cim {
namespace {

using schema::choice;
using schema::integer;
using schema::Visitor;

// Numbers that must be given, as a fixed array.
template <size_t kCount>
void numbers(Visitor& v, const char* key, std::array<double, kCount>& value, const char* doc) {
  std::vector<double> list(value.begin(), value.end());
  if (std::isnan(list[0])) list.clear();
  v.numbers(key, list, kCount, 1e12, doc);
  if (list.size() == kCount) std::copy(list.begin(), list.end(), value.begin());
}

void visit_spread(Visitor& v, GenericSpread& spread, const char* law, const char* dependence, const char* sigma,
                  const char* most) {
  choice(v, law, spread.distribution, kDistributions, "Shape of the noise; uniform ends at sqrt(3) sigma");
  choice(v, dependence, spread.dependence, kDependences,
         "sigma = s g_max (independent), s G (proportional), s g_max^2 / G (inverse)");
  v.real(sigma, spread.sigma, 0, 10, "s");
  if (spread.dependence == Dependence::inverse) v.real(most, spread.most, 0, 10, "Largest sigma, over g_max");
}

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

schema::TableList<SigmaPolynomial> polynomials(std::vector<SigmaPolynomial>& laws) {
  SigmaPolynomial fresh{kMissing, {kMissing}};
  return {laws,
          {[](SigmaPolynomial& law, Visitor& v) {
             v.real("seconds", law.seconds, 0, 1e12, "Time since programming");
             numbers(v, "sigma", law.coefficients, "c0 .. c4 of sigma [uS] = sum of c_k (G / unit)^k");
           },
           [](const SigmaPolynomial& law) {
             if (std::isnan(law.seconds)) return std::string("lacks seconds: when it was measured");
             return std::string(std::isnan(law.coefficients[0]) ? "lacks sigma: five coefficients" : "");
           },
           32, fresh}};
}

schema::TableList<SonosDay> sonos_days(std::vector<SonosDay>& days) {
  SonosDay fresh{kMissing, {kMissing}, {kMissing}};
  return {days,
          {[](SonosDay& day, Visitor& v) {
             v.real("days", day.days, 0, 1e6, "Time since programming");
             numbers(v, "spread", day.spread, "A, B of sigma [nA] = A (1 - exp(-I / B))");
             numbers(v, "drift", day.drift, "c0 .. c10 of I(t) [nA] = I + sum of c_k I^k");
           },
           [](const SonosDay& day) {
             const bool whole = !std::isnan(day.days) && !std::isnan(day.spread[0]) && !std::isnan(day.drift[0]);
             return std::string(whole ? "" : "needs days, spread and drift");
           },
           64, fresh}};
}

void visit_pcm(Visitor& v, PcmParameters& p) {
  numbers(v, "programming", p.programming, "c0, c1, c2 of sigma [uS] = c0 + c1 g + c2 g^2, g = G / g_max");
  numbers(v, "drift_mean", p.drift_mean, "slope, offset, least, most: mean exponent = slope ln g + offset");
  numbers(v, "drift_sigma", p.drift_sigma, "the same of the exponent's standard deviation");
  numbers(v, "read", p.read, "a, b, most: relative read noise = min(a / g^b, most) sqrt(ln((t + t_r) / 2 t_r))");
  v.real("first_read", p.first_read, 1e-9, 1e9, "Seconds from programming to time 0");
  v.real("read_time", p.read_time, 1e-12, 1, "t_r, seconds");
}

void visit_nor(Visitor& v, NorParameters& p) {
  v.real("volts_of_window", p.volts_of_window, 1e-3, 100, "Threshold's shift from g_max to no conductance");
  v.real("threshold_sigma", p.threshold_sigma, 0, 10, "Volts that program and verify leave");
  v.real("loss_per_decade", p.loss_per_decade, 0, 1, "Part of the shift that is lost each decade of time");
  v.real("loss_sigma", p.loss_sigma, 0, 10, "Spread of that part from cell to cell, relative");
  v.real("first_second", p.first_second, 1e-9, 1e9, "t0 of log10(1 + t / t0)");
  v.real("read_sigma", p.read_sigma, 0, 1, "Noise of a read, over the conductance");
}

void visit_cell(Visitor& v, CellSection& cell) {
  v.section("cell", "What a memory cell does");
  choice(v, "kind", cell.kind, kCellKinds, "Whose laws it follows");
  v.real("g_max", cell.g_max, 1e-9, 1e9, "Highest conductance, microsiemens");
  v.real("g_min", cell.g_min, 0, 1e9, "Lowest");
  switch (cell.kind) {
    case CellKind::ideal:
      break;
    case CellKind::generic:
      visit_spread(v, cell.programming, "distribution", "dependence", "sigma", "sigma_most");
      break;
    case CellKind::polynomial: {
      v.real("unit", cell.unit, 1e-9, 1e9, "Microsiemens that are 1 in the polynomial");
      auto laws = polynomials(cell.laws);
      v.tables("at", laws, "sigma at a time since programming");
      break;
    }
    case CellKind::pcm:
      visit_pcm(v, cell.pcm);
      break;
    case CellKind::sonos: {
      v.real("volts", cell.volts, 1e-6, 100, "When read");
      numbers(v, "read", cell.sonos_read, "A, B of a read's sigma [nA] = A (1 - exp(-I / B))");
      auto days = sonos_days(cell.days);
      v.tables("at", days, "What was measured on a day");
      break;
    }
    case CellKind::nor:
      visit_nor(v, cell.nor);
      break;
  }
}

}  // namespace

void visit(ArrayDevice& device, Visitor& v) {
  v.section("", "");
  v.text("source", device.source, "Where the numbers are from");
  std::string time = fmt::format("{} s", device.seconds);
  v.form(
      "time", time,
      [&](const std::string& text) {
        try {
          device.seconds = seconds_of(text);
          return std::string();
        } catch (const Error& e) {
          return std::string(e.what());
        }
      },
      "From programming to reading");
  v.boolean("compensate_drift", device.compensate_drift,
            "Outputs are scaled by how much the array's mean conductance has gone down");
  visit_cell(v, device.cell);

  v.section("faults", "What is wrong with cells beyond their spread");
  v.real("stuck_low", device.faults.stuck_low, 0, 1, "Part of the cells that are always at g_min");
  v.real("stuck_high", device.faults.stuck_high, 0, 1, "Part of the cells that are always at g_max");
  v.real("shift", device.faults.shift, -1, 1, "All conductances move by so much of g_max");
  v.real("bit_inversion", device.faults.bit_inversion, 0, 1, "Probability that a stored bit is the other one");

  v.section("array", "Arrays of cells");
  integer(v, "rows", device.array.rows, 1, 1 << 20, "Inputs of one array");
  integer(v, "columns", device.array.columns, 1, 1 << 20, "Columns of one array");
  choice(v, "mapping", device.array.mapping, kMappings, "A pair of cells for a weight, or one with an offset");
  integer(v, "weight_bits", device.array.weight_bits, 2, 16, "Of a weight, sign included");
  integer(v, "cell_bits", device.array.cell_bits, 1, 16, "In one cell; a weight of more takes several arrays");

  v.section("read", "Noise of reading");
  choice(v, "noise", device.read.noise, kReadNoises, "None, anew for each product, or once for all");
  choice(v, "law", device.read.law, kNoiseLaws, "Drawn a column, or a cell (slow)");
  if (!device.reads_by_cell() && device.read.noise != ReadNoise::none)
    visit_spread(v, device.read.spread, "distribution", "dependence", "sigma", "sigma_most");

  v.real("added", device.read.added, 0, 10, "More noise of each read, normal, the same for all cells, over g_max");

  v.section("input", "Converters in front of the rows");
  integer(v, "bits", device.input.bits, 0, 16, "0: none");
  integer(v, "cycle_bits", device.input.cycle_bits, 0, 16,
          "Bits that drive the rows at a time, each time with a conversion of the columns; 0: all at once");
  v.real("percentile", device.input.percentile, 50, 100, "Of all numbers of the calibration, within the range");

  v.section("output", "Converters behind the columns");
  integer(v, "bits", device.output.bits, 0, 16, "0: none");
  choice(v, "kind", device.output.converter.kind, kConverterKinds, "How codes are found");
  v.real("mismatch", device.output.converter.mismatch, 0, 1, "Of a converter's parts, relative");
  v.real("offset", device.output.converter.offset, 0, 1, "Of its comparator, over the range");
  choice(v, "range", device.output.range, kRangeRules, "Where the range is from");
  v.real("percentile", device.output.percentile, 50, 100, "Of all currents of the calibration, within the range");
  v.boolean("symmetric", device.output.symmetric, "The range is always symmetric about 0");
  if (device.output.range == RangeRule::fixed)
    v.real("bound", device.output.bound, 1e-9, 1e9, "The range is +- so many full cells' currents");
  v.real("noise", device.output.noise, 0, 1e6, "Before the converter, in full cells' currents");

  v.section("wire", "Resistance of wires");
  v.real("ohms", device.wire.ohms, 0, 1e6, "From one cell to the next");
  choice(v, "solver", device.wire.solver, kWireSolvers, "Exact, or each wire alone");
}

void visit_layers(ArrayDevice& device, Visitor& v) {
  schema::TableList<LayerBits> layers(
      device.layers, {[](LayerBits& layer, Visitor& each) {
                        each.text("name", layer.name, "As `flashcell cim report` lists it");
                        integer(each, "weight_bits", layer.weight_bits, 0, 16, "With the sign; 0: the device's");
                        each.real("weight_limit", layer.weight_limit, 0, 1e12,
                                  "Weight of the highest code; 0: the largest weight");
                        integer(each, "output_bits", layer.output_bits, 0, 16, "0: the device's");
                      },
                      [](const LayerBits& layer) {
                        if (layer.name.empty()) return std::string("lacks name: which layer it is");
                        return std::string(layer.weight_bits == 1 ? "has weight_bits 1: no room for a sign" : "");
                      },
                      4096});
  v.section("", "");
  v.tables("layer", layers, "What single layers of one network have of their own");
}

}  // namespace flashcell::quant::cim
