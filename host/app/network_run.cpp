#include "host/app/network_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "host/app/integer_device.hpp"
#include "host/arrays/array_work.hpp"
#include "host/inference/input_table.hpp"
#include "host/inference/network.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/graph/unquantized.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::app {
namespace {

using quant::Graph;
using quant::NodeId;
using quant::PackedModel;
using quant::Shape;

// Without the batch.
Shape item_shape(const Shape& shape) {
  return shape.size() > 1 ? Shape(shape.begin() + 1, shape.end()) : shape;
}

/// A graph in floating point.
class GraphRun final : public NetworkRun {
 public:
  GraphRun(const Graph& graph, quant::Metadata metadata, Arithmetic arithmetic)
      : GraphRun(graph, std::move(metadata), arithmetic, "cpu", quant::layer_step) {}
  /// With other steps than the layers' own; `item` counts the runs.
  GraphRun(const Graph& graph, quant::Metadata metadata, Arithmetic arithmetic, std::string device,
           const quant::StepFactory& make_step, std::shared_ptr<quant::cim::FirstItem> item = nullptr)
      : metadata_(std::move(metadata)),
        arithmetic_(arithmetic),
        device_(std::move(device)),
        item_(std::move(item)),
        executor_(graph, make_step) {
    for (const NodeId id : graph.inputs())
      inputs_.push_back({graph.node(id).name, item_shape(graph.node(id).shape), "f4", {}});
    for (const quant::Output& output : graph.outputs())
      outputs_.push_back({output.name, item_shape(graph.node(output.node).shape), "f4", {}});
  }

  const std::vector<Port>& inputs() const override { return inputs_; }
  const std::vector<Port>& outputs() const override { return outputs_; }
  const std::optional<quant::Preprocessing>& preprocessing() const override { return metadata_.preprocessing; }
  const std::vector<std::string>& class_names() const override { return metadata_.class_names; }
  Arithmetic arithmetic() const override { return arithmetic_; }
  std::string device() const override { return device_; }

  void set_numbers(size_t input, std::span<const float> numbers) override {
    std::copy(numbers.begin(), numbers.end(), executor_.input(input).begin());
  }
  void set_pixels(std::span<const uint8_t> pixels) override {
    const quant::Preprocessing& p = *metadata_.preprocessing;
    const size_t plane = pixels.size() / static_cast<size_t>(p.count());
    for (size_t i = 0; i < pixels.size(); ++i)
      executor_.input(0)[i] = (static_cast<float>(pixels[i]) - p.mean[i / plane]) * p.factor[i / plane];
  }
  void run() override {
    executor_.run();
    if (item_) ++item_->number;
  }
  std::vector<uint8_t> output(size_t i) const override {
    const std::span<const float> numbers = executor_.output(i);
    std::vector<uint8_t> bytes(numbers.size_bytes());
    std::memcpy(bytes.data(), numbers.data(), bytes.size());
    return bytes;
  }

 private:
  quant::Metadata metadata_;
  Arithmetic arithmetic_;
  std::string device_;
  std::shared_ptr<quant::cim::FirstItem> item_;
  quant::Executor executor_;
  std::vector<Port> inputs_, outputs_;
};

/// A packed model on a device. Arrays outside have channels first, the engine's tensors last.
class IntegerRun final : public NetworkRun {
 public:
  /// `shapes`: of the outputs, where the graph knows better than the model, else empty.
  IntegerRun(PackedModel model, const std::string& device, const std::vector<Shape>& shapes)
      : model_(std::move(model)), device_(make_integer_device(device, model_)), preprocessing_(model_.preprocessing) {
    add_ports(contract::kInputTensor, inputs_, input_places_);
    add_ports(contract::kOutputTensor, outputs_, output_places_);
    for (size_t i = 0; i < shapes.size() && i < outputs_.size(); ++i)
      if (quant::element_count(shapes[i]) == quant::element_count(outputs_[i].shape)) outputs_[i].shape = shapes[i];
    in_.resize(quant::bytes_of_role(model_, contract::kInputTensor));
    out_.resize(quant::bytes_of_role(model_, contract::kOutputTensor));
    const contract::TensorDescriptor& first = model_.tensors[input_places_.at(0).tensor];
    if (first.channels != preprocessing_->count()) preprocessing_.reset();
  }

  const std::vector<Port>& inputs() const override { return inputs_; }
  const std::vector<Port>& outputs() const override { return outputs_; }
  const std::optional<quant::Preprocessing>& preprocessing() const override { return preprocessing_; }
  const std::vector<std::string>& class_names() const override { return model_.class_names; }
  Arithmetic arithmetic() const override { return Arithmetic::integer; }
  std::string device() const override { return device_.name; }

