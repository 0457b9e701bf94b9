#include "quant_models/layers/pool.hpp"

#include <algorithm>
#include <limits>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_node.hpp"
#include "quant_models/layers/onnx_window.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

// Rounding the number of windows up is a border that no window counts.
void round_up(OnnxNode& node, Pool& pool) {
  if (node.integer("ceil_mode", 0) == 0) return;
  const Shape& in = node.shape(0);
  const auto missing = [](int64_t extent, int before, int after, int kernel, int stride) {
    if (stride < 1) throw ModelError("its stride is below 1");
    const int64_t over = (extent + before + after - kernel) % stride;
    return over <= 0 ? 0 : static_cast<int>(stride - over);
  };
  Padding& p = pool.padding;
  const int rows = missing(in.size() == 3 ? 1 : in[2], p.top, p.bottom, pool.kernel[0], pool.stride.rows);
  const int columns = missing(in.back(), p.left, p.right, pool.kernel[1], pool.stride.columns);
  if (pool.count_padding && rows + columns > 0)
    throw ModelError("its attribute ceil_mode together with count_include_pad is not supported");
  p.bottom += rows;
  p.right += columns;
}

void import_pool(OnnxNode& node) {
  for (const int64_t d : node.integers("dilations"))
    if (d != 1) throw ModelError("its attribute dilations is " + std::to_string(d) + "; only 1 is supported");
  if (node.output_count() > 1 && node.has_output(1)) throw ModelError("its second output (indices) is not supported");
  const bool line = is_line(node);
  Pool layer;
  layer.kind = node.type() == "MaxPool" ? PoolKind::max : PoolKind::average;
  layer.kernel = pair_of(node, "kernel_shape", 0);
  layer.stride = stride_of(node);
  if (line) layer.stride.rows = 1;
  layer.padding = padding_of(node, layer.kernel, layer.stride);
  layer.count_padding = layer.kind == PoolKind::average && node.integer("count_include_pad", 0) != 0;
  round_up(node, layer);
  emit_on_image(node, layer);
}

}  // namespace

float pool_window(PoolKind kind, const float* plane, int64_t columns, int64_t y0, int64_t y1, int64_t x0, int64_t x1,
                  int64_t count) {
  float result = kind == PoolKind::max ? -std::numeric_limits<float>::infinity() : 0;
  for (int64_t y = y0; y < y1; ++y) {
    for (int64_t x = x0; x < x1; ++x) {
      const float number = plane[y * columns + x];
      result = kind == PoolKind::max ? std::max(result, number) : result + number;
    }
  }
  return kind == PoolKind::max ? result : result / static_cast<float>(count);
}

std::string Pool::describe() const {
  return (kind == PoolKind::max ? "max pool " : "average pool ") + to_string({kernel[0], kernel[1]});
}

Shape Pool::infer_shape(std::span<const Shape> in) const {
  require_image(in[0]);
  const Padding& p = padding;
  Shape out = windowed_shape(in[0], in[0][1], kernel[0], kernel[1], stride, p);
  require(std::max(p.top, p.bottom) < kernel[0] && std::max(p.left, p.right) < kernel[1],
          "its padding is as large as its kernel: a window would lie outside the image");
  return out;
}

Step Pool::make_step(const Shape& out, std::span<const Shape> inputs) const {
  return [pool = *this, in_shape = inputs[0], out_shape = out](StepInputs in, float* target) {
    const int64_t rows = in_shape[2], columns = in_shape[3];
    const float* plane = in[0];
    for (int64_t p = 0; p < in_shape[0] * in_shape[1]; ++p, plane += rows * columns) {
      for (int64_t y = 0; y < out_shape[2]; ++y) {
        const int64_t top = y * pool.stride.rows - pool.padding.top;
        const int64_t y0 = std::max<int64_t>(top, 0), y1 = std::min(top + pool.kernel[0], rows);
        for (int64_t x = 0; x < out_shape[3]; ++x) {
          const int64_t left = x * pool.stride.columns - pool.padding.left;
          const int64_t x0 = std::max<int64_t>(left, 0), x1 = std::min(left + pool.kernel[1], columns);
          const int64_t count = pool.count_padding ? int64_t{pool.kernel[0]} * pool.kernel[1] : (y1 - y0) * (x1 - x0);
          *target++ = pool_window(pool.kind, plane, columns, y0, y1, x0, x1, count);
        }
      }
    }
  };
}

void Pool::write_onnx(OnnxWriter& file) const {
  const bool average = kind == PoolKind::average;
  OnnxWriter::Attributes attributes = {{"kernel_shape", Shape{kernel[0], kernel[1]}}};
  for (OnnxAttribute& attribute : window_attributes(stride, padding)) attributes.push_back(std::move(attribute));
  if (average) attributes.push_back({"count_include_pad", int64_t{count_padding}});
  file.add_node(average ? "AveragePool" : "MaxPool", {}, attributes);
}

OnnxOperators Pool::onnx_operators() {
  return {{"AveragePool", import_pool}, {"MaxPool", import_pool}};
}

void Pool::lower(Lowering& engine) const {
  const Lowering::Value in = engine.input(0, Layout::image);
  const Window window = engine.window(kernel[0], kernel[1], stride, padding);
  if (kind == PoolKind::max) {
    engine.require_same_storage();
    return engine.keep_as_input(engine.builder().max_pool(engine.name(), in.tensor, window));
  }
  const Padding& p = padding;
  if (!count_padding && p.top + p.left + p.bottom + p.right > 0)
    engine.refuse("an average that leaves padding out is not computed; let it count padding");
  const Lowering::Target target = engine.target();
  const double real = in.scale / static_cast<double>(target.format.scale) / (kernel[0] * kernel[1]);
  engine.keep(
      target,
      engine.builder().average_pool(engine.name(), in.tensor, window, engine.factor(real), target.format, target.clamp),
      Layout::image);
}

}  // namespace flashcell::quant
