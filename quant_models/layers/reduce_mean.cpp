#include "quant_models/layers/reduce_mean.hpp"

#include <algorithm>
#include <memory>

#include "quant_models/layers/lowering.hpp"
#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"
#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {
namespace {

// Which dimensions vanish.
std::vector<bool> gone(const std::vector<int>& axes, size_t rank) {
  std::vector<bool> result(rank, false);
  for (const int axis : axes) {
    const auto at = static_cast<size_t>(resolve_axis(axis, rank));
    require(!result[at], "it lists an axis twice");
    result[at] = true;
  }
  return result;
}

}  // namespace

std::string ReduceMean::describe() const {
  return "mean";
}

Shape ReduceMean::infer_shape(std::span<const Shape> in) const {
  require(!axes.empty(), "it has no axes");
  const std::vector<bool> vanish = gone(axes, in[0].size());
  Shape out;
  for (size_t i = 0; i < vanish.size(); ++i)
    if (!vanish[i] || keep_dimensions) out.push_back(vanish[i] ? 1 : in[0][i]);
  return out;
}

Step ReduceMean::make_step(const Shape& out, std::span<const Shape> inputs) const {
  const Shape in = inputs[0];
  const std::vector<bool> vanish = gone(axes, in.size());
  Shape kept = in;
  for (size_t i = 0; i < kept.size(); ++i)
    if (vanish[i]) kept[i] = 1;
  std::vector<int64_t> strides = strides_of(kept);
  for (size_t i = 0; i < strides.size(); ++i)
    if (vanish[i]) strides[i] = 0;
  const int64_t count = element_count(out), each = element_count(in) / count;
  auto sums = std::make_shared<std::vector<double>>(static_cast<size_t>(count));
  return [=](StepInputs numbers, float* target) {
    std::fill(sums->begin(), sums->end(), 0.0);
    for_each_offset(in, strides,
                    [&](int64_t i, int64_t place) { (*sums)[static_cast<size_t>(place)] += double{numbers[0][i]}; });
    for (const double sum : *sums) *target++ = static_cast<float>(sum / static_cast<double>(each));
  };
}

void ReduceMean::write_onnx(OnnxWriter& file) const {
  const Shape over(axes.begin(), axes.end());
  const OnnxAttribute keeps{"keepdims", int64_t{keep_dimensions ? 1 : 0}};
  if (file.opset() < 18) return file.add_node("ReduceMean", {}, {{"axes", over}, keeps});
  file.add_node("ReduceMean", {file.store("axes", over)}, {keeps});
}

void ReduceMean::lower(Lowering& engine) const {
  // Rows are all dimensions but the last: their mean, or that of the last.
  const Shape& in_shape = engine.input_shape(0);
  bool rows = true, channels = true;
  for (size_t d = 0; d < in_shape.size(); ++d) {
    const bool last = d + 1 == in_shape.size(), gone = std::any_of(axes.begin(), axes.end(), [&](int axis) {
                                                  return resolve_axis(axis, in_shape.size()) == static_cast<int>(d);
                                                });
    rows = rows && (gone != last || in_shape[d] == 1);
    channels = channels && (gone == last || in_shape[d] == 1);
  }
  if (!rows && !channels) engine.refuse("the engine takes means over all rows of a value, or over their numbers");
  const Lowering::Value in = engine.input(0, Layout::rows);
  const Lowering::Target target = engine.target();
  const contract::TensorDescriptor t = engine.builder().tensor(in.tensor);
  const double count = rows ? double{1} * t.height * t.width : t.channels;
  const contract::Requantization scale = engine.factor(in.scale / static_cast<double>(target.format.scale) / count);
  engine.keep(target,
              rows ? engine.builder().global_average_pool(engine.name(), in.tensor, scale, target.format, target.clamp)
                   : engine.builder().channel_mean(engine.name(), in.tensor, scale, target.format, target.clamp),
              Layout::rows);
}

}  // namespace flashcell::quant
