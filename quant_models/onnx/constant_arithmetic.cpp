#include <algorithm>
#include <cmath>
#include <limits>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/constant_folding.hpp"
#include "quant_models/onnx/known_tensors.hpp"
#include "quant_models/tensor/strides.hpp"

// Arithmetic on known numbers: integers in 64 bits, real numbers in float32.
namespace flashcell::quant::onnx {
namespace {

void require_in_range(int data_type, int64_t integer) {
  const bool wide = data_type == kInt64;
  const bool fits = data_type == kBool ? integer == 0 || integer == 1
                                       : integer >= lowest_of(data_type) && integer <= highest_of(data_type);
  if (!wide && !fits) throw ModelError("its integer " + std::to_string(integer) + " leaves the range of its type");
}

Known cast(OperatorContext& c) {
  const Known& from = c.require_known(0, "input");
  Known result;
  result.data_type = static_cast<int>(std::clamp<int64_t>(c.integer("to", kFloat), 0, 1000));
  result.dims = from.dims;
  require_numbers(result.data_type);
  c.state().require_room(from.reals.size() + from.integers.size());
  if (from.integer() && !result.integer()) {
    result.reals.assign(from.integers.begin(), from.integers.end());
  } else if (!from.integer() && !result.integer()) {
    result.reals = from.reals;
  } else if (from.integer()) {
    result.integers = from.integers;
  } else {
    for (const float real : from.reals) {
      if (!(std::abs(real) < 0x1p63F)) throw ModelError("its number " + std::to_string(real) + " is no integer");
      result.integers.push_back(result.data_type == kBool ? real != 0 : static_cast<int64_t>(real));
    }
  }
  for (int64_t& integer : result.integers) {
    if (result.data_type == kBool) integer = integer != 0;
    require_in_range(result.data_type, integer);
  }
  return result;
}

// ---- two numbers at a time

int64_t integer_result(const std::string& type, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflow = false;
  if (type == "Add") overflow = __builtin_add_overflow(a, b, &result);
  if (type == "Sub") overflow = __builtin_sub_overflow(a, b, &result);
  if (type == "Mul") overflow = __builtin_mul_overflow(a, b, &result);
  if (type == "Max") result = std::max(a, b);
  if (type == "Min") result = std::min(a, b);
  if (type == "And") result = a != 0 && b != 0;
  if (type == "Or") result = a != 0 || b != 0;
  if (type == "Div" || type == "Mod") {
    overflow = b == 0 || (a == std::numeric_limits<int64_t>::min() && b == -1);
    if (!overflow) result = type == "Div" ? a / b : ((a % b) + b) % b;
  }
  if (overflow) throw ModelError("its integers overflow or are divided by zero");
  return result;
}

float real_result(const std::string& type, float a, float b) {
  if (type == "Add") return a + b;
  if (type == "Sub") return a - b;
  if (type == "Mul") return a * b;
  if (type == "Div") return a / b;
  if (type == "Max") return std::max(a, b);
  if (type == "Min") return std::min(a, b);
  if (type == "Pow") return std::pow(a, b);
  throw ModelError("floating-point numbers are not supported here");
}

struct Pair {
  Known a, b;
};

// Both inputs, stretched to each other.
Pair stretched_pair(OperatorContext& c, const Known& a, const Known& b) {
  const Shape dims = known_broadcast(a.dims, b.dims);
  c.state().require_room(3 * static_cast<size_t>(known_count(dims)));
  return {stretched(a, dims), stretched(b, dims)};
}

Known combine(OperatorContext& c, const Known& first, const Known& second) {
  if (first.integer() != second.integer()) throw ModelError("it mixes integers and floating-point numbers");
  const auto [a, b] = stretched_pair(c, first, second);
  Known result;
  result.data_type = first.data_type;
  result.dims = a.dims;
  for (size_t i = 0; i < a.integers.size(); ++i) {
    result.integers.push_back(integer_result(c.type(), a.integers[i], b.integers[i]));
    require_in_range(result.data_type, result.integers.back());
  }
  for (size_t i = 0; i < a.reals.size(); ++i) result.reals.push_back(real_result(c.type(), a.reals[i], b.reals[i]));
  return result;
}

Known pairwise(OperatorContext& c) {
  if (c.node().input_size() != 2) throw ModelError("it needs two inputs");
  const Known &first = c.require_known(0, "input"), &second = c.require_known(1, "input");
  return combine(c, first, reshaped(second, operand_dims(c, first.dims, second.dims)));
}

// Max and Min take any number of inputs.
Known many(OperatorContext& c) {
  Known result = c.require_known(0, "input");
  for (int i = 1; i < c.node().input_size(); ++i) result = combine(c, result, c.require_known(i, "input"));
  result.quantization.reset();
  return result;
}

Known modulo(OperatorContext& c) {
  if (c.integer("fmod", 0) != 0) throw ModelError("its attribute fmod is not supported");
  return pairwise(c);
}

Known power(OperatorContext& c) {
  if (c.require_known(0, "base").integer() || c.require_known(1, "exponent").integer())
    throw ModelError("only floating-point numbers are supported");
  return pairwise(c);
}

Known compare(OperatorContext& c) {
  const Known &first = c.require_known(0, "input"), &second = c.require_known(1, "input");
  if (first.integer() != second.integer()) throw ModelError("it mixes integers and floating-point numbers");
  const auto [a, b] = stretched_pair(c, first, reshaped(second, operand_dims(c, first.dims, second.dims)));
  const std::string& type = c.type();
  const auto result_of = [&](auto x, auto y) -> int64_t {
    if (type == "Equal") return x == y;
    if (type == "Less") return x < y;
    if (type == "LessOrEqual") return x <= y;
    return type == "Greater" ? x > y : x >= y;
  };
  Known result;
  result.data_type = kBool;
  result.dims = a.dims;
  for (size_t i = 0; i < a.integers.size(); ++i) result.integers.push_back(result_of(a.integers[i], b.integers[i]));
  for (size_t i = 0; i < a.reals.size(); ++i) result.integers.push_back(result_of(a.reals[i], b.reals[i]));
  return result;
}

Known where(OperatorContext& c) {
  const Known &condition = c.require_known(0, "condition"), &x = c.require_known(1, "input"),
              &y = c.require_known(2, "input");
  if (condition.data_type != kBool || x.integer() != y.integer()) throw ModelError("its inputs do not fit together");
  const Shape dims = known_broadcast(condition.dims, known_broadcast(x.dims, y.dims));
  c.state().require_room(4 * static_cast<size_t>(known_count(dims)));
  const Known chosen = stretched(condition, dims), otherwise = stretched(y, dims);
  Known result = stretched(x, dims);
  result.quantization.reset();
  for (size_t i = 0; i < chosen.integers.size(); ++i) {
    if (chosen.integers[i] != 0) continue;
    if (result.integer()) {
      result.integers[i] = otherwise.integers[i];
    } else {
      result.reals[i] = otherwise.reals[i];
    }
  }
  return result;
}

// ---- one number at a time

float real_function(const std::string& type, float x) {
  if (type == "Abs") return std::abs(x);
  if (type == "Ceil") return std::ceil(x);
  if (type == "Exp") return std::exp(x);
  if (type == "Floor") return std::floor(x);
  if (type == "Log") return std::log(x);
  if (type == "Neg") return -x;
  if (type == "Reciprocal") return 1 / x;
  if (type == "Round") return std::nearbyint(x);  // halves to even, as the operator says
  return std::sqrt(x);
}

Known each(OperatorContext& c) {
  Known result = c.require_known(0, "input");
  result.quantization.reset();
  const std::string& type = c.type();
  if (result.integer() && type != "Neg" && type != "Abs") throw ModelError("integers are not supported here");
  for (float& real : result.reals) real = real_function(type, real);
  for (int64_t& integer : result.integers) {
    if (type == "Neg" || integer < 0) integer = integer_result("Sub", 0, integer);
    require_in_range(result.data_type, integer);
  }
  return result;
}

Known opposite(OperatorContext& c) {
  Known result = c.require_known(0, "input");
  if (result.data_type != kBool) throw ModelError("its input must be logical");
  for (int64_t& integer : result.integers) integer = integer == 0;
  return result;
}

// ---- along dimensions

Known reduce(OperatorContext& c) {
  const Known& data = c.require_known(0, "data");
  std::vector<int64_t> axes = c.attribute_or_input("axes", 1, c.type() == "ReduceSum" ? 13 : 18);
  if (axes.empty() && c.integer("noop_with_empty_axes", 0) != 0) return data;
  std::vector<bool> gone(data.dims.size(), axes.empty());
  for (const int64_t axis : axes) gone[static_cast<size_t>(checked_axis(axis, data.dims.size()))] = true;
  Known result;
  result.data_type = data.data_type;
  Shape kept = data.dims;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (gone[i]) kept[i] = 1;
    if (!gone[i] || c.integer("keepdims", 1) != 0) result.dims.push_back(kept[i]);
  }
  std::vector<int64_t> steps = strides_of(kept);
  for (size_t i = 0; i < steps.size(); ++i)
    if (gone[i]) steps[i] = 0;
  c.state().require_room(data.reals.size() + data.integers.size());
  const std::vector<int64_t> places = walk(data.dims, 0, steps);
  const auto count = static_cast<size_t>(known_count(kept));
  if (places.empty()) throw ModelError("it has no numbers");
  std::vector<bool> begun(count, false);
  const bool mean = c.type() == "ReduceMean";
  const std::string operation = c.type() == "ReduceProd"  ? "Mul"
                                : c.type() == "ReduceMax" ? "Max"
                                : c.type() == "ReduceMin" ? "Min"
                                                          : "Add";
  if (mean && data.integer()) throw ModelError("integers are not supported here");
  const auto gather = [&](const auto& from, auto& to, auto combine) {
    to.assign(from.empty() ? 0 : count, 0);
    for (size_t i = 0; i < from.size(); ++i) {
      const auto at = static_cast<size_t>(places[i]);
      to[at] = begun[at] ? combine(operation, to[at], from[i]) : from[i];
      begun[at] = true;
    }
  };
  gather(data.integers, result.integers, integer_result);
  gather(data.reals, result.reals, real_result);
  for (const int64_t integer : result.integers) require_in_range(result.data_type, integer);
  if (mean)
    for (float& real : result.reals) real /= static_cast<float>(data.reals.size()) / static_cast<float>(count);
  return result;
}

}  // namespace

FoldTable constant_arithmetic() {
  FoldTable table = {{"Cast", cast},    {"Max", many},  {"Min", many},   {"Mod", modulo},
                     {"Not", opposite}, {"Pow", power}, {"Where", where}};
  for (const char* type : {"Add", "And", "Div", "Mul", "Or", "Sub"}) table.emplace(type, pairwise);
  for (const char* type : {"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"}) table.emplace(type, compare);
  for (const char* type : {"Abs", "Ceil", "Exp", "Floor", "Log", "Neg", "Reciprocal", "Round", "Sqrt"})
    table.emplace(type, each);
  for (const char* type : {"ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"})
    table.emplace(type, reduce);
  return table;
}

}  // namespace flashcell::quant::onnx
