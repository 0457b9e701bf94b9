#include "host/arrays/array_engine.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "kernels_hls/contract/qcnn.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::host {
namespace {

/// A stored tensor of the model: channels last, where the graph has them first.
struct StoredTensor {
  contract::TensorDescriptor shape;
  float scale = 1;
  size_t first = 0;  ///< byte among all of its role

  size_t channels() const { return shape.channels; }
  size_t places() const { return size_t{shape.height} * shape.width; }
  size_t count() const { return channels() * places(); }
};

std::vector<StoredTensor> tensors_of(const quant::PackedModel& model, contract::TensorRole role) {
  std::vector<StoredTensor> tensors;
  size_t first = 0;
  for (size_t i = 0; i < model.tensors.size(); ++i) {
    if ((model.tensors[i].role & role) == 0) continue;
    tensors.push_back({model.tensors[i], model.tensor_scales[i], first});
    first += quant::bytes_of(model.tensors[i]);
  }
  return tensors;
}

/// What the engines of all threads share.
struct Chip {
  quant::Graph graph;
  quant::cim::PreparedLayers layers;
  StoredTensor input;
  std::vector<StoredTensor> outputs;
  size_t input_bytes = 0, output_bytes = 0;
};

class ArrayEngine final : public NetworkEngine {
 public:
  explicit ArrayEngine(std::shared_ptr<const Chip> chip)
      : chip_(std::move(chip)), executor_(chip_->graph, quant::cim::array_steps(chip_->layers, item_)) {}

  size_t input_bytes() const override { return chip_->input_bytes; }
  size_t output_bytes() const override { return chip_->output_bytes; }
  size_t items_at_once() const override { return 1; }

  void run(std::span<const uint8_t> inputs, size_t items, std::span<uint8_t> outputs, uint64_t first) override {
    for (size_t i = 0; i < items; ++i) {
      item_->number = first + i;
      read_input(inputs.subspan(i * chip_->input_bytes));
      executor_.run();
      for (size_t o = 0; o < chip_->outputs.size(); ++o)
        store(executor_.output(o), chip_->outputs[o], outputs.subspan(i * chip_->output_bytes));
    }
  }

 private:
  void read_input(std::span<const uint8_t> bytes) {
    const StoredTensor& t = chip_->input;
    const std::span<float> numbers = executor_.input(0);
    for (size_t p = 0; p < t.places(); ++p)
      for (size_t c = 0; c < t.channels(); ++c) {
        const int stored = contract::stored_value(bytes.data(), p * t.channels() + c, t.shape.type);
        numbers[c * t.places() + p] = t.scale * static_cast<float>(stored - t.shape.zero_point);
      }
  }

  static void store(std::span<const float> numbers, const StoredTensor& t, std::span<uint8_t> bytes) {
    const int low = contract::lowest(t.shape.type, t.shape.bits), high = contract::highest(t.shape.type, t.shape.bits);
    for (size_t p = 0; p < t.places(); ++p)
      for (size_t c = 0; c < t.channels(); ++c)
        contract::store_value(bytes.data() + t.first, p * t.channels() + c, t.shape.type,
                              quant::quantize(numbers[c * t.places() + p], t.scale, t.shape.zero_point, low, high));
  }

  std::shared_ptr<const Chip> chip_;
  std::shared_ptr<quant::cim::FirstItem> item_ = std::make_shared<quant::cim::FirstItem>();
  quant::Executor executor_;
};

void check_same_network(const Chip& chip, const std::string& file, const std::string& real) {
  const auto count = [&](quant::NodeId id) {
    return static_cast<size_t>(quant::element_count(chip.graph.node(id).shape));
  };
  bool same = count(chip.graph.inputs()[0]) == chip.input.count() && chip.graph.outputs().size() == chip.outputs.size();
  for (size_t i = 0; same && i < chip.outputs.size(); ++i)
    same = count(chip.graph.outputs()[i].node) == chip.outputs[i].count();
  if (!same)
    throw Error(Fault::input, fmt::format("{}: is of another network than {}", printable(real), printable(file)));
}

}  // namespace

std::string real_network_beside(const std::string& file) {
  return std::filesystem::path(file).replace_extension(".onnx").string();
}

EngineFactory make_array_engines(const std::string& file, const quant::PackedModel& model, const ArrayChoice& choice,
                                 uint64_t seed) {
  const std::string real = real_network_beside(file);
  if (!std::filesystem::exists(real))
    throw Error(
        Fault::input,
        fmt::format("{}: arrays take the network in real numbers, and {} is not there; `flashcell quantize` and "
                    "`flashcell train` write both",
                    printable(file), printable(real)));
  auto chip = std::make_shared<Chip>();
  try {
    ArrayWork work = read_array_work(real, choice);
    chip->layers = quant::cim::program(work.graph, work.device, work.settings, seed);
    chip->graph = quant::remove_output_tail(std::move(work.graph));
  } catch (const quant::ModelError& e) {
    throw Error(Fault::input, e.what());
  }
  chip->input = tensors_of(model, contract::kInputTensor).at(0);
  chip->outputs = tensors_of(model, contract::kOutputTensor);
  chip->input_bytes = quant::bytes_of_role(model, contract::kInputTensor);
  chip->output_bytes = quant::bytes_of_role(model, contract::kOutputTensor);
  check_same_network(*chip, file, real);
  return [chip = std::shared_ptr<const Chip>(chip)](const quant::PackedModel&) {
    return std::make_unique<ArrayEngine>(chip);
  };
}

}  // namespace flashcell::host
