#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// What one epoch came to.
struct EpochRecord {
  double loss = 0;           ///< mean over its images
  double learning_rate = 0;  ///< of its last step
  double figure = -1;        ///< of the task on the test data (accuracy, mAP), 0..1; -1: not tested
  bool operator==(const EpochRecord&) const = default;
};

/// Everything that a training run needs to go on as if it had not stopped.
struct Checkpoint {
  uint64_t fingerprint = 0;  ///< of recipe, stage and data: another run's checkpoint is not taken up
  int64_t step = 0;          ///< steps done
  double epoch_loss = 0;     ///< sum over the images of the running epoch
  std::vector<EpochRecord> history;
  std::vector<Tensor> tensors;
  bool operator==(const Checkpoint&) const = default;
};

/// The file's bytes: header, contents, CRC-32 of all before it.
std::string encode(const Checkpoint& checkpoint);

/// Throws ModelError with `name` on a damaged or truncated file, or one of another version.
Checkpoint decode_checkpoint(const std::vector<uint8_t>& file, const std::string& name);

/// Writes beside the old file, then renames: whenever the program is killed, one whole file is there.
void save(const Checkpoint& checkpoint, const std::string& path);

/// None when the file does not exist. Throws ModelError when it is damaged or belongs to another run.
std::optional<Checkpoint> load_checkpoint(const std::string& path, uint64_t fingerprint);

}  // namespace flashcell::quant
