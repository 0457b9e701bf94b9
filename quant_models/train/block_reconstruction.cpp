#include "quant_models/train/block_reconstruction.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "quant_models/graph/blocks.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/random.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "quant_models/train/block_importance.hpp"
#include "quant_models/train/optimizer.hpp"
#include "quant_models/train/schedule.hpp"
#include "quant_models/train/shard_threads.hpp"
#include "quant_models/train/torch_network.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kParts = 4;          // of a batch, always the same ones
constexpr int64_t kForwardBatch = 8;  // images at once where no gradients are kept

std::vector<at::Tensor> values_of(const TorchNetwork& network) {
  std::vector<at::Tensor> values;
  for (const Parameter& p : network.parameters()) values.push_back(p.value.detach());
  return values;
}

/// Runs a block over all images.
at::Tensor run(const TorchNetwork& network, const at::Tensor& inputs, ShardThreads& threads) {
  const int64_t pieces = (inputs.size(0) + kForwardBatch - 1) / kForwardBatch;
  std::vector<at::Tensor> outputs(static_cast<size_t>(pieces));
  const std::vector<at::Tensor> parameters = values_of(network);
  threads.run(outputs.size(), [&](size_t i) {
    const at::NoGradGuard no_gradients;
    const int64_t first = static_cast<int64_t>(i) * kForwardBatch;
    outputs[i] =
        network.forward(inputs.slice(0, first, std::min(first + kForwardBatch, inputs.size(0))), parameters, nullptr);
  });
  return at::cat(outputs);
}

double relative_error(const at::Tensor& made, const at::Tensor& wanted, const at::Tensor& importance) {
  const double size = (wanted.to(at::kDouble).square() * importance).sum().item().toDouble();
  return ((made - wanted).to(at::kDouble).square() * importance).sum().item().toDouble() / std::max(size, 1e-30);
}

/// The parameters of one kind, which the optimizer changes in place.
struct Group {
  Group(const std::vector<Parameter>& all, bool scales) {
    for (size_t i = 0; i < all.size(); ++i)
      if (all[i].name.ends_with("/scale") == scales) {
        places.push_back(i);
        parameters.push_back(all[i]);
      }
    optimizer.emplace(parameters, 0.0);
  }
  void update(const std::vector<at::Tensor>& gradients, double rate, int64_t step) {
    std::vector<at::Tensor> own;
    for (const size_t i : places) own.push_back(gradients[i]);
    optimizer->update(parameters, own, rate, step);
  }

  std::vector<size_t> places;
  std::vector<Parameter> parameters;
  std::optional<AdamW> optimizer;
};

/// One block on its way.
class BlockTraining {
 public:
  BlockTraining(TorchNetwork& network, const at::Tensor& quantized, const at::Tensor& real, const at::Tensor& wanted,
                const at::Tensor& importance, const ReconstructionOptions& options, uint64_t block)
      : network_(network),
        quantized_(quantized),
        real_(real),
        wanted_(wanted),
        importance_(importance),
        options_(options),
        block_(block),
        weights_(network.parameters(), false),
        scales_(network.parameters(), true) {
    scale_ = 1 / std::max((wanted.square() * importance).mean().item().toDouble(), 1e-30);
  }

  void step(int64_t step, ShardThreads& threads) {
    Random random(options_.seed, {block_, static_cast<uint64_t>(step)});
    const std::vector<int64_t> images = choose(random);
    const uint64_t seed = random.next();
    const size_t parts = std::min(kParts, images.size());
    std::vector<std::vector<at::Tensor>> gradients(parts);
    threads.run(parts, [&](size_t p) {
      const size_t first = p * images.size() / parts, last = (p + 1) * images.size() / parts;
      gradients[p] =
          gradients_of({images.begin() + static_cast<ptrdiff_t>(first), images.begin() + static_cast<ptrdiff_t>(last)},
                       Random(seed, {p}), static_cast<double>(last - first) / static_cast<double>(images.size()));
    });
    const at::NoGradGuard no_gradients;
    for (size_t p = 1; p < parts; ++p)
      for (size_t i = 0; i < gradients[0].size(); ++i) gradients[0][i] += gradients[p][i];
    weights_.update(gradients[0], learning_rate(options_.learning_rate, step, options_.iterations, 0), step);
    scales_.update(gradients[0], learning_rate(options_.scale_rate, step, options_.iterations, 0), step);
  }

 private:
  // Each once.
  std::vector<int64_t> choose(Random& random) const {
    std::vector<int64_t> images(static_cast<size_t>(quantized_.size(0)));
    for (size_t i = 0; i < images.size(); ++i) images[i] = static_cast<int64_t>(i);
    const size_t wanted = std::min(static_cast<size_t>(options_.batch), images.size());
    for (size_t i = 0; i < wanted; ++i) std::swap(images[i], images[i + random.below(images.size() - i)]);
    images.resize(wanted);
    return images;
  }

