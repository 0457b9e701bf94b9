#include "quant_models/train/detection_loss.hpp"

#include "quant_models/models/cell_detector.hpp"

namespace flashcell::quant {

at::Tensor heat_loss(const at::Tensor& logits, const at::Tensor& heat) {
  const at::Tensor p = at::sigmoid(logits);
  const at::Tensor log_p = at::log_sigmoid(logits), log_rest = at::log_sigmoid(-logits);
  const at::Tensor peak = heat.eq(1).to(at::kFloat);
  const at::Tensor hits = (1 - p).square() * log_p * peak;
  const at::Tensor others = (1 - heat).square().square() * p.square() * log_rest * (1 - peak);
  return -(hits + others).sum();
}

at::Tensor box_loss(const at::Tensor& boxes, const at::Tensor& targets) {
  const auto low = [](const at::Tensor& b) { return b.narrow(-1, 0, 2); };
  const auto high = [](const at::Tensor& b) { return b.narrow(-1, 2, 2); };
  const auto area = [](const at::Tensor& sides) { return sides.clamp_min(0).prod(-1); };
  const at::Tensor both = area(at::minimum(high(boxes), high(targets)) - at::maximum(low(boxes), low(targets)));
  const at::Tensor either = area(high(boxes) - low(boxes)) + area(high(targets) - low(targets)) - both + 1e-6;
  const at::Tensor around = area(at::maximum(high(boxes), high(targets)) - at::minimum(low(boxes), low(targets)));
  return 1 - both / either + (around - either) / (around + 1e-6);
}

at::Tensor predicted_boxes(const at::Tensor& prediction) {
  const auto channel = [&](int c) { return prediction.select(1, c); };
  const at::Tensor columns = at::arange(prediction.size(3), prediction.options()) + 0.5;
  const at::Tensor rows = at::arange(prediction.size(2), prediction.options()).unsqueeze(1) + 0.5;
  const at::Tensor x = (channel(kCentreColumn) + columns) * kCellSize, y = (channel(kCentreRow) + rows) * kCellSize;
  constexpr double kMostLog = 4;
  const at::Tensor half_width = channel(kLogWidth).clamp(-kMostLog, kMostLog).exp() * (kReferenceSize / 2);
  const at::Tensor half_height = channel(kLogHeight).clamp(-kMostLog, kMostLog).exp() * (kReferenceSize / 2);
  return at::stack({x - half_width, y - half_height, x + half_width, y + half_height}, -1);
}

}  // namespace flashcell::quant
