#include "quant_models/onnx/constant_folding.hpp"

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/known_tensors.hpp"

namespace flashcell::quant::onnx {
namespace {

Known constant(const OperatorContext& context) {
  if (const auto* value = context.find("value")) return read_tensor(value->t());
  Known known;
  if (context.has_attribute("value_int") || context.has_attribute("value_ints")) {
    known = known_integers(context.integers("value_ints"));
    if (!context.has_attribute("value_int")) return known;
    known.dims = {};
    known.integers = {context.integer("value_int", 0)};
    return known;
  }
  if (const auto* value = context.find("value_float")) {
    known.reals = {value->f()};
  } else if (const auto* values = context.find("value_floats")) {
    known.reals.assign(values->floats().begin(), values->floats().end());
    known.dims = {static_cast<int64_t>(known.reals.size())};
  } else {
    throw ModelError("it holds neither a tensor nor numbers");
  }
  return known;
}

bool all_known(const OperatorContext& context) {
  for (int i = 0; i < context.node().input_size(); ++i)
    if (context.has(i) && context.known(i) == nullptr) return false;
  return context.has(0);
}

const FoldTable& table() {
  static const FoldTable both = [] {
    FoldTable all = constant_moves();
    all.merge(constant_arithmetic());
    return all;
  }();
  return both;
}

}  // namespace

bool fold_constants(OperatorContext& context) {
  const std::string& type = context.type();
  if (type == "Constant") {
    Known known = constant(context);
    context.state().stored_numbers += known.reals.size() + known.integers.size();
    return context.emit_known(std::move(known)), true;
  }
  if (type == "Shape" || type == "Size") return context.emit_known(known_shape(context)), true;
  if (!all_known(context)) return false;
  if (type == "Split") return fold_split(context), true;
  const auto found = table().find(type);
  if (found == table().end()) return false;
  context.emit_known(found->second(context));
  return true;
}

std::vector<std::string> folded_operators() {
  std::vector<std::string> names = {"Constant", "Shape", "Size", "Split"};
  for (const auto& [name, fold] : table()) names.push_back(name);
  return names;
}

}  // namespace flashcell::quant::onnx
