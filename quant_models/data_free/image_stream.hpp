#pragma once
#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "quant_models/synthesize/generator_training.hpp"
#include "quant_models/synthesize/image_source.hpp"

namespace flashcell::quant {

/// Images for each step of the quantized network's training.
class ImageStream {
 public:
  virtual ~ImageStream() = default;

  /// Before the images of a step are asked for: a generator learns here. `student`: the quantized network's output.
  virtual void prepare(int64_t /*step*/, ShardThreads& /*threads*/, const GeneratorTraining::Student& /*student*/) {}
  /// Part `part` of `parts` of the step's batch. Called from several threads at once.
  virtual at::Tensor images(int64_t step, size_t part, size_t parts) const = 0;
  /// What changes, for a checkpoint.
  virtual std::vector<at::Tensor*> state() { return {}; }
};

/// Drawn images, again and again in other orders, moved by up to a sixteenth of the side and mirrored at random, each
/// mixed with another one: share * a + (1 - share) * b with an even share (mixup, Zhang et al., ICLR 2018).
class MixedImages : public ImageStream {
 public:
  /// `shape`: one image's, 1 x C x H x W.
  MixedImages(const DrawnImages& images, const Shape& shape, int64_t batch, uint64_t seed);
  at::Tensor images(int64_t step, size_t part, size_t parts) const override;

 private:
  int64_t index(int64_t place) const;

  at::Tensor images_;
  int64_t batch_;
  uint64_t seed_;
};

/// A generator's images; it learns one step for each of the student's.
class GeneratedStream : public ImageStream {
 public:
  /// `training` has learned `first` steps and outlives this.
  GeneratedStream(GeneratorTraining& training, int64_t first) : training_(training), first_(first) {}
  void prepare(int64_t step, ShardThreads& threads, const GeneratorTraining::Student& student) override {
    training_.step(first_ + step, threads, student);
  }
  at::Tensor images(int64_t step, size_t part, size_t parts) const override {
    return training_.images_and_restored(first_ + step, part, parts);
  }
  std::vector<at::Tensor*> state() override { return training_.state(); }

 private:
  GeneratorTraining& training_;
  int64_t first_;
};

}  // namespace flashcell::quant
