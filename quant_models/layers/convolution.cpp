#include "quant_models/layers/convolution.hpp"

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {

std::string Convolution::describe() const {
  const Shape& w = weight.shape;
  if (w.size() != 4) return "convolution";
  const bool depthwise = groups > 1 && w[1] == 1;
  return (depthwise ? "depthwise " : groups > 1 ? "grouped " : "convolution ") + to_string({w[2], w[3]});
}

Shape Convolution::infer_shape(std::span<const Shape> in) const {
  require_image(in[0]);
  const Shape& w = weight.shape;
  require(w.size() == 4, "its weight has shape " + to_string(w) + ", expected O x I/groups x rows x columns");
  require_tensor(weight, "weight");
  if (!bias.empty()) require_vector(bias, w[0], "bias");
  require(groups >= 1 && w[0] % groups == 0 && in[0][1] == w[1] * groups,
          "its weight " + to_string(w) + " in " + std::to_string(groups) + " groups does not fit an input of " +
              std::to_string(in[0][1]) + " channels");
  require_weight_quantization(weight_quantization, w[0]);
  return windowed_shape(in[0], w[0], w[2], w[3], stride, padding);
}

void Convolution::write_onnx(OnnxWriter& file) const {
  const Shape& w = weight.shape;
  OnnxWriter::Names parameters = {file.store_weight(weight, weight_quantization)};
  if (!bias.empty()) parameters.push_back(file.store("bias", bias));
  OnnxWriter::Attributes attributes = {{"kernel_shape", Shape{w[2], w[3]}}};
  for (OnnxAttribute& attribute : window_attributes(stride, padding)) attributes.push_back(std::move(attribute));
  attributes.push_back({"group", int64_t{groups}});
  file.add_node("Conv", parameters, attributes);
}

}  // namespace flashcell::quant
