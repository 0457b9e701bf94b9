#include "quant_models/recurrent/integer_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/integer_kernels.hpp"

namespace flashcell::quant {
namespace {

constexpr double kStateUnit = 0x1p-15, kSumUnit = 0x1p-11;
constexpr int kFactorBits = 16;
/// Of a row's weights: times the largest input, 2^15, it still fits 32 bits.
constexpr int64_t kMostOfRow = 65535;
/// With a larger share of weights that are not zero whole columns are faster.
constexpr double kSparse = 0.25;

float largest_of(std::span<const float> numbers) {
  float largest = 0;
  for (const float x : numbers) largest = std::max(largest, std::abs(x));
  return largest;
}

int16_t rounded(double x) {
  return static_cast<int16_t>(std::clamp(std::nearbyint(x), -32768.0, 32767.0));
}

/// Weights in 8 bits; what 1 of them stands for.
double quantize_row(std::span<const float> weights, int8_t* out) {
  const double largest = largest_of(weights);
  for (double scale = largest > 0 ? largest / 127 : 1;;) {
    int64_t sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      out[i] = static_cast<int8_t>(std::nearbyint(weights[i] / scale));
      sum += std::abs(int64_t{out[i]});
    }
    if (sum <= kMostOfRow) return scale;
    scale *= 1.01 * static_cast<double>(sum) / kMostOfRow;
  }
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

IntegerProduct::IntegerProduct(const std::vector<float>& weights, int columns, double input_scale) {
  const auto width = static_cast<size_t>(columns);
  const size_t rows = weights.size() / width;
  std::vector<int8_t> all(weights.size());
  for (size_t row = 0; row < rows; ++row)
    scales_.push_back(input_scale * quantize_row(std::span(weights).subspan(row * width, width), &all[row * width]));
  padded_ = padded_integers(rows);
  const auto zeros = static_cast<size_t>(std::count(all.begin(), all.end(), int8_t{0}));
  sparse_ = static_cast<double>(all.size() - zeros) < kSparse * static_cast<double>(all.size());
  if (!sparse_) values_.assign(width * padded_, 0);
  for (size_t column = 0; column < width; ++column) {
    starts_.push_back(static_cast<uint32_t>(places_.size()));
    for (size_t row = 0; row < rows; ++row) {
      const int8_t weight = all[row * width + column];
      if (!sparse_) values_[column * padded_ + row] = weight;
      if (!sparse_ || weight == 0) continue;
      places_.push_back(static_cast<uint32_t>(row));
      values_.push_back(weight);
    }
  }
  starts_.push_back(static_cast<uint32_t>(places_.size()));
}

void IntegerProduct::multiply(std::span<const int16_t> in, std::span<const uint32_t> events, int32_t* out) const {
  if (!sparse_) return multiply_integer_columns(values_.data(), padded_, in.data(), events.data(), events.size(), out);
  std::fill_n(out, padded_, 0);
  const uint32_t* places = places_.data();
  const int8_t* values = values_.data();
  for (const uint32_t event : events) {
    const int32_t x = in[event];
    for (uint32_t i = starts_[event]; i < starts_[event + 1]; ++i) out[places[i]] += values[i] * x;
  }
}

IntegerNetwork::Events::Events(size_t most) : places(most + 1) {}

void IntegerNetwork::Events::find(std::span<const int16_t> numbers, bool all) {
  count = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    places[count] = static_cast<uint32_t>(i);
    count += all || numbers[i] != 0 ? 1 : 0;
  }
}

IntegerNetwork::Side::Side(const std::vector<float>& weights, const std::vector<float>& real_biases, int columns,
                           double input_scale)
    : product(weights, columns, input_scale),
      factors(product.padded_rows()),
      shifts(product.padded_rows(), 1),
      biases(product.padded_rows()),
      sums(product.padded_rows()),
      values(product.padded_rows() + kIntegersTogether) {
  for (size_t row = 0; row < product.rows(); ++row) {
    // 16 bits of the scale; one so small or large that no shift reaches it becomes 0 or saturates.
    const double scale = product.scale(row) / kSumUnit;
    shifts[row] = std::clamp(kFactorBits - 1 - std::ilogb(scale), 1, 62);
    factors[row] = static_cast<int32_t>(std::min(std::nearbyint(std::ldexp(scale, shifts[row])), 65535.0));
    biases[row] = rounded(real_biases[row] / kSumUnit);
  }
}

void IntegerNetwork::Side::run(std::span<const int16_t> in, std::span<const uint32_t> events) {
  product.multiply(in, events, sums.data());
  rescale_sums(sums.data(), {factors.data(), shifts.data(), biases.data()}, sums.size(), values.data());
}

IntegerNetwork::IntegerNetwork(const RecurrentNetwork& network, double largest_input)
    : input_scale_(input_scale_of(network, largest_input)),
      inputs_(static_cast<size_t>(network.inputs())),
      real_in_(padded_integers(inputs_)),
      in_(padded_integers(inputs_)),
      input_events_(inputs_),
      first_read_(network.first_read()),
      decoder_(network.decoder_weights(), network.read_units(), kStateUnit),
      read_(padded_integers(static_cast<size_t>(network.read_units()))),
      read_events_(static_cast<size_t>(network.read_units())),
      decoder_sums_(decoder_.padded_rows()),
      decoder_scales_(decoder_.padded_rows()),
      decoder_biases_(decoder_.padded_rows()),
      logits_(decoder_.padded_rows()) {
  for (const float x : network.embedding) embedding_.push_back(rounded(x / input_scale_));
  for (const RecurrentLayer<float>& layer : network.layers) {
    if (layer.cell == Cell::lstm || layer.zoneout > 0)
      throw ModelError("an LSTM or a network with zoneout has no integer form; take an EGRU or a GRU");
    const double scale = layers_.empty() ? input_scale_ : kStateUnit;
    const auto hidden = static_cast<size_t>(layer.hidden);
    const size_t padded = padded_integers(hidden);
    layers_.push_back({hidden,
                       {layer.input_weights, layer.input_biases, layer.inputs, scale},
                       {layer.recurrent_weights, layer.recurrent_biases, layer.hidden, kStateUnit},
                       AlignedVector<int32_t>(layer.cell == Cell::egru ? padded : 0),
                       AlignedVector<int16_t>(padded),
                       AlignedVector<int16_t>(padded),
                       Events(hidden)});
    for (size_t u = 0; u < layer.thresholds.size(); ++u)
      layers_.back().thresholds[u] = rounded(layer.thresholds[u] / kStateUnit);
  }
  for (size_t row = 0; row < decoder_.rows(); ++row) {
    decoder_scales_[row] = static_cast<float>(decoder_.scale(row));
    decoder_biases_[row] = network.decoder_biases[row];
  }
}

void IntegerNetwork::reset() {
  for (Layer& layer : layers_) {
    std::fill(layer.output.begin(), layer.output.end(), int16_t{0});
    std::fill(layer.memory.begin(), layer.memory.end(), int16_t{0});
    layer.events.count = 0;
  }
}

void IntegerNetwork::step_word(size_t word) {
  std::copy_n(embedding_.begin() + static_cast<int64_t>(word * inputs_), inputs_, in_.begin());
  step_layers();
}

void IntegerNetwork::step(std::span<const float> in) {
  std::copy(in.begin(), in.end(), real_in_.begin());
  round_to_integers(real_in_.data(), static_cast<float>(1 / input_scale_), real_in_.size(), in_.data());
  step_layers();
}

void IntegerNetwork::step_layers() {
  std::span<const int16_t> in = std::span(in_).first(inputs_);
  input_events_.find(in, all_);
  const Events* events = &input_events_;
  for (Layer& layer : layers_) {
    layer.input.run(in, *events);
    layer.recurrent.run(layer.output, layer.events);
    step_integer_units(
        {layer.input.values.data(), layer.recurrent.values.data(), sigmoid_.knots(), tanh_.knots(),
         layer.thresholds.empty() ? nullptr : layer.thresholds.data(), layer.memory.data(), layer.output.data()},
        layer.hidden);
    in = layer.units_of(layer.output);
    layer.events.find(in, all_);
    events = &layer.events;
  }
}

std::span<const float> IntegerNetwork::decode() {
  size_t place = 0, count = 0;
  for (size_t i = first_read_; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    std::copy_n(layer.output.begin(), layer.hidden, read_.begin() + static_cast<std::ptrdiff_t>(place));
    for (size_t e = 0; e < layer.events.count; ++e)
      read_events_[count++] = layer.events.places[e] + static_cast<uint32_t>(place);
    place += layer.hidden;
  }
  decoder_.multiply(read_, std::span(read_events_).first(count), decoder_sums_.data());
  scale_to_floats(decoder_sums_.data(), decoder_scales_.data(), decoder_biases_.data(), logits_.size(), logits_.data());
  return std::span(logits_).first(decoder_.rows());
}

}  // namespace flashcell::quant
