#include "quant_models/train/weight_average.hpp"

#include <algorithm>
#include <utility>

namespace flashcell::quant {
namespace {

std::vector<at::Tensor*> averaged(TorchNetwork& network) {
  std::vector<at::Tensor*> all;
  for (Parameter& p : network.parameters()) all.push_back(&p.value);
  for (at::Tensor& t : network.running()) all.push_back(&t);
  return all;
}

}  // namespace

WeightAverage::WeightAverage(TorchNetwork& network, double keep) : keep_(keep) {
  for (const at::Tensor* t : averaged(network)) mean_.push_back(t->clone());
}

void WeightAverage::update(TorchNetwork& network, int64_t step) {
  // A plain mean at first: what the network began with must not linger.
  const double keep = std::min(keep_, static_cast<double>(step + 1) / static_cast<double>(step + 10));
  const std::vector<at::Tensor*> now = averaged(network);
  for (size_t i = 0; i < mean_.size(); ++i) mean_[i].mul_(keep).add_(*now[i], 1 - keep);
}

Graph WeightAverage::trained(TorchNetwork& network) {
  const auto exchange = [&] {
    const std::vector<at::Tensor*> now = averaged(network);
    for (size_t i = 0; i < mean_.size(); ++i) std::swap(*now[i], mean_[i]);
  };
  exchange();
  Graph graph = network.trained();
  exchange();
  return graph;
}

}  // namespace flashcell::quant