  void set_numbers(size_t input, std::span<const float> numbers) override {
    const Place& place = input_places_[input];
    const contract::TensorDescriptor& t = model_.tensors[place.tensor];
    const int low = contract::lowest(t.type, t.bits), high = contract::highest(t.type, t.bits);
    const size_t pixels = size_t{t.height} * t.width;
    for (size_t i = 0; i < numbers.size(); ++i)
      contract::store_value(in_.data() + place.first, i % pixels * t.channels + i / pixels, t.type,
                            quant::quantize(numbers[i], model_.tensor_scales[place.tensor], t.zero_point, low, high));
  }
  void set_pixels(std::span<const uint8_t> pixels) override {
    const Place& place = input_places_[0];
    const std::span<uint8_t> stored = std::span(in_).subspan(place.first, pixels.size());
    std::vector<uint8_t> turned(pixels.size());
    turn(model_.tensors[place.tensor], pixels, turned);
    if (!table_) table_.emplace(model_);
    table_->apply(turned, stored);
  }
  void run() override { device_.run(in_, out_); }
  std::vector<uint8_t> output(size_t i) const override {
    const Place& place = output_places_[i];
    const contract::TensorDescriptor& t = model_.tensors[place.tensor];
    std::vector<uint8_t> bytes(quant::bytes_of(t));
    const size_t pixels = size_t{t.height} * t.width;
    for (size_t p = 0; p < pixels; ++p)
      for (size_t c = 0; c < t.channels; ++c)
        contract::store_value(bytes.data(), c * pixels + p, t.type,
                              contract::stored_value(out_.data() + place.first, p * t.channels + c, t.type));
    return bytes;
  }

 private:
  /// Where a port lies: its tensor, its first byte among all of its role.
  struct Place {
    size_t tensor, first;
  };

  void add_ports(contract::TensorRole role, std::vector<Port>& ports, std::vector<Place>& places) const {
    size_t first = 0;
    for (size_t i = 0; i < model_.tensors.size(); ++i) {
      const contract::TensorDescriptor& t = model_.tensors[i];
      if ((t.role & role) == 0) continue;
      const bool row = role == contract::kOutputTensor && t.height == 1 && t.width == 1;
      ports.push_back({model_.tensor_names[i], row ? Shape{t.channels} : Shape{t.channels, t.height, t.width},
                       fmt::format("{}{}", contract::is_signed(t.type) ? 'i' : 'u', contract::bytes_per_value(t.type)),
                       model_.tensor_scales[i], t.zero_point});
      places.push_back({i, first});
      first += quant::bytes_of(t);
    }
  }

  // Channels first to channels last.
  static void turn(const contract::TensorDescriptor& t, std::span<const uint8_t> planes, std::span<uint8_t> pixels) {
    const size_t count = size_t{t.height} * t.width;
    for (size_t c = 0; c < t.channels; ++c)
      for (size_t p = 0; p < count; ++p) pixels[p * t.channels + c] = planes[c * count + p];
  }

  const PackedModel model_;
  IntegerDevice device_;
  std::optional<quant::Preprocessing> preprocessing_;
  std::optional<host::InputTable> table_;
  std::vector<Port> inputs_, outputs_;
  std::vector<Place> input_places_, output_places_;
  std::vector<uint8_t> in_, out_;
};

std::unique_ptr<NetworkRun> run_on_arrays(const std::string& file, const RunChoice& choice) {
  if (choice.arithmetic.value_or(Arithmetic::float32) != Arithmetic::float32)
    throw Error(Fault::usage, "--device cim:PRESET: arrays have converters of their own; leave --as out");
  host::ArrayWork work = read_array_work(file, array_choice(choice));
  if (choice.heads_only) work.graph = quant::remove_output_tail(std::move(work.graph));
  auto item = std::make_shared<quant::cim::FirstItem>();
  const auto layers = quant::cim::program(work.graph, work.device, work.settings, choice.seed);
  return std::make_unique<GraphRun>(work.graph, std::move(work.metadata), Arithmetic::float32, choice.device,
                                    quant::cim::array_steps(layers, item), item);
}

std::unique_ptr<NetworkRun> run_graph(const std::string& file, const RunChoice& choice) {
  auto [imported, metadata] = quant::import_onnx_model(file, import_options_of(choice.pictures));
  Graph graph = quant::with_batch(std::move(imported), 1);
  if (choice.pictures.speaks_of_pixels() && !graph.inputs().empty())
    metadata.preprocessing =
        preprocessing_of(choice.pictures, metadata.preprocessing, graph.node(graph.inputs()[0]).shape);
  const bool quantized = quant::is_quantized(graph);
  const Arithmetic arithmetic = choice.arithmetic.value_or(quantized ? Arithmetic::fake : Arithmetic::float32);
  if (arithmetic != Arithmetic::float32 && !quantized)
    throw Error(Fault::usage,
                fmt::format("{}: holds floating-point numbers only; run it --as float32, or make integers of it with "
                            "`flashcell quantize`",
                            file));
  if (arithmetic == Arithmetic::integer) {
    std::vector<Shape> shapes;
    const Graph heads = quant::remove_output_tail(graph);
    for (const quant::Output& output : heads.outputs()) shapes.push_back(item_shape(heads.node(output.node).shape));
    return std::make_unique<IntegerRun>(
        quant::lower(quant::simplify(std::move(graph)), std::filesystem::path(file).stem().string(), metadata),
        choice.device, shapes);
  }
  if (choice.heads_only) graph = quant::remove_output_tail(std::move(graph));
  if (arithmetic == Arithmetic::float32)
    graph = quantized ? quant::without_quantization(std::move(graph))
                      : quant::simplify(std::move(graph));  // less to compute
  return std::make_unique<GraphRun>(graph, std::move(metadata), arithmetic);
}

}  // namespace

