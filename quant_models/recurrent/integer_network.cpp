#include "quant_models/recurrent/integer_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr double kStateUnit = 0x1p-15, kSumUnit = 0x1p-11;
constexpr int kFactorBits = 16;

float largest_of(std::span<const float> numbers) {
  float largest = 0;
  for (const float x : numbers) largest = std::max(largest, std::abs(x));
  return largest;
}

int16_t saturated(int64_t x) {
  return static_cast<int16_t>(std::clamp<int64_t>(x, INT16_MIN, INT16_MAX));
}

int16_t rounded(double x) {
  return static_cast<int16_t>(std::clamp(std::nearbyint(x), -32768.0, 32767.0));
}

double input_scale_of(const RecurrentNetwork& network, double largest_input) {
  const double largest = network.embedding.empty() ? largest_input : double{largest_of(network.embedding)};
  if (network.embedding.empty() && !(largest_input > 0))
    throw ModelError("a network whose inputs are numbers needs their largest to become integers");
  return largest > 0 ? largest / 32767 : 1;
}

}  // namespace

GateTable::GateTable(Function function) : knots_() {
  for (size_t i = 0; i < knots_.size(); ++i) {
    const double x = (static_cast<double>(i) * 128 - 32768) * kSumUnit;
    const double y = function == Function::tanh ? std::tanh(x) : 1 / (1 + std::exp(-x));
    knots_[i] = static_cast<int32_t>(std::min(std::nearbyint(y / kStateUnit), 32767.0));
  }
}

IntegerProduct::IntegerProduct(const std::vector<float>& weights, int columns, double input_scale) : columns_(columns) {
  const auto width = static_cast<size_t>(columns);
  const size_t rows = weights.size() / width;
  std::vector<int8_t> all(weights.size());
  for (size_t row = 0; row < rows; ++row) {
    const std::span<const float> of_row = std::span(weights).subspan(row * width, width);
    const double largest = largest_of(of_row), scale = largest > 0 ? largest / 127 : 1;
    scales_.push_back(scale * input_scale);
    for (size_t c = 0; c < width; ++c) all[row * width + c] = static_cast<int8_t>(std::nearbyint(of_row[c] / scale));
  }
  starts_.push_back(0);
  for (size_t column = 0; column < width; ++column) {
    for (size_t row = 0; row < rows; ++row) {
      if (all[row * width + column] == 0) continue;
      places_.push_back(static_cast<uint32_t>(row));
      values_.push_back(all[row * width + column]);
    }
    starts_.push_back(static_cast<uint32_t>(places_.size()));
  }
}

void IntegerProduct::multiply(std::span<const int16_t> in, std::span<int64_t> out) const {
  std::fill(out.begin(), out.end(), 0);
  for (size_t column = 0; column < in.size(); ++column) {
    const int32_t x = in[column];
    if (x == 0) continue;
    for (uint32_t i = starts_[column]; i < starts_[column + 1]; ++i) out[places_[i]] += values_[i] * x;
  }
}

void IntegerProduct::multiply_dense(std::span<const int16_t> in, std::span<int64_t> out) const {
  std::fill(out.begin(), out.end(), 0);
  for (size_t column = static_cast<size_t>(columns_); column-- > 0;)
    for (uint32_t i = starts_[column]; i < starts_[column + 1]; ++i)
      out[places_[i]] += int64_t{values_[i]} * in[column];
}

IntegerNetwork::Side::Side(const std::vector<float>& weights, const std::vector<float>& real_biases, int columns,
                           double input_scale)
    : product(weights, columns, input_scale), sums(product.rows()), values(product.rows()) {
  for (size_t row = 0; row < product.rows(); ++row) {
    // 16 bits of the scale; one so small or large that no shift reaches it becomes 0 or saturates.
    const double scale = product.scale(row) / kSumUnit;
    const int shift = std::clamp(kFactorBits - 1 - std::ilogb(scale), 1, 62);
    factors.push_back(static_cast<int32_t>(std::min(std::nearbyint(std::ldexp(scale, shift)), 65535.0)));
    shifts.push_back(shift);
    biases.push_back(rounded(real_biases[row] / kSumUnit));
  }
}

