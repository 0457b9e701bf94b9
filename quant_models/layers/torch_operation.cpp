#include "quant_models/layers/torch_operation.hpp"

namespace flashcell::quant {

at::Tensor to_torch(const Tensor& tensor) {
  return at::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape, at::kFloat).clone();
}

Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.detach().contiguous();
  const float* numbers = dense.data_ptr<float>();
  return {dense.sizes().vec(), std::vector<float>(numbers, numbers + dense.numel())};
}

}  // namespace flashcell::quant
