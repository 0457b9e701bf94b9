#pragma once
#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <vector>

#include "quant_models/synthesize/contrastive_memory.hpp"
#include "quant_models/synthesize/generator.hpp"
#include "quant_models/synthesize/image_planes.hpp"
#include "quant_models/synthesize/teacher.hpp"
#include "quant_models/train/optimizer.hpp"
#include "quant_models/train/shard_threads.hpp"

namespace flashcell::quant {

/// What drives a generator beside the class asked for and the match of batch normalization's statistics.
enum class GeneratorMethod {
  gdfq,   ///< nothing: Xu et al., GDFQ, ECCV 2020
  ddaq,   ///< layers weighed by their curvature, and images on which the quantized network disagrees: after DDAQ,
          ///< Neurocomputing 511, 2022
  coleq,  ///< images unlike earlier ones, which are restored from codes: after CoLeQ (contrastive_memory.hpp)
};

struct GeneratorOptions {
  GeneratorMethod method = GeneratorMethod::gdfq;
  int64_t batch = 64;
  int64_t width = 64;            ///< channels of the generator; GDFQ's is 128 at four times the work
  double learning_rate = 1e-3;   ///< of Adam with betas 0.5 and 0.999
  double statistics_weight = 1;  ///< of the mean over the layers of statistics_distance(); GDFQ has 0.1 of squares that
                                 ///< are not divided by deviations
  double disagreement_weight = 0.1;  ///< ddaq: of disagreement()
  double contrast_weight = 0.1;      ///< coleq: of ContrastiveMemory's terms
  int importance_samples = 8;        ///< ddaq: of Hutchinson's estimate
};

/// How far two networks' outputs are apart: mean over the images of |a - b| / |a|, sums of magnitudes. ddaq's second
/// discriminator: the generator looks for images where it is large, the quantized network makes it small.
at::Tensor disagreement(const at::Tensor& real, const at::Tensor& quantized);

/// A generator that learns from a network, step by step. Each batch is cut into four parts, always the same ones.
class GeneratorTraining {
 public:
  /// `planes` without a low-pass. The teacher must have batch normalization and outlive this.
  GeneratorTraining(const Teacher& teacher, ImagePlanes planes, const GeneratorOptions& options, uint64_t seed);

  /// The quantized network's output for images, which gradients pass.
  using Student = std::function<at::Tensor(const at::Tensor& images)>;
  /// One step, number `step`; returns the loss. `student`: none while there is no quantized network yet.
  /// Throws ModelError for a loss that is no longer finite.
  double step(int64_t step, ShardThreads& threads, const Student& student);

  /// Part `part` of `parts` of batch `step`, as the network takes images; no gradients.
  at::Tensor images(int64_t step, size_t part, size_t parts) const;
  /// The same with restored images in the place of the first quarter, where the method remembers enough of them.
  at::Tensor images_and_restored(int64_t step, size_t part, size_t parts) const;
  /// The classes they are made for; empty where the network knows none.
  at::Tensor labels(int64_t step, size_t part, size_t parts) const;

  /// All that changes, for a checkpoint.
  std::vector<at::Tensor*> state();

 private:
  struct Part;
  void work(Part& part, int64_t step, size_t index, const Student& student) const;
  at::Tensor noise(int64_t step, size_t part, int64_t count) const;
  int64_t part_size(size_t part, size_t parts) const;

  const Teacher& teacher_;
  ImagePlanes planes_;
  GeneratorOptions options_;
  uint64_t seed_;
  Generator generator_;
  std::unique_ptr<ContrastiveMemory> memory_;  // coleq only
  std::vector<Parameter> parameters_;          // the generator's, then the memory's; they share their numbers
  AdamW optimizer_;
  at::Tensor importance_;  // of each batch normalization; a mean of 1
};

inline constexpr size_t kGeneratorParts = 4;

}  // namespace flashcell::quant
