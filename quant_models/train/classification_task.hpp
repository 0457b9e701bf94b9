#pragma once
#include "quant_models/data/cifar10.hpp"
#include "quant_models/data/picture.hpp"
#include "quant_models/train/recipe.hpp"
#include "quant_models/train/task.hpp"

namespace flashcell::quant {

struct ClassificationData {
  LabelledImages train, test;
  std::vector<std::string> classes;
  std::vector<int> test_objects = {};  ///< which object each test image shows; empty: each another one
};

/// Learns the class of each image: softmax cross entropy; figures: accuracy. Test images are shown unchanged.
class ClassificationTask : public Task {
 public:
  /// Throws ModelError where the data do not fit the recipe's channels.
  ClassificationTask(ClassificationData data, const Recipe& recipe);

  int64_t train_count() const override { return data_.train.count; }
  Examples examples(std::span<const int64_t> indices, uint64_t seed, int64_t epoch) const override;
  at::Tensor loss(const at::Tensor& output, const Examples& examples) const override;
  std::vector<Figure> evaluate(const Graph& graph) const override;
  HeldOutExamples held_out(const Graph& graph) const override;
  std::vector<float> calibration_images(int64_t count) const override;
  uint64_t fingerprint() const override;
  const std::vector<std::string>& classes() const override { return data_.classes; }

 private:
  size_t image_size() const;

  ClassificationData data_;
  AugmentOptions augment_;
  Preprocessing preprocessing_;
  int channels_, rows_, columns_;
  std::vector<Picture> pictures_;  // of the training images
  std::vector<float> test_;        // as the network takes them
};

}  // namespace flashcell::quant
