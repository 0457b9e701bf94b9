#pragma once
#include "quant_models/synthesize/image_source.hpp"
#include "quant_models/synthesize/input_range.hpp"

namespace flashcell::quant {

struct DistillOptions {
  int steps = 100;                 ///< of Adam for each batch
  int64_t batch = 64;              ///< images whose statistics are matched together
  bool leaves = false;             ///< begin as dead leaves, of which little is changed; else as noise
  double learning_rate = 0.1;      ///< the highest, in spreads (InputRange) of each octave; falls along a half cosine
  double statistics_weight = 10;   ///< of the mean over the batch normalizations of statistics_distance()
  double class_weight = 1;         ///< of the cross entropy with the class asked for, where outputs are classes
  double variation_weight = 0.02;  ///< of the mean absolute difference of neighbouring pixels, in spreads
  double prior_weight = 0.2;       ///< of the mean square of the learned numbers, which are 1 in photographs
  int octaves = 4;                 ///< that images, or what is changed of leaves, are made of (Octaves)
  double cutoff = 0;               ///< of the first one; 0: published_cutoff()
  int threads = 1;                 ///< batches are shared out; the result does not depend on it
};

/// Of images with such sides, in pixels. What is large begins as dead leaves: means and deviations do not tell how
/// channels go together, and out of noise come images that have them and are nothing like photographs. MobileNetV1-0.25
/// (224 x 224) with weights of 4 bits was right on 44 % of ImageNet's pictures by leaves and 29 to 36 % by noise,
/// ResNet-20 (32 x 32) of 3 bits on 87.0 and 87.9 % of CIFAR-10's: up to 64 pixels it stays noise.
DistillOptions distill_options(int64_t rows, int64_t columns);

/// Images distilled out of a network with batch normalization: noise or dead leaves (dead_leaves.hpp), changed until
/// the network's inner means and deviations are those that it kept of its training images, and its output says the
/// class asked for; moved and mirrored at random each step. Sources: Cai et al., ZeroQ, CVPR 2020; class and variation
/// terms as in Yin et al., DeepInversion, CVPR 2020; the low-pass of Kim et al., SynQ, ICLR 2025, here inside of the
/// optimization (Octaves), so that what is left still has the statistics. Classes are drawn evenly.
class DistilledImages : public ImageSource {
 public:
  /// Throws std::invalid_argument for options out of range.
  DistilledImages(InputRange range, const DistillOptions& options);
  DrawnImages draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const override;
  int64_t part() const override { return 2 * options_.batch; }

 private:
  InputRange range_;
  DistillOptions options_;
};

/// The classes that `count` images are drawn for: each equally often, or evenly spread ones where there are more
/// classes than images; the first one by the seed. Empty where there are none.
std::vector<int> drawn_classes(int64_t count, int64_t classes, uint64_t seed);

}  // namespace flashcell::quant
