#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/operator_context.hpp"

// QuantizeLinear and DequantizeLinear around values and weights. Fewer bits than the 8 of the ONNX type are a Clip of
// the integers in between (QCDQ: Pappalardo et al., QONNX: Representing Arbitrary-Precision Quantized Neural Networks,
// 2022).
namespace flashcell::quant::onnx {
namespace {

std::vector<float> scales_of(const OperatorContext& c) {
  const Known& scale = c.require_known(1, "scale");
  if (scale.integer() || scale.dims.size() > 1 || scale.reals.empty())
    throw ModelError("its scale must be one real number, or one for each channel");
  return scale.reals;
}

// Zero points as many as scales, and the type of the integers.
std::vector<int32_t> zero_points_of(const OperatorContext& c, size_t count, int& data_type) {
  std::vector<int32_t> points(count, 0);
  const Known* given = c.known(2);
  if (given == nullptr) {
    if (c.has(2)) throw ModelError("its zero point must be fixed");
    return points;
  }
  data_type = given->data_type;
  if (!given->integer() || given->integers.size() != count) throw ModelError("it needs as many zero points as scales");
  for (size_t i = 0; i < count; ++i) {
    if (std::abs(given->integers[i]) > INT32_MAX) throw ModelError("its zero point is out of range");
    points[i] = static_cast<int32_t>(given->integers[i]);
  }
  return points;
}

Quantization quantization_of(const OperatorContext& c, int data_type, size_t rank) {
  Quantization q;
  q.scale = scales_of(c);
  q.zero_point = zero_points_of(c, q.scale.size(), data_type);
  if (data_type != kUint8 && data_type != kInt8 && data_type != kUint16 && data_type != kInt16)
    throw ModelError("only integers of 8 and 16 bits are supported");
  q.bits = data_type == kUint8 || data_type == kInt8 ? 8 : 16;
  q.is_signed = data_type == kInt8 || data_type == kInt16;
  if (q.per_channel()) q.axis = checked_axis(c.integer("axis", 1), rank);
  return q;
}

bool is_signed_type(int data_type) {
  return data_type == kInt8 || data_type == kInt16;
}

// What is added to a quantization's integers to get those of the file: one type may hold both signed and unsigned ones.
int32_t shift_in_file(const Quantization& q, int data_type) {
  const int32_t half = data_type == kInt8 || data_type == kUint8 ? 1 << 7 : 1 << 15;
  if (q.is_signed == is_signed_type(data_type)) return 0;
  return q.is_signed ? half : -half;
}

// Of integers as the file's type has them: the bits whose range a Clip cuts them to, signed or not.
void narrow_range(Quantization& q, int data_type, int64_t low, int64_t high) {
  struct Form {
    bool is_signed, narrow;
  };
  const bool plain = is_signed_type(data_type);
  for (int bits = kMinBits; bits <= q.bits; ++bits) {
    for (const Form form : {Form{plain, false}, Form{true, true}, Form{!plain, false}}) {
      Quantization fewer = q;
      fewer.bits = bits;
      fewer.is_signed = form.is_signed;
      fewer.narrow = form.narrow;
      if (fewer.narrow && bits < 2) continue;
      const int32_t shift = shift_in_file(fewer, data_type);
      if (fewer.lowest() + shift != low || fewer.highest() + shift != high) continue;
      for (int32_t& zero : fewer.zero_point) zero -= shift;
      q = fewer;
      return;
    }
  }
  throw ModelError("a clip of integers to " + std::to_string(low) + ".." + std::to_string(high) +
                   " is not the range of a number of bits");
}

int64_t bound(const OperatorContext& c, int input) {
  const std::vector<int64_t> one = c.integers(input, "bound");
  if (one.size() != 1) throw ModelError("its bound must be one integer");
  return one[0];
}

// Integers that stand for known real numbers, as ONNX rounds: halves to even.
void quantize_known(OperatorContext& c, const Known& real) {
  Known result;
  result.data_type = c.has(2) ? c.require_known(2, "zero point").data_type : kUint8;
  result.dims = real.dims;
  const Quantization q = quantization_of(c, result.data_type, real.dims.size());
  size_t inner = 1;
  if (q.per_channel())
    for (size_t i = static_cast<size_t>(q.axis) + 1; i < real.dims.size(); ++i)
      inner *= static_cast<size_t>(real.dims[i]);
  for (size_t i = 0; i < real.reals.size(); ++i) {
    const size_t channel = q.per_channel() ? i / std::max<size_t>(inner, 1) % q.scale.size() : 0;
    const float integer = std::nearbyint(real.reals[i] / q.scale[channel]) + static_cast<float>(q.zero_point[channel]);
    result.integers.push_back(static_cast<int64_t>(
        std::fmin(std::fmax(integer, static_cast<float>(q.lowest())), static_cast<float>(q.highest()))));
  }
  c.emit_known(std::move(result));
}

void quantize(OperatorContext& c) {
  if (const Known* known = c.known(0)) {
    if (known->integer()) throw ModelError("its input holds integers already");
    return quantize_known(c, *known);
  }
  const Known* zero_point = c.known(2);
  const int data_type = zero_point != nullptr ? zero_point->data_type : kUint8;
  const NodeId source = c.value(0);
  c.state().stored[c.output_name()] = {source, c.input_name(0), data_type,
                                       quantization_of(c, data_type, c.graph().node(source).shape.size())};
}

// Known integers keep the range they are cut to, so that their bits can be told later.
void clip_known(OperatorContext& c, const Known& integers) {
  Known result = integers;
  const int64_t low = bound(c, 1), high = bound(c, 2);
  if (low > high) throw ModelError("its range is empty");
  for (int64_t& i : result.integers) i = std::clamp(i, low, high);
  Quantization q;
  q.is_signed = is_signed_type(integers.data_type);
  q.bits = integers.data_type == kInt16 || integers.data_type == kUint16 ? 16 : 8;
  narrow_range(q, integers.data_type, low, high);
  result.quantization = q;
  c.emit_known(std::move(result));
}

void clip_stored(OperatorContext& c, Stored stored) {
  narrow_range(stored.quantization, stored.data_type, bound(c, 1), bound(c, 2));
  c.state().stored[c.output_name()] = std::move(stored);
}

void dequantize_known(OperatorContext& c, const Known& stored) {
  Known result;
  result.dims = stored.dims;
  if (stored.data_type == kInt32) {
    // A bias: its integers have the scale of input times weight, one for each channel; kept as real numbers.
    const std::vector<float> scales = scales_of(c);
    if (stored.dims.size() != 1 || (scales.size() > 1 && scales.size() != stored.integers.size()))
      throw ModelError("32-bit integers are supported for a bias only");
    for (size_t i = 0; i < stored.integers.size(); ++i)
      result.reals.push_back(static_cast<float>(stored.integers[i]) * scales[scales.size() > 1 ? i : 0]);
    return c.emit_known(std::move(result));
  }
  Quantization q = quantization_of(c, stored.data_type, stored.dims.size());
  const std::vector<int32_t> zero_points = q.zero_point;  // the file's
  if (stored.quantization) {
    q.bits = stored.quantization->bits;
    q.is_signed = stored.quantization->is_signed;
    q.narrow = stored.quantization->narrow;
    for (int32_t& zero : q.zero_point) zero -= shift_in_file(q, stored.data_type);
  }
  q = canonical(q);
  if (q.is_signed && !stored.quantization) {
    const int32_t lowest = q.lowest() + shift_in_file(q, stored.data_type);
    q.narrow = std::find(stored.integers.begin(), stored.integers.end(), lowest) == stored.integers.end();
  }
  const int64_t channels = q.per_channel() ? stored.dims[static_cast<size_t>(q.axis)] : 1;
  if (const std::string fault = find_fault(q, channels); !fault.empty()) throw ModelError(fault);
  size_t inner = 1;
  for (size_t i = static_cast<size_t>(q.axis) + 1; q.per_channel() && i < stored.dims.size(); ++i)
    inner *= static_cast<size_t>(stored.dims[i]);
  for (size_t i = 0; i < stored.integers.size(); ++i) {
    const size_t channel = q.per_channel() ? i / inner % q.scale.size() : 0;
    result.reals.push_back(q.scale[channel] * static_cast<float>(stored.integers[i] - zero_points[channel]));
  }
  result.quantization = std::move(q);
  c.emit_known(std::move(result));
}

// An input is bytes from outside, unsigned; what only moves numbers stores them as they were.
Quantization form_in_graph(const Graph& graph, const Node& node, const Quantization& q) {
  if (std::holds_alternative<Input>(node.layer)) return as_unsigned(q);
  const Quantization form = canonical(q);
  if (!only_moves(node.layer)) return form;
  const std::optional<Quantization>& before = graph.node(node.inputs[0]).quantization;
  return before && canonical(*before) == form ? *before : form;
}

void dequantize_value(OperatorContext& c, const Stored& stored) {
  if (scales_of(c) != stored.quantization.scale)
    throw ModelError("its scale differs from that of the QuantizeLinear before it");
  int data_type = stored.data_type;
  std::vector<int32_t> zero_points = zero_points_of(c, stored.quantization.scale.size(), data_type);
  for (int32_t& zero : zero_points) zero -= shift_in_file(stored.quantization, stored.data_type);
  if (data_type != stored.data_type || zero_points != stored.quantization.zero_point)
    throw ModelError("its zero point differs from that of the QuantizeLinear before it");
  attach_quantization(c, stored.node, stored.value,
                      form_in_graph(c.graph(), c.graph().node(stored.node), stored.quantization));
}

}  // namespace

void attach_quantization(OperatorContext& c, NodeId id, const std::string& value, const Quantization& q) {
  const Node& source = c.graph().node(id);
  const bool free = !source.quantization && c.state().uses[value] == 1;
  if (free || source.quantization == q) {
    c.graph().set_quantization(id, q);
    return c.alias(id);
  }
  const NodeId copy = c.emit(pass_through(source.shape.size()), {id});
  c.graph().set_quantization(copy, q);
}

bool import_quantization(OperatorContext& c) {
  const auto stored = c.has(0) ? c.state().stored.find(c.input_name(0)) : c.state().stored.end();
  const bool on_stored = stored != c.state().stored.end();
  const Known* known = c.known(0);
  if (c.type() == "QuantizeLinear") return quantize(c), true;
  if (c.type() == "Clip" && on_stored) return clip_stored(c, stored->second), true;
  if (c.type() == "Clip" && known != nullptr && known->integer()) return clip_known(c, *known), true;
  if (c.type() != "DequantizeLinear") return false;
  if (on_stored) return dequantize_value(c, stored->second), true;
  if (known == nullptr || !known->integer()) throw ModelError("its input is not made by a QuantizeLinear");
  return dequantize_known(c, *known), true;
}

}  // namespace flashcell::quant::onnx
