#include "quant_models/train/array_converters.hpp"

#include "quant_models/cim/array_network.hpp"
#include "quant_models/cim/range_calibration.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/graph/unquantized.hpp"
#include "quant_models/train/array_errors.hpp"

namespace flashcell::quant {
namespace {

enum Column : int64_t { kLow, kHigh, kZeroIsALevel, kWorth, kColumns };

bool is_seen(const cim::ArrayDevice& device) {
  const bool one_cycle = device.input.cycle_bits == 0 || device.input.cycle_bits >= device.input.bits;
  return device.output.bits > 0 && device.slices() == 1 && device.array.mapping == cim::Mapping::pair && one_cycle;
}

// 1 for the inputs first .. first + count of each output.
at::Tensor rows_mask(const Tensor& weight, int inputs, int first, int count) {
  const int64_t outputs = element_count(weight.shape) / inputs;
  at::Tensor mask = at::zeros({outputs, inputs});
  mask.narrow(1, first, count).fill_(1);
  return mask.reshape(at::IntArrayRef(weight.shape.data(), weight.shape.size()));
}

}  // namespace

ArrayConverters::ArrayConverters(const Graph& graph, const std::string& device)
    : device_(read_array_device(device)), id_limit_(graph.id_limit()) {
  for (const NodeId id : cim::nodes_on_arrays(graph)) {
    const Node& node = graph.node(id);
    const cim::ArrayDevice own = device_.of_layer(node.name);
    if (!is_seen(own)) continue;
    Tensor storage;
    const int inputs = cim::weights_of(node, storage).inputs;
    Layer layer{id, node.name, {}, {}};
    for (int first = 0; first < inputs; first += own.array.rows) {
      layer.rows.push_back(std::min(own.array.rows, inputs - first));
      layer.masks.push_back(inputs > own.array.rows ? rows_mask(storage, inputs, first, layer.rows.back())
                                                    : at::Tensor());
    }
    layers_.push_back(std::move(layer));
  }
  ranges_ = at::zeros({static_cast<int64_t>(layers_.size()), kColumns});
}

void ArrayConverters::calibrate(const Graph& network, std::span<const float> images, int64_t count) {
  const Graph real = simplify(without_quantization(network));
  const cim::Settings settings = cim::calibrate(real, device_, images, count, cim::stated_limits(network, device_));
  auto ranges = ranges_.accessor<float, 2>();
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const cim::ArrayDevice own = device_.of_layer(layer.name);
    Tensor storage;
    const cim::ArrayWeights weights = cim::weights_of(real.node(real.find(layer.name).value()), storage);
    const cim::ArrayLayer ideal = cim::program_ideally(weights, device_, settings.at(layer.name));
    const cim::OutputRange range = cim::output_range(own, settings.at(layer.name), layer.rows.front(), 0);
    const auto row = static_cast<int64_t>(i);
    ranges[row][kLow] = static_cast<float>(range.low);
    ranges[row][kHigh] = static_cast<float>(range.high);
    ranges[row][kZeroIsALevel] = range.zero_is_a_level ? 1 : 0;
    ranges[row][kWorth] = static_cast<float>(ideal.scale * ideal.arrays.front().weight);
  }
}

std::vector<ColumnConverters> ArrayConverters::columns() const {
  std::vector<ColumnConverters> columns(id_limit_);
  const auto ranges = ranges_.accessor<float, 2>();
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const cim::ArrayDevice own = device_.of_layer(layer.name);
    ColumnConverters& converters = columns[static_cast<size_t>(layer.node)];
    const auto row = static_cast<int64_t>(i);
    for (size_t a = 0; a < layer.rows.size(); ++a) {
      cim::OutputRange range{ranges[row][kLow], ranges[row][kHigh], ranges[row][kZeroIsALevel] != 0};
      if (own.output.range == cim::RangeRule::full) range = cim::output_range(own, {}, layer.rows[a], 0);
      converters.highest_code = range.levels(own.output.bits) - 1;
      const double worth = ranges[row][kWorth];
      converters.arrays.push_back({layer.masks[a], static_cast<float>(worth * range.low),
                                   static_cast<float>(worth * (range.high - range.low) / converters.highest_code)});
    }
  }
  return columns;
}

}  // namespace flashcell::quant