host::ArrayChoice array_choice(const RunChoice& choice) {
  return {host::arrays_of_device(choice.device), choice.calibration, choice.pictures};
}

RunChoice run_choice(const std::string& as, const std::string& device, bool heads_only) {
  RunChoice choice;
  choice.heads_only = heads_only;
  const auto named = std::find(std::begin(kArithmeticNames), std::end(kArithmeticNames), as);
  if (named != std::end(kArithmeticNames))
    choice.arithmetic = static_cast<Arithmetic>(named - std::begin(kArithmeticNames));
  if (device.empty()) return choice;
  choice.device = device;
  if (!choice.arithmetic && !host::is_array_device(device)) choice.arithmetic = Arithmetic::integer;
  return choice;
}

void add_run_choice(Command& command, std::string& as, std::string& device) {
  command
      .add_option("--as", as,
                  "float32: without quantization; fake: float32 that shows what integers stand for; integer: the "
                  "engine's. Unless stated integer for .fcnn, fake for a quantized .onnx, else float32")
      .one_of({"float32", "fake", "integer"});
  command.add_option("--device", device,
                     "Where integers run: reference, cpu (cpu:scalar, cpu:avx2, cpu:avx512_vnni), hls (the FPGA "
                     "kernel's sources); cpu unless stated. cim:PRESET[,key=value...]: real numbers on emulated "
                     "compute-in-memory arrays (`flashcell cim presets` lists them)");
}

void add_array_options(Command& command, uint64_t& seed, std::string& calibration) {
  command.add_option("--seed", seed, "Of arrays: fixes all that is by chance; 1 unless stated");
  command.add_option("--calibration", calibration,
                     "Of arrays: pictures (no labels needed) that converters' ranges are found with; else a quantized "
                     "network's file says them");
}

std::unique_ptr<NetworkRun> make_run(const std::string& file, const RunChoice& choice) {
  const bool packed = file.ends_with(".fcnn");
  if (host::is_array_device(choice.device)) return run_on_arrays(file, choice);
  const bool integers =
      choice.arithmetic.value_or(packed ? Arithmetic::integer : Arithmetic::fake) == Arithmetic::integer;
  if (packed && !integers)
    throw Error(Fault::usage, fmt::format("{}: holds integers only; give the .onnx file beside it for --as {}", file,
                                          kArithmeticNames[static_cast<size_t>(*choice.arithmetic)]));
  if (!integers && choice.device != "cpu")
    throw Error(Fault::usage,
                fmt::format("--device {}: floating point runs on the CPU only; devices are for --as integer",
                            printable(choice.device)));
  if (packed && (choice.pictures.speaks_of_pixels() || !choice.pictures.size.empty()))
    throw Error(Fault::usage,
                fmt::format("{}: says itself what its input is; leave --channels, --mean, --factor, --std "
                            "and --size to ONNX files",
                            printable(file)));
  try {
    if (packed) return std::make_unique<IntegerRun>(host::read_network(file), choice.device, std::vector<Shape>{});
    return run_graph(file, choice);
  } catch (const quant::ModelError& e) {
    throw Error(Fault::input, e.what());
  }
}

}  // namespace flashcell::app
