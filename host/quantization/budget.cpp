#include "host/quantization/budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::host {
namespace {

constexpr const char* kThisProcessor = "cpu";

/// A number and what stands behind it.
struct Quantity {
  double number = 0;
  std::string unit;
};

Quantity parse_quantity(const std::string& text) {
  Quantity q;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), q.number);
  q.unit.assign(end, static_cast<size_t>(text.data() + text.size() - end));
  if (error != std::errc{} || !(q.number > 0) || !std::isfinite(q.number))
    throw Error(Fault::usage, fmt::format("--budget {}: begins with no number above 0", text));
  return q;
}

// Time in nanoseconds on this processor, in clocks on a board.
double time_limit(const Quantity& q, const contract::Board* board) {
  const double seconds = q.unit == "us" ? q.number * 1e-6 : 1 / q.number;
  return seconds * (board == nullptr ? 1e9 : board->clock_mhz * 1e6);
}

}  // namespace

const contract::Board* time_board(const std::string& name) {
  if (name == kThisProcessor) return nullptr;
  if (const contract::Board* board = contract::find_board(name.c_str())) return board;
  throw Error(Fault::usage,
              fmt::format("there is no board {}; --time takes cpu or a board as `model --board` does", name));
}

quant::SearchLimit parse_budget(const std::string& text, const contract::Board* board) {
  const Quantity q = parse_quantity(text);
  if (q.unit == "MB") return {quant::SearchAxis::weight_bits, q.number * 8 * (1 << 20)};
  if (q.unit == "GBOPs") return {quant::SearchAxis::bit_operations, q.number * 1e9};
  if (q.unit == "us" || q.unit == "fps") return {quant::SearchAxis::time, time_limit(q, board)};
  throw Error(Fault::usage, fmt::format("--budget {}: '{}' is no unit; there are MB, GBOPs, us and fps", text, q.unit));
}

quant::BitChoices parse_choices(const std::string& text) {
  try {
    return quant::parse_bit_choices(text);
  } catch (const quant::ModelError& e) {
    throw Error(Fault::usage, e.what());
  }
}

bool bounds_time(const std::vector<quant::SearchLimit>& limits) {
  return std::any_of(limits.begin(), limits.end(),
                     [](const quant::SearchLimit& l) { return l.axis == quant::SearchAxis::time; });
}

}  // namespace flashcell::host
