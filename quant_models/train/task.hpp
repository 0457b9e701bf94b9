#pragma once
#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/calibration.hpp"
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Some examples as the network takes them, and what the loss needs to know.
struct Examples {
  at::Tensor input;
  std::vector<at::Tensor> targets;
};

/// A named figure of a trained network.
struct Figure {
  std::string name;
  double value = 0;
};

/// What is learned: examples, how wrong an output is, and how good a network is in the end.
/// Const functions may be called from several threads at once.
class Task {
 public:
  virtual ~Task() = default;

  virtual int64_t train_count() const = 0;
  /// Training images of these indices, changed at random by (seed, epoch, index).
  virtual Examples examples(std::span<const int64_t> indices, uint64_t seed, int64_t epoch) const = 0;
  /// Mean over the examples.
  virtual at::Tensor loss(const at::Tensor& output, const Examples& examples) const = 0;
  /// Figures on the test data, the one to go by first; the network runs in the project's own executor.
  virtual std::vector<Figure> evaluate(const Graph& graph) const = 0;
  /// What the network says of the classes of the test data, for its calibration.
  virtual HeldOutExamples held_out(const Graph& graph) const = 0;
  /// `count` unchanged training images, spread over the data, for calibration.
  virtual std::vector<float> calibration_images(int64_t count) const = 0;
  /// Changes with the data.
  virtual uint64_t fingerprint() const = 0;
  virtual const std::vector<std::string>& classes() const = 0;
};

}  // namespace flashcell::quant
