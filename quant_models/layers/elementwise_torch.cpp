#include "quant_models/layers/elementwise.hpp"

#include "quant_models/layers/torch_operation.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

using Inputs = std::span<const at::Tensor>;

}  // namespace

TorchOperation Elementwise::make_torch_operation(TorchParameters&) const {
  switch (kind) {
    case ElementwiseKind::square_root:
      return {[](Inputs in, const TorchRun&) { return at::sqrt(in[0]); }};
    case ElementwiseKind::reciprocal:
      return {[](Inputs in, const TorchRun&) { return at::reciprocal(in[0]); }};
    case ElementwiseKind::exponential:
      return {[](Inputs in, const TorchRun&) { return at::exp(in[0]); }};
    case ElementwiseKind::logarithm:
      return {[](Inputs in, const TorchRun&) { return at::log(in[0]); }};
    case ElementwiseKind::error_function:
      return {[](Inputs in, const TorchRun&) { return at::erf(in[0]); }};
    case ElementwiseKind::absolute:
      return {[](Inputs in, const TorchRun&) { return at::abs(in[0]); }};
    case ElementwiseKind::power:
      return {[exponent = exponent](Inputs in, const TorchRun&) { return at::pow(in[0], exponent); }};
  }
  throw ModelError("training has no function of kind " + std::to_string(static_cast<int>(kind)));
}

}  // namespace flashcell::quant
