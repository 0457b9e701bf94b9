#pragma once
#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "quant_models/random.hpp"
#include "quant_models/tensor/tensor.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {

/// InfoNCE (van den Oord et al. 2018), as He et al., MoCo, CVPR 2020 use it: cross entropy of telling each query's own
/// key (row i of `keys`) from the `others`, by the cosine divided by `temperature`. Mean over the queries (N x D).
at::Tensor info_nce(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& others, double temperature);

/// What earlier images looked like, in a queue of short codes: an encoder, a second one that follows it slowly and
/// codes what goes into the queue (MoCo), and a decoder of the encoder's own weights, transposed, which restores images
/// from codes. After the summary of CoLeQ, whose text was not at hand: the form is ours. Const functions may be called
/// from several threads at once.
class ContrastiveMemory {
 public:
  /// `image`: 1 x C x H x W.
  ContrastiveMemory(const Shape& image, uint64_t seed);

  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }

  struct Terms {
    at::Tensor contrast;     ///< small where the images are unlike the queue's: for the encoder and whoever made them
    at::Tensor restoration;  ///< mean square between images and what their codes restore: for the encoder alone
    at::Tensor codes;        ///< of the slow encoder, for remember()
  };
  /// `images`: numbers of mean 0 and variance 1 or so. `parameters` in the place of parameters().
  Terms look(const at::Tensor& images, std::span<const at::Tensor> parameters, Random& random) const;

  /// Puts codes (N x D) in the place of the oldest ones, and lets the slow encoder follow.
  void remember(const at::Tensor& codes);
  bool is_full() const;

  /// Images of codes drawn from the queue.
  at::Tensor restore(int64_t count, Random& random) const;

  /// Slow encoder, queue and how much of it is filled: what a checkpoint keeps beside parameters().
  std::vector<at::Tensor*> state();

 private:
  at::Tensor encode(const at::Tensor& images, std::span<const at::Tensor> parameters) const;
  at::Tensor decode(const at::Tensor& codes, std::span<const at::Tensor> parameters) const;

  Shape image_;
  int64_t rows_, columns_;  // of the smallest planes
  std::vector<Parameter> parameters_;
  std::vector<at::Tensor> slow_;
  at::Tensor queue_, filled_;  // filled_: how many codes have been put in, in all
};

}  // namespace flashcell::quant
