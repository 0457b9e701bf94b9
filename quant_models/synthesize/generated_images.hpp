#pragma once
#include "quant_models/synthesize/generator_training.hpp"
#include "quant_models/synthesize/image_source.hpp"

namespace flashcell::quant {

/// Images of a generator that learned from the network in real numbers alone, for `steps` steps. (Beside a quantized
/// network that is trained with it, GeneratorTraining does more.)
class GeneratedImages : public ImageSource {
 public:
  /// Throws std::invalid_argument where steps or threads are below 1.
  GeneratedImages(InputRange range, const GeneratorOptions& options, int64_t steps, int threads);
  DrawnImages draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const override;

 private:
  InputRange range_;
  GeneratorOptions options_;
  int64_t steps_;
  int threads_;
};

/// `count` images out of batches that follow step `first`, with the classes they were made for.
DrawnImages draw_from(const GeneratorTraining& training, int64_t first, int64_t count);

}  // namespace flashcell::quant
