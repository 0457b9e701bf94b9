#pragma once
#include <ATen/ATen.h>

#include <functional>

#include "quant_models/random.hpp"
#include "quant_models/synthesize/image_planes.hpp"
#include "quant_models/synthesize/octaves.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

struct ImageDescentOptions {
  int steps = 100;
  double learning_rate = 0.2;  ///< the highest, in spreads of the input (InputRange): up over the first tenth of the
                               ///< steps, then down along half a cosine
  double beta1 = 0.5, beta2 = 0.9;
};

/// A batch of images on its way from noise to what a loss asks for, by Adam on the numbers behind the pixels. Before
/// each step it is moved by up to a sixteenth of the side round the border, and mirrored in half of the steps.
class ImageDescent {
 public:
  /// `shape`: one image's, 1 x C x H x W. `planes` and `octaves` outlive this; without octaves every pixel is a number
  /// of its own.
  ImageDescent(const ImagePlanes& planes, const Octaves* octaves, const Shape& shape, int64_t count,
               const ImageDescentOptions& options, Random random);

  /// Of the images as the network is to see them.
  using Loss = std::function<at::Tensor(const at::Tensor& images)>;
  /// The next step; returns the loss before it. Throws ModelError for one that is not finite.
  double step(const Loss& loss);

  /// The images as they are, without gradients.
  at::Tensor images() const;
  Random& random() { return random_; }

 private:
  at::Tensor moved(const at::Tensor& images);
  at::Tensor images_of(const at::Tensor& numbers) const;

  const ImagePlanes& planes_;
  const Octaves* octaves_;
  ImageDescentOptions options_;
  Random random_;
  int step_ = 0;
  at::Tensor numbers_, mean_, square_;
};

}  // namespace flashcell::quant
