#pragma once
#include <functional>
#include <string>
#include <vector>

#include "quant_models/data_free/image_stream.hpp"
#include "quant_models/data_free/student.hpp"
#include "quant_models/train/checkpoint.hpp"

namespace flashcell::quant {

struct StudentTrainingOptions {
  int64_t steps = 100;
  double learning_rate = 2e-4;  ///< the highest, of AdamW; falls along a half cosine. 4e-3 and more collapse
  double average = 0.98;        ///< the result is a mean over steps that keeps so much of itself each step
  bool keeps_integers = false;  ///< of quantized weights: their scales learn, and biases and scales of values
  int threads = 1;
  std::string checkpoint;          ///< file; empty: none
  double checkpoint_seconds = 20;  ///< from one to the next; 0: after every step
  uint64_t fingerprint = 0;        ///< of all that the result depends on
};

/// Trains the quantized network of `student` and returns it. Each batch is cut into four parts, always the same ones,
/// which threads share: the result does not depend on their number. With a checkpoint file a run that was stopped
/// anywhere goes on to the same result. `losses`: of every step, appended to.
/// Throws ModelError for a loss that is no longer finite, or a checkpoint that is damaged or of another run.
Graph train_student(Student& student, ImageStream& images, const StudentTrainingOptions& options,
                    std::vector<double>& losses, const Progress& progress);

/// Numbers of tensors, for a checkpoint, and back in place. restore() throws ModelError where they do not fit.
std::vector<Tensor> stored(const std::vector<at::Tensor*>& tensors);
void restore(const std::vector<Tensor>& found, const std::vector<at::Tensor*>& tensors, const std::string& path);

}  // namespace flashcell::quant
