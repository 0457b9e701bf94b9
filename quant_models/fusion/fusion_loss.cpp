#include "quant_models/fusion/fusion_loss.hpp"

namespace flashcell::quant {
namespace {

constexpr double kAlpha = 0.25, kQuadratic = 1.0 / 9;

at::Tensor focal(const at::Tensor& logits, const at::Tensor& is_class) {
  const at::Tensor p = at::sigmoid(logits);
  const at::Tensor hit = kAlpha * (1 - p).square() * at::log_sigmoid(logits) * is_class;
  const at::Tensor rest = (1 - kAlpha) * p.square() * at::log_sigmoid(-logits) * (1 - is_class);
  return -(hit + rest);
}

at::Tensor smooth(const at::Tensor& error) {
  const at::Tensor size = error.abs();
  return at::where(size < kQuadratic, size.square() * (0.5 / kQuadratic), size - 0.5 * kQuadratic);
}

}  // namespace

at::Tensor fusion_loss(const at::Tensor& output, const FusionTargets& targets, int64_t classes) {
  const int64_t count = output.size(0), anchors = targets.classes.size(1), places = output.size(2);
  const at::Tensor logits = output.narrow(1, 0, anchors * classes).reshape({count, anchors, classes, places});
  const at::Tensor boxes = output.narrow(1, anchors * classes, anchors * 4).reshape({count, anchors, 4, places});
  const at::Tensor kinds = at::arange(classes, at::kLong).reshape({1, 1, classes, 1});
  const at::Tensor is_class = targets.classes.unsqueeze(2).eq(kinds).to(at::kFloat);
  const at::Tensor counts = targets.classes.ge(-1).to(at::kFloat).unsqueeze(2);
  const at::Tensor has_object = targets.classes.ge(0).to(at::kFloat).unsqueeze(2);
  const at::Tensor sum = (focal(logits, is_class) * counts).sum() + (smooth(boxes - targets.boxes) * has_object).sum();
  return sum / has_object.sum().clamp_min(1);
}

}  // namespace flashcell::quant
