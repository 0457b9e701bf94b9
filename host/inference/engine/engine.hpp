#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "host/inference/engine/target.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// Runs a quantized model on one core with the best instruction set that the machine has; the same bytes on each, those
/// of run_reference(). Everything is allocated and weights are rearranged in the constructor; runs allocate nothing,
/// but for layers that no instruction set has: those run as the reference's.
/// Threads may each have an engine of their own; one engine must not run twice at a time.
class Engine {
 public:
  /// Copies what it needs of the model. Throws quant::ModelError for a model that is not valid, Error(Fault::usage) for
  /// a target that this machine lacks, Error(Fault::input) for a model whose activations need more than 2 GiB.
  explicit Engine(const quant::PackedModel& model, inference::Target target = inference::supported_targets().back());
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// `inputs` holds `items` items, each all input tensors in the model's order, rows from top to bottom, channels
  /// fastest, without gaps; `outputs` likewise. Signed values are two's complement bytes; values beyond the bits of an
  /// input tensor of 4 bits give results that mean nothing. Many small items (ROIs) are faster in one call than one by
  /// one. Throws Error(Fault::usage) when a size is not the model's.
  void run(std::span<const uint8_t> inputs, size_t items, std::span<uint8_t> outputs);

  size_t input_bytes() const;   ///< of one item
  size_t output_bytes() const;  ///< of one item
  inference::Target target() const;

  /// Items that are worked on together, layer by layer, so that they stay in the cache.
  size_t items_at_once() const;
  /// Runs one layer on what lies in memory, to time it. Indices are the model's; items at most items_at_once().
  void run_layer(size_t layer, size_t items);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace flashcell::host
