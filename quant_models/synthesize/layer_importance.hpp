#pragma once
#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "quant_models/random.hpp"
#include "quant_models/synthesize/teacher.hpp"

namespace flashcell::quant {

/// For each tensor the trace of the loss's second derivatives with respect to it, divided by its numbers, as a mean
/// over `samples` random signs v of v . (H v) (Hutchinson 1990; Dong et al., HAWQ-V2, NeurIPS 2020). A tensor that the
/// loss does not depend on has 0. `loss`: of these tensors, which are leaves that record gradients.
std::vector<double> mean_hessian_traces(const std::function<at::Tensor(const std::vector<at::Tensor>&)>& loss,
                                        const std::vector<at::Tensor>& tensors, int samples, Random& random);

/// How much each batch normalization's match weighs: the mean Hessian trace of the weights before it, of the cross
/// entropy with the teacher's own best class of `images`, below 0 taken as 0; scaled to a mean of 1. All 1 where there
/// are no such weights or no curvature.
std::vector<double> layer_importance(const Teacher& teacher, const at::Tensor& images, int samples, uint64_t seed);

}  // namespace flashcell::quant
