#include "quant_models/layers/onnx_writer.hpp"

namespace flashcell::quant {

void OnnxWriter::add_node(const std::string& type, const Names& more, const Attributes& attributes) {
  Names all = inputs();
  all.insert(all.end(), more.begin(), more.end());
  add(type, name(), all, output(), attributes);
}

std::string OnnxWriter::store(const char* suffix, const Tensor& tensor) {
  return store_tensor(name() + "." + suffix, tensor);
}

std::string OnnxWriter::store(const char* suffix, const std::vector<int64_t>& integers) {
  return store_integers(name() + "." + suffix, integers);
}

}  // namespace flashcell::quant
