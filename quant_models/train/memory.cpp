#include "quant_models/train/memory.hpp"

#include <algorithm>
#include <vector>

namespace flashcell::quant {
namespace {

constexpr int kBiasBits = 32, kFactorBits = 16, kShiftBits = 8, kRealBits = 32;

// The node whose memory holds this node's numbers: views move nothing, and a sum without a quantization of its own
// is stored as what its only reader makes of it.
bool takes_memory(const Graph& graph, NodeId id) {
  const Node& n = graph.node(id);
  if (is_view(n.layer) || std::holds_alternative<Constant>(n.layer)) return false;
  if (n.quantization || graph.is_output(id)) return true;
  const std::vector<NodeId> readers = graph.readers(id);
  return !(readers.size() == 1 && follows_in_engine(graph.node(readers[0]).layer) &&
           graph.node(readers[0]).quantization);
}

// For each node the place in the order behind which its memory is free.
std::vector<size_t> last_reads(const Graph& graph) {
  const std::vector<NodeId>& order = graph.order();
  std::vector<size_t> last(graph.id_limit(), 0);
  for (size_t place = order.size(); place-- > 0;) {
    const NodeId id = order[place];
    size_t& mine = last[static_cast<size_t>(id)];
    mine = std::max(mine, graph.is_output(id) ? order.size() : place);
    // What takes no memory of its own keeps its inputs' alive as long as it is read.
    for (const NodeId input : graph.node(id).inputs) {
      size_t& before = last[static_cast<size_t>(input)];
      before = std::max(before, takes_memory(graph, id) ? place : mine);
    }
  }
  return last;
}

}  // namespace

ChipMemory chip_memory(const Graph& graph) {
  ChipMemory memory;
  const std::vector<NodeId>& order = graph.order();
  const std::vector<size_t> last = last_reads(graph);
  std::vector<int64_t> freed(order.size() + 1, 0);
  int64_t alive = 0;
  for (size_t place = 0; place < order.size(); ++place) {
    const Node& n = graph.node(order[place]);
    if (const Tensor* weight = weight_of(n.layer)) {
      const auto& quantization = *weight_quantization_of(n.layer);
      memory.weights += element_count(weight->shape) * (quantization ? quantization->bits : kRealBits);
      memory.biases += weight->shape[0] * kBiasBits;
      memory.scales += weight->shape[0] * (kFactorBits + kShiftBits);
    }
    if (takes_memory(graph, order[place])) {
      const int64_t bits = element_count(n.shape) * (n.quantization ? n.quantization->bits : kRealBits);
      alive += bits;
      freed[last[static_cast<size_t>(order[place])]] += bits;
    }
    memory.values = std::max(memory.values, alive);
    alive -= freed[place];
  }
  return memory;
}

}  // namespace flashcell::quant
