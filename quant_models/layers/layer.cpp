#include "quant_models/layers/layer.hpp"

#include <stdexcept>
#include <type_traits>

#include "quant_models/packed/model_builder.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

template <class Kind>
constexpr InputCount inputs_of(const Kind&) {
  if constexpr (requires { Kind::kInputs; }) return Kind::kInputs;
  return {};
}

void require_inputs(const Layer& layer, size_t given) {
  const auto [least, most] = std::visit([](const auto& kind) { return inputs_of(kind); }, layer);
  require(given >= least && given <= most, "it has " + std::to_string(given) + " inputs, expected " +
                                               std::to_string(least) + (most > least ? " or more" : ""));
}

template <class Kind>
constexpr bool kHasWeights = requires(Kind layer) {
  layer.weight_quantization;
};

template <class Kind>
constexpr bool kRearranges = requires(const Kind& layer, const Shape& shape) {
  layer.moved_places(shape, shape, {});
};

template <class Kind>
constexpr bool kFollowsInEngine = requires(const Kind& layer, const ActivationFormat& format) {
  layer.engine_clamp(format);
};

// member(layer) for layers with weights, null for others.
template <class Result, class AnyLayer, class Member>
Result* member_of(AnyLayer& layer, Member member) {
  return std::visit(
      [&](auto& kind) -> Result* {
        if constexpr (kHasWeights<std::remove_cvref_t<decltype(kind)>>) return member(kind);
        return nullptr;
      },
      layer);
}

template <class Kind>
void merge_operators(OnnxOperators& all) {
  if constexpr (requires { Kind::onnx_operators(); }) all.merge(Kind::onnx_operators());
}

template <class... Kinds>
OnnxOperators all_operators(std::type_identity<std::variant<Kinds...>>) {
  OnnxOperators all;
  (merge_operators<Kinds>(all), ...);
  return all;
}

constexpr auto kWeight = [](auto& layer) { return &layer.weight; };
constexpr auto kBias = [](auto& layer) { return &layer.bias; };
constexpr auto kQuantization = [](auto& layer) { return &layer.weight_quantization; };

}  // namespace

std::string describe(const Layer& layer) {
  return std::visit([](const auto& kind) { return kind.describe(); }, layer);
}

Shape infer_shape(const Layer& layer, std::span<const Shape> inputs) {
  require_inputs(layer, inputs.size());
  Shape shape = std::visit([&](const auto& kind) { return kind.infer_shape(inputs); }, layer);
  element_count(shape);
  return shape;
}

Step make_step(const Layer& layer, const Shape& out, std::span<const Shape> inputs) {
  return std::visit([&](const auto& kind) { return kind.make_step(out, inputs); }, layer);
}

OnnxOperators onnx_operators() {
  return all_operators(std::type_identity<Layer>{});
}

Layer pass_through(size_t rank) {
  return Reshape{Shape(rank, 0)};
}

void write_onnx(const Layer& layer, OnnxWriter& file) {
  std::visit([&](const auto& kind) { kind.write_onnx(file); }, layer);
}

void lower(const Layer& layer, Lowering& engine) {
  std::visit([&](const auto& kind) { kind.lower(engine); }, layer);
}

bool rearranges(const Layer& layer) {
  return std::visit([](const auto& kind) { return kRearranges<std::remove_cvref_t<decltype(kind)>>; }, layer);
}

std::vector<int32_t> moved_places(const Layer& layer, const Shape& in, const Shape& out,
                                  const std::vector<int32_t>& places) {
  return std::visit(
      [&](const auto& kind) -> std::vector<int32_t> {
        if constexpr (kRearranges<std::remove_cvref_t<decltype(kind)>>) return kind.moved_places(in, out, places);
        throw std::invalid_argument("moved_places: the layer computes");
      },
      layer);
}

bool follows_in_engine(const Layer& layer) {
  return std::visit([](const auto& kind) { return kFollowsInEngine<std::remove_cvref_t<decltype(kind)>>; }, layer);
}

Clamp engine_clamp(const Layer& layer, const ActivationFormat& format) {
  return std::visit(
      [&](const auto& kind) -> Clamp {
        if constexpr (kFollowsInEngine<std::remove_cvref_t<decltype(kind)>>) return kind.engine_clamp(format);
        throw std::invalid_argument("engine_clamp: the layer is one of the engine's own");
      },
      layer);
}

bool reads_chosen_channels(const Layer& layer) {
  return std::visit(
      [](const auto& kind) {
        if constexpr (requires { kind.reads_chosen_channels(); }) return kind.reads_chosen_channels();
        return false;
      },
      layer);
}

Tensor* weight_of(Layer& layer) {
  return member_of<Tensor>(layer, kWeight);
}
const Tensor* weight_of(const Layer& layer) {
  return member_of<const Tensor>(layer, kWeight);
}
Tensor* bias_of(Layer& layer) {
  return member_of<Tensor>(layer, kBias);
}
const Tensor* bias_of(const Layer& layer) {
  return member_of<const Tensor>(layer, kBias);
}
std::optional<Quantization>* weight_quantization_of(Layer& layer) {
  return member_of<std::optional<Quantization>>(layer, kQuantization);
}
const std::optional<Quantization>* weight_quantization_of(const Layer& layer) {
  return member_of<const std::optional<Quantization>>(layer, kQuantization);
}

Tensor effective_weight(const Layer& layer) {
  return effective(*weight_of(layer), *weight_quantization_of(layer));
}

int64_t parameter_count(const Layer& layer) {
  return std::visit(
      [](const auto& kind) {
        int64_t count = 0;
        if constexpr (requires { kind.parameters(); })
          for (const Tensor* tensor : kind.parameters()) count += static_cast<int64_t>(tensor->values.size());
        return count;
      },
      layer);
}

int64_t macs_per_number(const Layer& layer, std::span<const Shape> inputs) {
  return std::visit(
      [inputs](const auto& kind) -> int64_t {
        if constexpr (requires { kind.macs_per_number(inputs); }) return kind.macs_per_number(inputs);
        return 0;
      },
      layer);
}

bool only_moves(const Layer& layer) {
  return std::visit(
      [](const auto& kind) {
        if constexpr (requires { kind.only_moves(); }) return kind.only_moves();
        return false;
      },
      layer);
}

bool is_view(const Layer& layer) {
  return std::visit(
      [](const auto& kind) {
        return requires {
          kind.kIsView;
        };
      },
      layer);
}

}  // namespace flashcell::quant
