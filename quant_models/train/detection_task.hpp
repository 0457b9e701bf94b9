#pragma once
#include <functional>
#include <span>

#include "quant_models/data/detection_set.hpp"
#include "quant_models/train/average_precision.hpp"
#include "quant_models/train/recipe.hpp"
#include "quant_models/train/task.hpp"

namespace flashcell::quant {

struct DetectionData {
  DetectionSet train, test;  ///< the same classes
};

/// Learns a cell detector. Loss, summed over objects and divided by their number: focal loss of the objectness (Zhou et
/// al., Objects as Points, 2019, equation 1), cross entropy of the class, generalized intersection over union of
/// the box (Rezatofighi et al., CVPR 2019). Rare classes weigh more: by the square root of how rare they are.
/// Figures: mean average precision at an overlap of 0.5 (average_precision.hpp), in the pictures' own pixels.
class DetectionTask : public Task {
 public:
  /// Throws ModelError on a set without pictures or classes.
  DetectionTask(DetectionData data, const Recipe& recipe);

  int64_t train_count() const override { return static_cast<int64_t>(data_.train.pictures.size()); }
  Examples examples(std::span<const int64_t> indices, uint64_t seed, int64_t epoch) const override;
  at::Tensor loss(const at::Tensor& output, const Examples& examples) const override;
  std::vector<Figure> evaluate(const Graph& graph) const override;
  HeldOutExamples held_out(const Graph& graph) const override;
  std::vector<float> calibration_images(int64_t count) const override;
  uint64_t fingerprint() const override;
  const std::vector<std::string>& classes() const override { return data_.train.classes; }

 private:
  using Look = std::function<void(const DetectedPicture& picture, std::span<const float> prediction)>;
  void look_at_test_pictures(const Graph& graph, const DecodeOptions& options, const Look& look) const;
  size_t image_size() const;
  std::vector<float> plain_image(const Picture& picture) const;

  DetectionData data_;
  AugmentOptions augment_;
  Preprocessing preprocessing_;
  int channels_, rows_, columns_;
  std::vector<float> class_weights_;
};

}  // namespace flashcell::quant