void IntegerNetwork::Side::run(std::span<const int16_t> in, bool all) {
  all ? product.multiply_dense(in, sums) : product.multiply(in, sums);
  for (size_t row = 0; row < sums.size(); ++row) {
    // A sum of 2^16 products has 39 bits, the factor 16.
    const int64_t value = (sums[row] * factors[row] + (int64_t{1} << (shifts[row] - 1))) >> shifts[row];
    values[row] = saturated(value + biases[row]);
  }
}

IntegerNetwork::IntegerNetwork(const RecurrentNetwork& network, double largest_input)
    : input_scale_(input_scale_of(network, largest_input)),
      in_(static_cast<size_t>(network.inputs())),
      decoder_(network.decoder_weights(), network.layers.back().hidden, kStateUnit),
      decoder_biases_(network.decoder_biases),
      logits_(network.names.size()),
      decoder_sums_(network.names.size()) {
  for (const float x : network.embedding) embedding_.push_back(rounded(x / input_scale_));
  for (const RecurrentLayer<float>& layer : network.layers) {
    if (layer.cell == Cell::lstm || layer.zoneout > 0)
      throw ModelError("an LSTM or a network with zoneout has no integer form; take an EGRU or a GRU");
    const double scale = layers_.empty() ? input_scale_ : kStateUnit;
    const auto hidden = static_cast<size_t>(layer.hidden);
    layers_.push_back({layer.cell,
                       {layer.input_weights, layer.input_biases, layer.inputs, scale},
                       {layer.recurrent_weights, layer.recurrent_biases, layer.hidden, kStateUnit},
                       {},
                       std::vector<int16_t>(hidden),
                       std::vector<int16_t>(hidden)});
    for (const float t : layer.thresholds) layers_.back().thresholds.push_back(rounded(t / kStateUnit));
  }
}

void IntegerNetwork::reset() {
  for (Layer& layer : layers_) {
    std::fill(layer.output.begin(), layer.output.end(), int16_t{0});
    std::fill(layer.memory.begin(), layer.memory.end(), int16_t{0});
  }
}

void IntegerNetwork::step_word(size_t word) {
  std::copy_n(embedding_.begin() + static_cast<int64_t>(word * in_.size()), in_.size(), in_.begin());
  step_layers();
}

void IntegerNetwork::step(std::span<const float> in) {
  for (size_t i = 0; i < in.size(); ++i) in_[i] = rounded(in[i] / input_scale_);
  step_layers();
}

void IntegerNetwork::step_layers() {
  std::span<const int16_t> in = in_;
  for (Layer& layer : layers_) {
    layer.input.run(in, all_);
    layer.recurrent.run(layer.output, all_);
    step_units(layer);
    in = layer.output;
  }
}

void IntegerNetwork::step_units(Layer& layer) const {
  const size_t hidden = layer.output.size();
  const std::vector<int16_t>&a = layer.input.values, &b = layer.recurrent.values;
  constexpr int32_t kOne = 1 << 15, kHalf = 1 << 14;
  for (size_t u = 0; u < hidden; ++u) {
    const int32_t z = sigmoid_(saturated(a[u] + b[u])), r = sigmoid_(saturated(a[hidden + u] + b[hidden + u]));
    const int32_t g = tanh_(saturated(a[2 * hidden + u] + ((r * b[2 * hidden + u] + kHalf) >> 15)));
    const int32_t c = (z * layer.memory[u] + (kOne - z) * g + kHalf) >> 15;
    const bool events = layer.cell == Cell::egru;
    const bool speaks = !events || c > layer.thresholds[u];
    layer.output[u] = speaks ? saturated(c) : int16_t{0};
    layer.memory[u] = saturated(speaks && events ? c - layer.thresholds[u] : c);
  }
}

std::span<const float> IntegerNetwork::decode() {
  all_ ? decoder_.multiply_dense(layers_.back().output, decoder_sums_)
       : decoder_.multiply(layers_.back().output, decoder_sums_);
  for (size_t i = 0; i < logits_.size(); ++i)
    logits_[i] = static_cast<float>(static_cast<double>(decoder_sums_[i]) * decoder_.scale(i)) + decoder_biases_[i];
  return logits_;
}

}  // namespace flashcell::quant
