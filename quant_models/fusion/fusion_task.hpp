#pragma once
#include <vector>

#include "quant_models/fusion/fusion_accuracy.hpp"
#include "quant_models/train/task.hpp"

namespace flashcell::quant {

/// Learns a fusion detector (fusion_loss.hpp). Half of the examples are mirrored; the frame is zeros with a probability
/// of 0.15, so that the network learns to do with events alone, as at night (as the authors of bi-directional
/// calibration do). `set` must outlast it.
class FusionTask : public Task {
 public:
  /// Throws ModelError for a set that check() refuses.
  FusionTask(const FusionSet& set, FusionRun run);

  int64_t train_count() const override { return static_cast<int64_t>(set_.train.size()); }
  Examples examples(std::span<const int64_t> indices, uint64_t seed, int64_t epoch) const override;
  at::Tensor loss(const at::Tensor& output, const Examples& examples) const override;
  std::vector<Figure> evaluate(const Graph& graph) const override;
  HeldOutExamples held_out(const Graph&) const override { return {}; }
  std::vector<float> calibration_images(int64_t count) const override {
    return calibration_examples(set_, run_.view, count);
  }
  uint64_t fingerprint() const override { return fingerprint_; }
  const std::vector<std::string>& classes() const override { return set_.classes; }

 private:
  const FusionSet& set_;
  FusionRun run_;
  std::vector<Box> anchors_;
  uint64_t fingerprint_;
};

}  // namespace flashcell::quant