  std::vector<at::Tensor> gradients_of(const std::vector<int64_t>& images, Random random, double share) const {
    const at::Tensor places = at::tensor(images, at::kLong);
    at::Tensor input = quantized_.index_select(0, places);
    if (options_.dropped > 0) input = at::where(draw_mask(input, random), real_.index_select(0, places), input);
    std::vector<at::Tensor> parameters = values_of(network_);
    for (at::Tensor& p : parameters) p.requires_grad_();
    const at::Tensor output = network_.forward(input, parameters, nullptr);
    const at::Tensor errors = (output - wanted_.index_select(0, places)).square();
    const at::Tensor loss = (errors * importance_).mean() * (scale_ * share);
    std::vector<at::Tensor> gradients = torch::autograd::grad({loss}, parameters, {}, {}, false, true);
    for (size_t i = 0; i < gradients.size(); ++i)
      if (!gradients[i].defined()) gradients[i] = at::zeros_like(parameters[i]);
    return gradients;
  }

  // True with the probability `dropped`.
  at::Tensor draw_mask(const at::Tensor& like, Random& random) const {
    at::Tensor mask = at::empty(like.sizes(), at::kBool);
    bool* const each = mask.data_ptr<bool>();
    for (int64_t i = 0; i < mask.numel(); ++i) each[i] = random.uniform() < options_.dropped;
    return mask;
  }

  TorchNetwork& network_;
  const at::Tensor &quantized_, &real_, &wanted_, &importance_;
  const ReconstructionOptions& options_;
  uint64_t block_;
  double scale_ = 1;
  Group weights_, scales_;
};

// What only moves numbers and stores them as they came.
std::vector<NodeId> moving_as_stored(const Graph& graph) {
  std::vector<NodeId> nodes;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.quantization && only_moves(node.layer) && graph.node(node.inputs[0]).quantization == node.quantization)
      nodes.push_back(id);
  }
  return nodes;
}

// The block's layers and quantizations in the whole network's place; blocks behind it that begin with moving its output
// store that as it does now.
void put_back(Graph& graph, const Graph& block) {
  const std::vector<NodeId> moving = moving_as_stored(graph);
  for (const NodeId id : block.order()) {
    const Node& node = block.node(id);
    const NodeId place = graph.find(node.name).value();
    if (std::holds_alternative<Input>(node.layer)) continue;
    graph.replace(place, node.layer);
    graph.set_quantization(place, node.quantization);
  }
  for (const NodeId id : moving) graph.set_quantization(id, graph.node(graph.node(id).inputs[0]).quantization);
}

Block same_block(const Graph& real, const Graph& quantized, const Block& block) {
  const std::string &from = quantized.node(block.input).name, &to = quantized.node(block.output).name;
  const std::optional<NodeId> input = real.find(from), output = real.find(to);
  if (!input || !output)
    throw ModelError("reconstruction: the real network has no block from '" + from + "' to '" + to + "'");
  return {*input, *output};
}

}  // namespace

Reconstruction reconstruct_blocks(const Graph& real, Graph quantized, std::span<const float> images, int64_t count,
                                  const ReconstructionOptions& options, const ReconstructionProgress& progress) {
  if (count < 1 || options.iterations < 1 || options.batch < 1 || options.threads < 1)
    throw std::invalid_argument("reconstruct_blocks: images, iterations, batch and threads must be above 0");
  const std::vector<Block> blocks = find_blocks(quantized);
  if (blocks.empty()) throw ModelError("reconstruction needs a network of one input and one output with weights");
  Shape shape = quantized.node(quantized.inputs()[0]).shape;
  shape[0] = count;
  at::Tensor real_value = to_torch(make_tensor(shape, {images.begin(), images.end()}));
  at::Tensor value = real_value;
  if (const auto& q = quantized.node(quantized.inputs()[0]).quantization)
    value = to_torch(effective(make_tensor(shape, {images.begin(), images.end()}), q));
  ShardThreads threads(options.threads);
  Reconstruction result;
  std::vector<Block> real_blocks;
  for (const Block& block : blocks) real_blocks.push_back(same_block(real, quantized, block));
  const std::vector<at::Tensor> important = block_importance(real, real_blocks, real_value, options.seed, threads);
  for (size_t b = 0; b < blocks.size(); ++b) {
    const Block& block = blocks[b];
    if (progress) progress(quantized.node(block.output).name, b, blocks.size());
    const at::Tensor wanted = run(TorchNetwork(extract(real, real_blocks[b])), real_value, threads);
    TorchNetwork network(extract(quantized, block));
    at::Tensor made = run(network, value, threads);
    result.before.push_back(relative_error(made, wanted, important[b]));
    result.after.push_back(result.before.back());
    BlockTraining training(network, value, real_value, wanted, important[b], options, b);
    for (int step = 0; step < options.iterations; ++step) training.step(step, threads);
    const at::Tensor trained = run(network, value, threads);
    if (const double error = relative_error(trained, wanted, important[b]); error < result.before.back()) {
      result.after.back() = error;
      put_back(quantized, network.trained());
      made = trained;
    }
    value = made;
    real_value = wanted;
  }
  result.graph = std::move(quantized);
  return result;
}

}  // namespace flashcell::quant
