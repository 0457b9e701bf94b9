#include "quant_models/train/block_importance.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <unordered_map>

#include "quant_models/random.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kImageParts = 4;  // always the same ones
constexpr int64_t kMostImages = 64;
constexpr int kDraws = 4;  // for each image
constexpr double kLeast = 0.1;

// What the output is multiplied with before it is derived.
at::Tensor draw_direction(const at::Tensor& output, Random& random) {
  at::Tensor direction = at::empty(output.sizes(), at::kFloat);
  float* const each = direction.data_ptr<float>();
  const int64_t count = direction.numel();
  if (output.dim() != 2 || count < 2) {
    for (int64_t i = 0; i < count; ++i) each[i] = static_cast<float>(random.normal());
    return direction;
  }
  const at::Tensor shares = at::softmax(output, 1).contiguous();
  const float* const share = shares.data_ptr<float>();
  int64_t drawn = 0;
  for (double left = random.uniform(); drawn + 1 < count && (left -= double{share[drawn]}) >= 0;) ++drawn;
  for (int64_t i = 0; i < count; ++i) each[i] = (i == drawn ? 1.0F : 0.0F) - share[i];
  return direction;
}

/// Sums of squared gradients over images.
class GradientSums {
 public:
  GradientSums(const TorchNetwork& network, const std::vector<Block>& blocks) : network_(network), sums(blocks.size()) {
    for (size_t b = 0; b < blocks.size(); ++b) places_[blocks[b].output] = b;
    for (const Parameter& p : network.parameters()) parameters_.push_back(p.value.detach());
  }

  void add(const at::Tensor& image, Random random) {
    std::vector<at::Tensor> values(sums.size());
    const at::Tensor output =
        network_.forward(image.detach().requires_grad_(), parameters_, nullptr, [&](NodeId node, at::Tensor& value) {
          if (const auto found = places_.find(node); found != places_.end()) values[found->second] = value;
        });
    for (int i = 0; i < kDraws; ++i) {
      const at::Tensor direction = draw_direction(output.detach(), random);
      const std::vector<at::Tensor> gradients = torch::autograd::grad({output}, values, {direction}, true);
      const at::NoGradGuard no_gradients;
      for (size_t b = 0; b < sums.size(); ++b) {
        const at::Tensor square = gradients[b].square();
        sums[b] = sums[b].defined() ? sums[b].add_(square) : square;
      }
    }
  }

 private:
  const TorchNetwork& network_;
  std::unordered_map<NodeId, size_t> places_;
  std::vector<at::Tensor> parameters_;

 public:
  std::vector<at::Tensor> sums;
};

at::Tensor of_mean_one(const at::Tensor& sum) {
  const at::Tensor each = sum.dim() == 4 ? sum.mean(at::IntArrayRef({2, 3}), true) : sum;
  const at::Tensor mean = each.mean();
  if (mean.item<float>() <= 0) return at::ones_like(each);
  return kLeast + (1 - kLeast) * each / mean;
}

}  // namespace

std::vector<at::Tensor> block_importance(const Graph& real, const std::vector<Block>& blocks, const at::Tensor& images,
                                         uint64_t seed, ShardThreads& threads) {
  const TorchNetwork network(real);
  std::vector<GradientSums> parts(kImageParts, GradientSums(network, blocks));
  const auto count = static_cast<size_t>(std::min(images.size(0), kMostImages));
  threads.run(kImageParts, [&](size_t p) {
    for (size_t i = p * count / kImageParts; i < (p + 1) * count / kImageParts; ++i) {
      const auto at = static_cast<int64_t>(i);
      parts[p].add(images.slice(0, at, at + 1), Random(seed, {static_cast<uint64_t>(i), 0xf15e}));
    }
  });
  std::vector<at::Tensor> importance;
  for (size_t b = 0; b < blocks.size(); ++b) {
    at::Tensor sum;
    for (const GradientSums& part : parts)
      if (part.sums[b].defined()) sum = sum.defined() ? sum + part.sums[b] : part.sums[b];
    importance.push_back(of_mean_one(sum));
  }
  return importance;
}

}  // namespace flashcell::quant
