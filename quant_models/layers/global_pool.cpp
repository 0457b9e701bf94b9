#include "quant_models/layers/global_pool.hpp"

#include <algorithm>
#include <vector>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_pairwise.hpp"
#include "quant_models/layers/onnx_window.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/layers/reshape.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

using onnx::checked_axis;

// Which dimensions vanish.
std::vector<bool> reduced(OnnxNode& node, size_t rank) {
  const std::vector<int64_t> axes = node.attribute_or_input("axes", 1, node.type() == "ReduceSum" ? 13 : 18);
  if (axes.empty() && node.integer("noop_with_empty_axes", 0) != 0)
    throw ModelError("its attribute noop_with_empty_axes is not supported");
  std::vector<bool> gone(rank, axes.empty());
  for (const int64_t axis : axes) gone[static_cast<size_t>(checked_axis(axis, rank))] = true;
  return gone;
}

// Along any dimensions: those come last, as columns of an image that is pooled.
NodeId pooled_columns(OnnxNode& node, const GlobalPool& pool, const Shape& in, const std::vector<bool>& gone) {
  Transpose order;
  int64_t kept = 1, lost = 1;
  for (const bool last : {false, true}) {
    for (size_t i = 0; i < in.size(); ++i) {
      if (gone[i] != last) continue;
      order.order.push_back(static_cast<int>(i));
      (last ? lost : kept) *= in[i];
    }
  }
  NodeId x = node.value(0);
  if (!std::is_sorted(order.order.begin(), order.order.end())) x = node.helper("order", order, {x});
  return node.helper("pool", pool, {node.helper("columns", Reshape{{1, kept, 1, lost}}, {x})});
}

// A mean, or a sum of `lost` numbers, that is none over whole images.
void emit_mean(OnnxNode& node, const std::vector<bool>& gone, bool keeps, int64_t lost) {
  ReduceMean layer{{}, keeps};
  for (size_t i = 0; i < gone.size(); ++i)
    if (gone[i]) layer.axes.push_back(static_cast<int>(i));
  if (layer.axes.empty()) return node.pass_on(0);
  if (node.type() == "ReduceMean") return (void)node.emit(std::move(layer), {node.value(0)});
  const NodeId mean = node.helper("mean", std::move(layer), {node.value(0)});
  node.emit(Multiply{}, {mean, node.helper("count", Constant{number(static_cast<float>(lost))}, {})});
}

void import_reduce(OnnxNode& node) {
  const Shape in = node.shape(0);
  const std::vector<bool> gone = reduced(node, in.size());
  const GlobalPool pool{node.type() == "ReduceMax" ? PoolKind::max : PoolKind::average};
  const bool keeps = node.integer("keepdims", 1) != 0, images = gone == std::vector<bool>{false, false, true, true};
  Shape out;
  int64_t lost = 1;
  for (size_t i = 0; i < in.size(); ++i) {
    if (gone[i]) lost *= in[i];
    if (!gone[i] || keeps) out.push_back(gone[i] ? 1 : in[i]);
  }
  if (images && keeps && node.type() != "ReduceSum") return (void)node.emit(pool, {node.value(0)});
  if (!images && node.type() != "ReduceMax") return emit_mean(node, gone, keeps, lost);
  NodeId result = images ? node.helper("pool", pool, {node.value(0)}) : pooled_columns(node, pool, in, gone);
  if (node.type() == "ReduceSum") result = scaled(node, result, static_cast<float>(lost), "sum");
  emit_reshape(node, result, std::move(out));
}

void import_global_pool(OnnxNode& node) {
  const GlobalPool layer{node.type() == "GlobalMaxPool" ? PoolKind::max : PoolKind::average};
  emit_on_image(node, layer);
}

}  // namespace

std::string GlobalPool::describe() const {
  return kind == PoolKind::max ? "global max pool" : "global average pool";
}

Shape GlobalPool::infer_shape(std::span<const Shape> in) const {
  require_image(in[0]);
  return {in[0][0], in[0][1], 1, 1};
}

Step GlobalPool::make_step(const Shape&, std::span<const Shape> inputs) const {
  const int64_t planes = inputs[0][0] * inputs[0][1], rows = inputs[0][2], columns = inputs[0][3];
  return [planes, rows, columns, kind = kind](StepInputs in, float* out) {
    for (int64_t p = 0; p < planes; ++p)
      out[p] = pool_window(kind, in[0] + p * rows * columns, columns, 0, rows, 0, columns, rows * columns);
  };
}

void GlobalPool::write_onnx(OnnxWriter& file) const {
  file.add_node(kind == PoolKind::average ? "GlobalAveragePool" : "GlobalMaxPool");
}

OnnxOperators GlobalPool::onnx_operators() {
  return {{"GlobalAveragePool", import_global_pool},
          {"GlobalMaxPool", import_global_pool},
          {"ReduceMax", import_reduce},
          {"ReduceMean", import_reduce},
          {"ReduceSum", import_reduce}};
}

namespace {

// Max pools as large as the engine has, until one pixel is left.
void lower_maximum(Lowering& engine) {
  engine.require_same_storage();
  ModelBuilder::Tensor tensor = engine.input(0, Layout::image).tensor;
  for (int pass = 1;; ++pass) {
    const contract::TensorDescriptor t = engine.builder().tensor(tensor);
    const int rows = std::min<int>(t.height, contract::kMaxPoolSide);
    const int columns = std::min<int>(t.width, contract::kMaxPoolSide);
    const bool last = rows == t.height && columns == t.width;
    const Window window = {
        rows, columns, rows, columns, 0, 0, (rows - t.height % rows) % rows, (columns - t.width % columns) % columns};
    const std::string& name = engine.name();
    tensor = engine.builder().max_pool(last ? name : name + ".pass" + std::to_string(pass), tensor, window);
    if (last) return engine.keep_as_input(tensor);
  }
}

}  // namespace

void GlobalPool::lower(Lowering& engine) const {
  if (kind == PoolKind::max) return lower_maximum(engine);
  const Lowering::Value in = engine.input(0, Layout::image);
  const Lowering::Target target = engine.target();
  const contract::TensorDescriptor& t = engine.builder().tensor(in.tensor);
  const double real = in.scale / static_cast<double>(target.format.scale) / (double{1} * t.height * t.width);
  engine.keep(
      target,
      engine.builder().global_average_pool(engine.name(), in.tensor, engine.factor(real), target.format, target.clamp),
      Layout::image);
}

}  // namespace flashcell::quant
