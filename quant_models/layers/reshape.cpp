#include "quant_models/layers/reshape.hpp"

#include <algorithm>

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {

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

}  // namespace flashcell::quant
