#include "quant_models/onnx/operator_context.hpp"

#include <algorithm>

#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant::onnx {
namespace {

size_t numbers_in(const Layer& layer) {
  if (const Tensor* weight = weight_of(layer)) return weight->values.size() + bias_of(layer)->values.size();
  if (const Constant* constant = std::get_if<Constant>(&layer)) return constant->value.values.size();
  if (const BatchNormalization* norm = std::get_if<BatchNormalization>(&layer)) return 4 * norm->scale.values.size();
  return 0;
}

}  // namespace

void ImportState::require_room(size_t numbers) const {
  const uint64_t most = kMostCopies * stored_numbers + kFreeNumbers;
  if (copied_numbers > most || numbers > most - copied_numbers)
    throw ModelError("it and the nodes before it make more than " + std::to_string(kMostCopies) +
                     " times the numbers of the file's tensors, and " + std::to_string(kFreeNumbers));
}

void ImportState::count_copies(size_t numbers) {
  require_room(numbers);
  copied_numbers += numbers;
}

bool OperatorContext::has(int input) const {
  return input < node_.input_size() && !node_.input(input).empty();
}

const std::string& OperatorContext::input_name(int input) const {
  if (!has(input)) throw ModelError("its input " + std::to_string(input) + " is missing");
  return node_.input(input);
}

NodeId OperatorContext::value(int input) {
  const std::string& name = input_name(input);
  if (const auto found = state_.values.find(name); found != state_.values.end()) return found->second;
  if (state_.stored.contains(name))
    throw ModelError("it computes on the integers '" + name + "'; quantized values must pass DequantizeLinear first");
  const auto known = state_.known.find(name);
  // The file's nodes are sorted: one has been converted that makes it, but not this output of it.
  if (known == state_.known.end())
    throw ModelError("its input '" + name + "' is not supported: the node that makes it gives its first output only");
  if (known->second.integer()) throw ModelError("its input '" + name + "' holds integers, expected real numbers");
  state_.count_copies(known->second.reals.size());
  const NodeId id = graph().add(graph().free_name(name), Constant{known->second.tensor()});
  return state_.values[name] = id;
}

const Known* OperatorContext::known(int input) const {
  if (!has(input)) return nullptr;
  const auto found = state_.known.find(input_name(input));
  return found == state_.known.end() ? nullptr : &found->second;
}

const Known& OperatorContext::require_known(int input, const char* what) const {
  const std::string& name = input_name(input);
  const Known* found = known(input);
  if (found == nullptr)
    throw ModelError(std::string("its ") + what + " '" + name +
                     "' is computed while the network runs; it must be fixed");
  return *found;
}

std::vector<int64_t> OperatorContext::integers(int input, const char* what) const {
  const Known& tensor = require_known(input, what);
  if (!tensor.integer()) throw ModelError(std::string("its ") + what + " must be integers");
  return tensor.integers;
}

float OperatorContext::number(int input, float otherwise) const {
  if (!has(input)) return otherwise;
  const Known& tensor = require_known(input, "input");
  if (tensor.reals.size() != 1) throw ModelError("its input '" + input_name(input) + "' must be one real number");
  return tensor.reals[0];
}

const onnx_file::AttributeProto* OperatorContext::find(const char* name) const {
  for (const onnx_file::AttributeProto& attribute : node_.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

int64_t OperatorContext::integer(const char* name, int64_t otherwise) const {
  const auto* attribute = find(name);
  return attribute != nullptr ? attribute->i() : otherwise;
}

float OperatorContext::real(const char* name, float otherwise) const {
  const auto* attribute = find(name);
  return attribute != nullptr ? attribute->f() : otherwise;
}

std::string OperatorContext::text(const char* name, const std::string& otherwise) const {
  const auto* attribute = find(name);
  return attribute != nullptr ? attribute->s() : otherwise;
}

std::vector<int64_t> OperatorContext::integers(const char* name) const {
  const auto* attribute = find(name);
  if (attribute == nullptr) return {};
  return {attribute->ints().begin(), attribute->ints().end()};
}

void OperatorContext::require_attribute(const char* name, int64_t only, int64_t otherwise) const {
  const int64_t given = integer(name, otherwise);
  if (given != only)
    throw ModelError(std::string("its attribute ") + name + " is " + std::to_string(given) + "; only " +
                     std::to_string(only) + " is supported");
}

std::vector<int64_t> OperatorContext::attribute_or_input(const char* name, int input, int64_t since) const {
  if (opset() < since) return integers(name);
  return has(input) ? integers(input, name) : std::vector<int64_t>{};
}

const std::string& OperatorContext::output_name(int output) const {
  if (output >= node_.output_size() || node_.output(output).empty())
    throw ModelError("its output " + std::to_string(output) + " has no name");
  return node_.output(output);
}

NodeId OperatorContext::emit(Layer layer, std::vector<NodeId> inputs, int output) {
  const std::string& value = output_name(output);
  state_.count_copies(numbers_in(layer));
  const bool named = !node_.name().empty() && node_.output_size() == 1;
  return state_.values[value] =
             graph().add(graph().free_name(named ? node_.name() : value), std::move(layer), std::move(inputs));
}

NodeId OperatorContext::helper(const std::string& suffix, Layer layer, std::vector<NodeId> inputs) {
  return graph().add(graph().free_name((node_.name().empty() ? output_name() : node_.name()) + "." + suffix),
                     std::move(layer), std::move(inputs));
}

void OperatorContext::pass_on(int input) {
  if (const Known* same = known(input)) return emit_known(*same);
  alias(value(input));
  state_.uses[output_name()] += state_.uses[input_name(input)] - 1;
}

void OperatorContext::emit_known(Known known, int output) {
  state_.count_copies(known.reals.size() + known.integers.size());
  state_.known[output_name(output)] = std::move(known);
}

NodeId OperatorContext::emit_reshape(NodeId value, Shape target) {
  const Shape& in = graph().node(value).shape;
  if (!target.empty() && !in.empty() && target[0] == in[0]) target[0] = 0;
  return emit(Reshape{std::move(target)}, {value});
}

Tensor vector_of(const Known& known, int64_t length, const char* what) {
  if (static_cast<int64_t>(known.reals.size()) != length)
    throw ModelError(std::string("its ") + what + " has " + std::to_string(known.reals.size()) + " numbers, expected " +
                     std::to_string(length));
  return {{length}, known.reals};
}

int checked_axis(int64_t axis, size_t rank) {
  return resolve_axis(static_cast<int>(std::clamp<int64_t>(axis, -1000, 1000)), rank);
}

}  // namespace flashcell::quant::onnx
