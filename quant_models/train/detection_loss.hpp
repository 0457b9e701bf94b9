#pragma once
#include <ATen/ATen.h>

namespace flashcell::quant {

/// Sum over all cells of -(1 - p)^2 log p where heat is 1, else -(1 - heat)^4 p^2 log(1 - p), p =
/// sigmoid(logits). Zhou et al., Objects as Points (2019), equation 1.
at::Tensor heat_loss(const at::Tensor& logits, const at::Tensor& heat);

/// 1 - generalized intersection over union of boxes (... x 4: left, top, right, bottom). Rezatofighi et al., CVPR 2019.
at::Tensor box_loss(const at::Tensor& boxes, const at::Tensor& targets);

/// The boxes that predictions N x (5 + classes) x rows x columns of cells stand for: N x rows x columns x 4, in pixels.
at::Tensor predicted_boxes(const at::Tensor& prediction);

}  // namespace flashcell::quant
