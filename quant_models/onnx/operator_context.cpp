#include "quant_models/onnx/operator_context.hpp"

#include "quant_models/model_error.hpp"

namespace flashcell::quant::onnx {
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
  if (known->second.integer())
    throw ModelError("its input '" + name + "' holds integers, expected floating-point numbers");
  state_.count_copies(known->second.reals.size());
  const NodeId id = graph().add(graph().free_name(name), Constant{known->second.tensor()});
  return state_.values[name] = id;
}

const Known* OperatorContext::known(int input) const {
  if (!has(input)) return nullptr;
  const auto found = state_.known.find(input_name(input));
  return found == state_.known.end() ? nullptr : &found->second;
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

std::vector<float> OperatorContext::reals(const char* name) const {
  const auto* attribute = find(name);
  if (attribute == nullptr) return {};
  return {attribute->floats().begin(), attribute->floats().end()};
}

const std::string& OperatorContext::output_name(int output) const {
  if (output >= node_.output_size() || node_.output(output).empty())
    throw ModelError("its output " + std::to_string(output) + " has no name");
  return node_.output(output);
}

NodeId OperatorContext::emit(Layer layer, std::vector<NodeId> inputs, int output) {
  const std::string& value = output_name(output);
  state_.count_copies(static_cast<size_t>(parameter_count(layer)));
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

}  // namespace flashcell::quant::onnx
