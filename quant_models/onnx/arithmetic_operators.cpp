#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/known_tensors.hpp"
#include "quant_models/onnx/operator_tables.hpp"
#include "quant_models/tensor/shape_rules.hpp"

// Sums, products and what comes down to them.
namespace flashcell::quant::onnx {
namespace {

Tensor number(float value) {
  return {{}, {value}};
}

NodeId scaled(OperatorContext& c, NodeId value, float factor, const char* name) {
  const std::string suffix = name;
  return c.helper(suffix, Multiply{}, {value, c.helper(suffix + ".factor", Constant{number(factor)}, {})});
}

// The second operand with the dimensions that stretch to the first; a constant is changed by `function` on its way.
template <class Function>
NodeId operand(OperatorContext& c, const char* name, Function function) {
  if (c.node().input_size() != 2) throw ModelError("it needs two inputs");
  const Shape first = c.shape(0);
  const Known* known = c.known(1);
  if (known == nullptr) {
    const NodeId value = c.value(1);
    const Shape dims = operand_dims(c, first, c.shape(1));
    return dims == c.shape(1) ? value : c.helper("operand", Reshape{dims}, {value});
  }
  if (known->integer()) throw ModelError("its input '" + c.input_name(1) + "' holds integers, expected real numbers");
  Tensor tensor{operand_dims(c, first, known->dims), known->reals};
  c.state().count_copies(tensor.values.size());
  for (float& value : tensor.values) value = function(value);
  return c.helper(name, Constant{std::move(tensor)}, {});
}

template <class Pairwise>
void import_pairwise(OperatorContext& c) {
  if (c.node().input_size() != 2) throw ModelError("it needs two inputs");
  const NodeId first = c.value(0);
  const bool plain = operand_dims(c, c.shape(0), c.known(1) != nullptr ? c.known(1)->dims : c.shape(1)) ==
                     (c.known(1) != nullptr ? c.known(1)->dims : c.shape(1));
  c.emit(Pairwise{}, {first, plain ? c.value(1) : operand(c, "operand", [](float x) { return x; })});
}

void import_sub(OperatorContext& c) {
  const NodeId first = c.value(0), second = operand(c, "negative", [](float x) { return -x; });
  c.emit(Add{}, {first, c.known(1) != nullptr ? second : scaled(c, second, -1, "negative")});
}

void import_div(OperatorContext& c) {
  c.require_known(1, "divisor");
  const NodeId first = c.value(0);
  c.emit(Multiply{}, {first, operand(c, "reciprocal", [](float x) { return 1 / x; })});
}

void import_neg(OperatorContext& c) {
  const NodeId x = c.value(0);
  c.emit(Multiply{}, {x, c.helper("minus", Constant{number(-1)}, {})});
}

void import_sum(OperatorContext& c) {
  const int inputs = c.node().input_size();
  if (inputs < 1) throw ModelError("it has no inputs");
  if (inputs == 1) return c.pass_on(0);
  const bool mean = c.type() == "Mean";
  NodeId sum = c.value(0);
  for (int i = 1; i < inputs; ++i) {
    const bool last = i + 1 == inputs && !mean;
    sum = last ? c.emit(Add{}, {sum, c.value(i)}) : c.helper("partial", Add{}, {sum, c.value(i)});
  }
  if (mean) c.emit(Multiply{}, {sum, c.helper("share", Constant{number(1.0F / static_cast<float>(inputs))}, {})});
}

// Which dimensions vanish.
std::vector<bool> reduced(OperatorContext& c, size_t rank) {
  const std::vector<int64_t> axes = c.attribute_or_input("axes", 1, c.type() == "ReduceSum" ? 13 : 18);
  if (axes.empty() && c.integer("noop_with_empty_axes", 0) != 0)
    throw ModelError("its attribute noop_with_empty_axes is not supported");
  std::vector<bool> gone(rank, axes.empty());
  for (const int64_t axis : axes) gone[static_cast<size_t>(checked_axis(axis, rank))] = true;
  return gone;
}

// Along any dimensions: those come last, as columns of an image that is pooled.
NodeId pooled_columns(OperatorContext& c, const GlobalPool& pool, const Shape& in, const std::vector<bool>& gone) {
  Transpose order;
  int64_t kept = 1, lost = 1;
  for (const bool last : {false, true}) {
    for (size_t i = 0; i < in.size(); ++i) {
      if (gone[i] != last) continue;
      order.order.push_back(static_cast<int>(i));
      (last ? lost : kept) *= in[i];
    }
  }
  NodeId x = c.value(0);
  if (!std::is_sorted(order.order.begin(), order.order.end())) x = c.helper("order", order, {x});
  return c.helper("pool", pool, {c.helper("columns", Reshape{{1, kept, 1, lost}}, {x})});
}

void import_reduce(OperatorContext& c) {
  const Shape in = c.shape(0);
  const std::vector<bool> gone = reduced(c, in.size());
  const GlobalPool pool{c.type() == "ReduceMax" ? PoolKind::max : PoolKind::average};
  const bool keeps = c.integer("keepdims", 1) != 0, images = gone == std::vector<bool>{false, false, true, true};
  Shape out;
  int64_t lost = 1;
  for (size_t i = 0; i < in.size(); ++i) {
    if (gone[i]) lost *= in[i];
    if (!gone[i] || keeps) out.push_back(gone[i] ? 1 : in[i]);
  }
  if (images && keeps && c.type() != "ReduceSum") return (void)c.emit(pool, {c.value(0)});
  NodeId result = images ? c.helper("pool", pool, {c.value(0)}) : pooled_columns(c, pool, in, gone);
  if (c.type() == "ReduceSum") result = scaled(c, result, static_cast<float>(lost), "sum");
  c.emit_reshape(result, std::move(out));
}

// Powers that are products.
void import_pow(OperatorContext& c) {
  const Known& exponent = c.require_known(1, "exponent");
  const double power = exponent.reals.size() == 1      ? static_cast<double>(exponent.reals[0])
                       : exponent.integers.size() == 1 ? static_cast<double>(exponent.integers[0])
                                                       : 0;
  if (power != 2 && power != 3) throw ModelError("only the powers 2 and 3 are supported");
  const NodeId x = c.value(0);
  const NodeId base = power == 3 ? c.helper("square", Multiply{}, {x, x}) : x;
  c.emit(Multiply{}, {base, x});
}

// x < 0 ? slope * x : x with a slope for each channel: relu(x) - slope * relu(-x).
void import_prelu(OperatorContext& c) {
  const Known& slope = c.require_known(1, "slope");
  if (slope.integer()) throw ModelError("its slope is not of real numbers");
  const NodeId x = c.value(0);
  if (c.shape(0).size() < 2) throw ModelError("its input has no channels");
  if (slope.reals.size() == 1 && slope.dims.size() <= c.shape(0).size())
    return (void)c.emit(Activation{.kind = ActivationKind::leaky_relu, .slope = slope.reals[0]}, {x});
  const NodeId above = c.helper("above", Activation{}, {x});
  const NodeId below = c.helper("below", Activation{}, {scaled(c, x, -1, "negative")});
  Tensor opposite = slope.tensor();
  // Below operator set 7 the only dimension is that of the channels.
  if (c.opset() < 7 && opposite.shape.size() == 1) opposite.shape.resize(c.shape(0).size() - 1, 1);
  c.state().count_copies(opposite.values.size());
  for (float& value : opposite.values) value = -value;
  const NodeId factor = c.helper("slope", Constant{std::move(opposite)}, {});
  c.emit(Add{}, {above, c.helper("slanted", Multiply{}, {below, factor})});
}

// Real numbers stay real: computing is in float32 whatever the file says.
void import_cast(OperatorContext& c) {
  const auto to = static_cast<int>(std::clamp<int64_t>(c.integer("to", kFloat), 0, 1000));
  if (is_integer(to)) throw ModelError("its attribute to asks for " + name_of_type(to) + "; values are real numbers");
  c.pass_on(0);
}

}  // namespace

OperatorTable arithmetic_operators() {
  return {
      {"Add", import_pairwise<Add>},
      {"Cast", import_cast},
      {"Div", import_div},
      {"Mean", import_sum},
      {"Mul", import_pairwise<Multiply>},
      {"Neg", import_neg},
      {"Pow", import_pow},
      {"PRelu", import_prelu},
      {"ReduceMax", import_reduce},
      {"ReduceMean", import_reduce},
      {"ReduceSum", import_reduce},
      {"Sub", import_sub},
      {"Sum", import_sum},
  };
}

}  // namespace flashcell::quant::onnx
