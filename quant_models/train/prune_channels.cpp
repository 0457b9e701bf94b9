#include "quant_models/train/prune_channels.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kScoredImages = 64;

/// What the last layer of a chain reads, as images x channels x pixels, and the gradient of the answer's cross entropy.
struct Seen {
  at::Tensor value, gradient;
};

Seen look(const Graph& graph, const ChannelChain& chain, std::span<const float> images, int64_t count) {
  const Graph heads = remove_output_tail(graph);
  const TorchNetwork network(heads);
  const NodeId read = *heads.find(graph.node(graph.node(chain.last).inputs[0]).name);
  const int64_t taken = std::min(count, kScoredImages);
  Shape shape = graph.node(graph.inputs()[0]).shape;
  shape[0] = taken;
  const at::Tensor input = at::from_blob(const_cast<float*>(images.data()), at::IntArrayRef(shape)).clone();
  std::vector<at::Tensor> parameters;
  for (const Parameter& p : network.parameters()) parameters.push_back(p.value.detach().requires_grad_());
  at::Tensor value;
  const at::Tensor output = network.forward(input, parameters, nullptr, [&](NodeId node, at::Tensor& x) {
    if (node == read) value = x;
  });
  const bool scores = output.dim() == 2 && output.size(1) > 1;
  const at::Tensor loss = scores ? at::cross_entropy_loss(output, output.detach().argmax(1), {}, at::Reduction::Sum)
                                 : 0.5 * output.square().sum();
  const at::Tensor gradient = torch::autograd::grad({loss}, {value})[0];
  const bool has_pixels = weight_of(graph.node(chain.last).layer)->shape.size() > 2;
  const auto by_channel = [&](const at::Tensor& x) {
    return has_pixels ? x.flatten(2) : x.flatten(0, -2).unsqueeze(2);
  };
  return {by_channel(value.detach()), by_channel(gradient)};
}

at::Tensor share_of(const at::Tensor& each) {
  return each / each.sum().clamp_min(1e-30);
}

}  // namespace

std::vector<double> channel_scores(const Graph& graph, const ChannelChain& chain, std::span<const float> images,
                                   int64_t count) {
  const Seen seen = look(graph, chain, images, count);
  const at::Tensor weight = to_torch(*weight_of(graph.node(chain.last).layer));
  const at::Tensor by_channel = weight.transpose(0, 1).flatten(2 < weight.dim() ? 2 : 1);  // channels x outputs x taps
  const at::Tensor taps = 2 < weight.dim() ? by_channel : by_channel.unsqueeze(2);
  const std::vector<int64_t> images_and_pixels = {0, 2}, outputs_and_taps = {1, 2};
  const at::Tensor power = taps.square().sum(outputs_and_taps), direct = taps.sum(2).square().sum(1);
  const at::Tensor mean = seen.value.mean(images_and_pixels), square = seen.value.square().mean(images_and_pixels);
  const at::Tensor reconstruction = square * power;
  const at::Tensor distribution = mean.square() * direct + (square - mean.square()).clamp_min(0) * power;
  const at::Tensor classification = (seen.gradient * seen.value).sum(2).abs().mean(0);
  const at::Tensor scores = share_of(reconstruction) + share_of(distribution) + share_of(classification);
  const std::vector<float> numbers = from_torch(scores).values;
  return {numbers.begin(), numbers.end()};
}

PruningResult prune_channels(const Graph& real, std::span<const float> images, int64_t count,
                             const PruningOptions& options,
                             const std::function<void(const std::string& what)>& progress) {
  if (!(options.share >= 0) || options.share >= 1)
    throw std::invalid_argument("prune_channels: a share from 0 to below 1");
  const auto hears = [&](const std::string& what) {
    if (progress) progress(what);
  };
  PruningResult result{real, {}};
  const size_t chains = find_channel_chains(real).size();
  if (chains == 0) throw ModelError("the network has no channels that only one layer reads: there is nothing to prune");
  for (size_t i = 0; i < chains; ++i) {
    const ChannelChain chain = find_channel_chains(result.graph)[i];
    const std::string name = result.graph.node(chain.first).name, last = result.graph.node(chain.last).name;
    hears("pruning " + name);
    const auto kept_count =
        static_cast<size_t>(std::max(1.0, std::ceil(static_cast<double>(chain.channels) * (1 - options.share) - 1e-9)));
    const std::vector<double> scores = channel_scores(result.graph, chain, images, count);
    std::vector<int64_t> kept(scores.size());
    std::iota(kept.begin(), kept.end(), int64_t{0});
    std::stable_sort(kept.begin(), kept.end(), [&](int64_t a, int64_t b) {
      return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)];
    });
    kept.resize(kept_count);
    std::sort(kept.begin(), kept.end());
    result.graph = keep_channels(result.graph, chain, kept);
    result.chains.push_back({name, chain.channels, static_cast<int64_t>(kept_count)});
    result.graph = tune(real, result.graph, images, count, options.layer, {.alike = {last}});
  }
  hears("tuning the pruned network");
  result.graph = tune(real, result.graph, images, count, options.all);
  return result;
}

}  // namespace flashcell::quant
