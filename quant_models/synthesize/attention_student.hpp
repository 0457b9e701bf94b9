#pragma once
#include "quant_models/synthesize/teacher.hpp"
#include "quant_models/train/optimizer.hpp"

namespace flashcell::quant {

/// The network with weights of few bits, which learns to do what the real one does: what pictures are made to tell from
/// it.
class AttentionStudent {
 public:
  /// The teacher outlives this.
  AttentionStudent(const Teacher& teacher, int bits);

  /// How far its distribution over the classes is from the real one: mean over the pictures of the sum of magnitudes,
  /// at most 2; of outputs that are no classes relative to their magnitude. Gradients reach the images.
  at::Tensor disagreement(const at::Tensor& images, const at::Tensor& real) const;

  /// One step of Adam that makes it smaller.
  void learn(const at::Tensor& images);

 private:
  const Teacher& teacher_;
  TorchNetwork network_;
  AdamW optimizer_;
  int64_t step_ = 0;
};

}  // namespace flashcell::quant
