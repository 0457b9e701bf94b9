#include "quant_models/layers/add.hpp"

#include <algorithm>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_pairwise.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/pairwise.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

void import_add(OnnxNode& node) {
  import_pairwise(node, Add{});
}

void import_sub(OnnxNode& node) {
  const NodeId first = node.value(0), second = operand(node, "negative", [](float x) { return -x; });
  node.emit(Add{}, {first, node.known(1) != nullptr ? second : scaled(node, second, -1, "negative")});
}

void import_sum(OnnxNode& node) {
  const int inputs = node.input_count();
  if (inputs < 1) throw ModelError("it has no inputs");
  if (inputs == 1) return node.pass_on(0);
  const bool mean = node.type() == "Mean";
  NodeId sum = node.value(0);
  for (int i = 1; i < inputs; ++i) {
    const bool last = i + 1 == inputs && !mean;
    sum = last ? node.emit(Add{}, {sum, node.value(i)}) : node.helper("partial", Add{}, {sum, node.value(i)});
  }
  if (mean) node.emit(Multiply{}, {sum, node.helper("share", Constant{number(1.0F / static_cast<float>(inputs))}, {})});
}

}  // namespace

std::string Add::describe() const {
  return "add";
}

Shape Add::infer_shape(std::span<const Shape> in) const {
  return broadcast(in[0], in[1]);
}

Step Add::make_step(const Shape& out, std::span<const Shape> in) const {
  return make_pairwise_step(out, in, [](float a, float b) { return a + b; });
}

void Add::write_onnx(OnnxWriter& file) const {
  file.add_node("Add");
}

OnnxOperators Add::onnx_operators() {
  return {{"Add", import_add}, {"Mean", import_sum}, {"Sub", import_sub}, {"Sum", import_sum}};
}

void Add::lower(Lowering& engine) const {
  const auto [a, b] = engine.pair();
  const Lowering::Target target = engine.target();
  const ModelBuilder::Tensor inputs[] = {a.tensor, b.tensor};
  if (std::max({engine.builder().tensor(a.tensor).bits, engine.builder().tensor(b.tensor).bits,
                static_cast<uint8_t>(target.format.bits)}) > 8) {
    // A product with 15 bits and a value of 16 fits into 32; 1 is exact.
    constexpr int kBits = 16;
    const auto out = static_cast<double>(target.format.scale);
    const contract::Requantization scales[] = {engine.dyadic_factor(a.scale / out, kBits),
                                               engine.dyadic_factor(b.scale / out, kBits)};
    return engine.keep(target, engine.builder().add(engine.name(), inputs, scales, 0, target.format, target.clamp),
                       a.layout);
  }
  const double out = static_cast<double>(target.format.scale), largest = std::max(a.scale, b.scale) / out;
  // Terms keep 16 bits: as many fraction bits as the larger one leaves.
  int bits = contract::kMaxFractionBits;
  while (bits > 0 && 255 * largest * (1 << bits) > 32767) --bits;
  const double steps = 1 << bits;
  const contract::Requantization scales[] = {engine.factor(a.scale / out * steps),
                                             engine.factor(b.scale / out * steps)};
  engine.keep(target, engine.builder().add(engine.name(), inputs, scales, bits, target.format, target.clamp), a.layout);
}

}  // namespace flashcell::quant
