// A whole vision transformer in integers against the fake-quantized graph that it came from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "host/inference/reference/reference.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/quantize/integer_functions.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/quant_models/graph/oblong_transformer.hpp"

namespace flashcell::quant {
namespace {

using test::random_tensor;

constexpr int64_t kPictures = 16;
constexpr size_t kPixels = 3 * 8 * 12;

struct Quantized {
  Graph graph;
  std::vector<float> pictures;
};

Quantized quantized(uint64_t seed, int residual_bits) {
  test::Random random(static_cast<uint32_t>(seed));
  const Graph graph = test::oblong_transformer(random);
  Quantized q;
  q.pictures = random_tensor({kPictures, 3, 8, 12}, random).values;
  PostTrainingOptions options;
  options.residual_bits = residual_bits;
  options.output_bits = 16;
  q.graph = fit_integer_functions(quantize_post_training(graph, q.pictures, kPictures, options));
  return q;
}

/// Outputs of the integer program as real numbers.
std::vector<double> integer_outputs(const Quantized& q, const PackedModel& model) {
  const Quantization& in = *q.graph.node(q.graph.inputs()[0]).quantization;
  const contract::TensorDescriptor& out = quant::output_tensor(model, model.layers.back());
  std::vector<double> numbers;
  for (size_t image = 0; image < kPictures; ++image) {
    std::vector<uint8_t> bytes(kPixels), scores(bytes_of(out));
    for (size_t i = 0; i < kPixels; ++i)
      bytes[i % 96 * 3 + i / 96] = static_cast<uint8_t>(
          quantize(q.pictures[image * kPixels + i], in.scale[0], in.zero_point[0], in.lowest(), in.highest()));
    host::run_reference(model, bytes, 1, scores);
    for (size_t k = 0; k < values_of(out); ++k)
      numbers.push_back(contract::stored_value(scores.data(), k, out.type) *
                        static_cast<double>(model.tensor_scales[model.layers.back().output]));
  }
  return numbers;
}

/// The graph with GELUs of values that are too wide for tables.
Quantized with_wide_gelus(Quantized q) {
  for (const NodeId id : std::vector<NodeId>(q.graph.order())) {
    const Node& node = q.graph.node(id);
    if (std::holds_alternative<Gelu>(node.layer))
      q.graph.set_quantization(node.inputs[0], signed_quantization(12, 1.0F / 256));
  }
  return q;
}

TEST(LowerTransformer, WideGelusAreShifts) {
  const Quantized q = with_wide_gelus(quantized(4, 16));
  const PackedModel model = lower(q.graph, "transformer");
  int shifts = 0;
  for (const contract::LayerDescriptor& layer : model.layers) shifts += layer.kind == contract::LayerKind::gelu;
  EXPECT_EQ(shifts, 2);
  const std::vector<float> expected = run_all(q.graph, q.pictures, kPictures);
  const std::vector<double> got = integer_outputs(q, model);
  double worst = 0, most = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(expected[i]) - got[i]));
    most = std::max(most, static_cast<double>(std::abs(expected[i])));
  }
  EXPECT_LT(worst, 0.15 * most);
}

TEST(LowerTransformer, FollowsTheGraph) {
  for (const int residual_bits : {0, 16}) {
    double signal = 0, noise = 0;
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      const Quantized q = quantized(seed, residual_bits);
      const PackedModel model = lower(q.graph, "transformer");
      const std::vector<float> expected = run_all(q.graph, q.pictures, kPictures);
      const std::vector<double> got = integer_outputs(q, model);
      ASSERT_EQ(got.size(), expected.size());
      // Of what tells images apart: constant outputs would not be a match.
      const size_t outputs = expected.size() / kPictures;
      for (size_t k = 0; k < outputs; ++k) {
        double mean = 0;
        for (size_t i = 0; i < kPictures; ++i) mean += static_cast<double>(expected[i * outputs + k]) / kPictures;
        for (size_t i = 0; i < kPictures; ++i) {
          signal += std::pow(static_cast<double>(expected[i * outputs + k]) - mean, 2);
          noise += std::pow(static_cast<double>(expected[i * outputs + k]) - got[i * outputs + k], 2);
        }
      }
    }
    // The exponential is a line between powers of two: off by up to 6 %.
    EXPECT_GT(10 * std::log10(signal / noise), 12) << residual_bits;
  }
}

/// Heads, transposes, splits and reshapes of attention are strides of products.
TEST(LowerTransformer, AttentionMovesNothing) {
  const PackedModel model = lower(quantized(1, 16).graph, "transformer");
  std::map<contract::LayerKind, int> count;
  for (const contract::LayerDescriptor& layer : model.layers) ++count[layer.kind];
  EXPECT_EQ(count[contract::LayerKind::product], 4);
  EXPECT_EQ(count[contract::LayerKind::softmax], 2);
  EXPECT_EQ(count[contract::LayerKind::layer_norm], 5);
  EXPECT_EQ(count[contract::LayerKind::add], 5);
  EXPECT_EQ(count[contract::LayerKind::constant], 2);
  // The image's pixels into tokens, and the class token out of them.
  EXPECT_LE(count[contract::LayerKind::move] + count[contract::LayerKind::gather], 2);
}

TEST(LowerTransformer, ScalesAreWhatIntegersAsk) {
  const Graph graph = quantized(2, 16).graph;
  std::optional<float> stream;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (std::holds_alternative<Softmax>(node.layer)) {
      EXPECT_EQ(node.quantization, unsigned_quantization(16, 0x1p-16F));
      const float inverse = 1 / graph.node(node.inputs[0]).quantization->scale[0];
      EXPECT_NEAR(inverse, std::round(inverse), 1e-3);
    }
    if (std::holds_alternative<Add>(node.layer)) {
      if (!stream) stream = node.quantization->scale[0];
      EXPECT_EQ(node.quantization, signed_quantization(16, *stream));
      for (const NodeId input : node.inputs) EXPECT_EQ(graph.node(input).quantization, node.quantization);
    }
  }
  EXPECT_TRUE(stream);
}

TEST(LowerTransformer, EqualGraphsGiveEqualBytes) {
  EXPECT_EQ(packed_file_bytes(lower(quantized(3, 16).graph, "t")),
            packed_file_bytes(lower(quantized(3, 16).graph, "t")));
}

}  // namespace
}  // namespace flashcell::quant
