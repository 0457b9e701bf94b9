#include "quant_models/layers/reshape.hpp"

#include <algorithm>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

using onnx::squeezed;
using onnx::unsqueezed;

void import_reshape(OnnxNode& node) {
  if (node.integer("allowzero", 0) != 0) throw ModelError("allowzero is not supported");
  std::vector<int64_t> target = node.attribute_or_input("shape", 1, 5);
  const Shape& in = node.shape(0);
  if (!target.empty() && !in.empty() && target[0] == in[0]) target[0] = 0;
  node.emit(Reshape{std::move(target)}, {node.value(0)});
}

void import_flatten(OnnxNode& node) {
  const Shape in = node.shape(0);
  const auto rank = static_cast<int64_t>(in.size());
  const int64_t given = node.integer("axis", 1), axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis > rank) throw ModelError("its axis " + std::to_string(given) + " does not exist");
  if (axis == 1) return (void)node.emit(Reshape{{0, -1}}, {node.value(0)});
  node.emit(Reshape{{element_count({in.begin(), in.begin() + axis}), element_count({in.begin() + axis, in.end()})}},
            {node.value(0)});
}

// Depth to space and back: a reshape that splits dimensions, a transpose, a reshape that joins them.
void import_blocks(OnnxNode& node) {
  const Shape in = node.shape(0);
  const int64_t b = node.integer("blocksize", 0);
  if (in.size() != 4 || b < 1 || b > 1024)
    throw ModelError("only images N x C x H x W and blocks of 1 to 1024 are supported");
  NodeId x = node.value(0);
  if (node.type() == "SpaceToDepth") {
    if (in[2] % b != 0 || in[3] % b != 0) throw ModelError("its blocks do not fit its input " + to_string(in));
    x = node.helper("blocks", Reshape{{0, in[1], in[2] / b, b, in[3] / b, b}}, {x});
    x = node.helper("turned", Transpose{{0, 3, 5, 1, 2, 4}}, {x});
    return (void)node.emit(Reshape{{0, in[1] * b * b, in[2] / b, in[3] / b}}, {x});
  }
  if (in[1] % (b * b) != 0) throw ModelError("its blocks do not fit its input " + to_string(in));
  const std::string mode = node.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") throw ModelError("its attribute mode is '" + mode + "'");
  const int64_t depth = in[1] / (b * b);
  const bool columns_first = mode == "CRD";
  x = node.helper("blocks",
                  Reshape{columns_first ? Shape{0, depth, b, b, in[2], in[3]} : Shape{0, b, b, depth, in[2], in[3]}},
                  {x});
  x = node.helper("turned",
                  Transpose{columns_first ? std::vector<int>{0, 1, 4, 2, 5, 3} : std::vector<int>{0, 3, 4, 1, 5, 2}},
                  {x});
  node.emit(Reshape{{0, depth, in[2] * b, in[3] * b}}, {x});
}

void import_squeeze(OnnxNode& node) {
  emit_reshape(node, node.value(0), squeezed(node.shape(0), node.attribute_or_input("axes", 1, 13)));
}

void import_unsqueeze(OnnxNode& node) {
  emit_reshape(node, node.value(0), unsqueezed(node.shape(0), node.attribute_or_input("axes", 1, 13)));
}

}  // namespace

NodeId emit_reshape(OnnxNode& node, NodeId value, Shape target) {
  const Shape& in = node.shape_of(value);
  if (!target.empty() && !in.empty() && target[0] == in[0]) target[0] = 0;
  return node.emit(Reshape{std::move(target)}, {value});
}

std::string Reshape::describe() const {
  return "reshape";
}

Shape Reshape::infer_shape(std::span<const Shape> in) const {
  const int64_t count = element_count(in[0]);
  require(target.size() <= kMaxRank, "its target has too many dimensions");
  Shape out = target;
  size_t open = out.size();
  int64_t known = 1;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 0) {
      require(i < in[0].size(), "its target keeps a dimension that its input " + to_string(in[0]) + " lacks");
      out[i] = in[0][i];
    }
    if (out[i] == -1) {
      require(open == out.size(), "its target leaves more than one extent open");
      open = i;
      continue;
    }
    require(out[i] >= 1 && out[i] <= count / known,
            "its input " + to_string(in[0]) + " does not fit the target " + to_string(target));
    known *= out[i];
  }
  if (open < out.size()) out[open] = count / known;
  require(element_count(out) == count,
          "its input " + to_string(in[0]) + " does not fit the target " + to_string(target));
  return out;
}

Step Reshape::make_step(const Shape& out, std::span<const Shape>) const {
  return [count = element_count(out)](StepInputs in, float* numbers) { std::copy_n(in[0], count, numbers); };
}

void Reshape::write_onnx(OnnxWriter& file) const {
  file.add_node("Reshape", {file.store("shape", target)});
}

OnnxOperators Reshape::onnx_operators() {
  return {{"DepthToSpace", import_blocks}, {"Flatten", import_flatten}, {"Reshape", import_reshape},
          {"SpaceToDepth", import_blocks}, {"Squeeze", import_squeeze}, {"Unsqueeze", import_unsqueeze}};
}

void Reshape::lower(Lowering& engine) const {
  engine.rearrange();
}

}  // namespace flashcell::quant
