#include "quant_models/cim/converter_cost.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace flashcell::quant::cim {
namespace {

struct Row {
  int bits;
  ConverterCost cost;
};
constexpr Row kTable[] = {{4, {500, 0.7, 1}}, {6, {580, 1.26, 1}}, {8, {1200, 2, 1.28}}, {10, {1600, 6.92, 1.5}}};

double line(double a, double b, double part) {
  return a + part * (b - a);
}

}  // namespace

ConverterCost converter_cost(int bits) {
  size_t last = 1;
  while (last + 1 < std::size(kTable) && kTable[last].bits < bits) ++last;
  const Row &a = kTable[last - 1], &b = kTable[last];
  const double part = static_cast<double>(bits - a.bits) / (b.bits - a.bits);
  const double power = a.cost.milliwatts * std::pow(b.cost.milliwatts / a.cost.milliwatts, part);
  return {std::max(line(a.cost.square_micrometres, b.cost.square_micrometres, part), 1.0), power,
          std::max(line(a.cost.gigasamples, b.cost.gigasamples, part), 0.1)};
}

ConverterCost input_converter_cost(int bits) {
  const double units = std::exp2(bits - 1);
  return {0.166 * units, 0.0039 * units, 1};
}

double ConverterUse::square_millimetres() const {
  return bits == 0 ? 0 : static_cast<double>(columns) * converter_cost(bits).square_micrometres * 1e-6;
}

double ConverterUse::microjoules() const {
  return bits == 0 ? 0 : static_cast<double>(conversions) * converter_cost(bits).picojoules() * 1e-6;
}

double ConverterUse::input_square_millimetres() const {
  return input_bits == 0 ? 0 : static_cast<double>(rows) * input_converter_cost(input_bits).square_micrometres * 1e-6;
}

double ConverterUse::input_microjoules() const {
  return input_bits == 0 ? 0 : static_cast<double>(drives) * input_converter_cost(input_bits).picojoules() * 1e-6;
}

}  // namespace flashcell::quant::cim
