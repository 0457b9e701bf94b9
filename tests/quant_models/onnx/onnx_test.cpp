// ONNX files out and in again, what OpenCV makes of them, and damaged ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <opencv2/dnn.hpp>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/onnx/onnx.pb.h"
#include "quant_models/onnx/tensor_data.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/quant_models/onnx/import_bytes.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using onnx_file::ModelProto;
using test::any_of;
using test::import_bytes;
using test::Random;
using test::random_graph;
using test::random_tensor;
using test::refusal;
using ::testing::AllOf;
using ::testing::HasSubstr;

Graph reimport(const Graph& graph) {
  return fuse_activations(import_bytes(export_onnx(graph)));
}

/// Random bits for some values and all weights; the weights are set to storable numbers.
Graph quantized_at_random(Graph graph, Random& random) {
  for (const NodeId id : std::vector<NodeId>(graph.order())) {
    Layer layer = graph.node(id).layer;
    if (std::optional<Quantization>* q = weight_quantization_of(layer)) {
      const int64_t channels = weight_of(layer)->shape[0];
      const bool each = any_of({0, 1}, random) == 1;
      *q = weight_quantization(any_of({2, 3, 4, 8}, random),
                               random_tensor({each ? channels : 1}, random, 0.01F, 0.3F).values);
      *weight_of(layer) = effective_weight(layer);
      graph.replace(id, layer);
    }
    const float scale = random_tensor({1}, random, 0.01F, 0.1F).values[0];
    const int bits = any_of({2, 4, 5, 8}, random);
    Quantization asymmetric = unsigned_quantization(bits, scale);
    asymmetric.zero_point = {1};
    const int kind = any_of({0, 1, 2, 3}, random);
    if (kind == 1) graph.set_quantization(id, unsigned_quantization(bits, scale));
    if (kind == 2) graph.set_quantization(id, signed_quantization(bits, scale));
    if (kind == 3) graph.set_quantization(id, asymmetric);
    // Inputs are stored unsigned.
    const std::optional<Quantization> stored = graph.node(id).quantization;
    if (stored && std::holds_alternative<Input>(graph.node(id).layer)) graph.set_quantization(id, as_unsigned(*stored));
  }
  return graph;
}

TEST(Onnx, FloatGraphsComeBackTheSame) {
  Random random(1);
  for (int round = 0; round < 60; ++round) {
    const Graph graph = round % 2 == 0 ? random_graph(random) : test::random_layers_of_others(random);
    EXPECT_EQ(reimport(graph), graph) << round;
  }
}

TEST(Onnx, QuantizedGraphsComeBackTheSame) {
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    const Graph graph = quantized_at_random(
        simplify(round % 2 == 0 ? random_graph(random) : test::random_layers_of_others(random)), random);
    const Graph again = reimport(graph);
    EXPECT_EQ(again, graph) << round;
    EXPECT_EQ(export_onnx(again), export_onnx(graph));
  }
}

// Runtimes join a layer with the QuantizeLinear around it only where all integers have one type.
TEST(Onnx, ValuesOfAFileHaveOneType) {
  Random random(12);
  for (int round = 0; round < 20; ++round) {
    ModelProto file;
    ASSERT_TRUE(file.ParseFromString(export_onnx(quantized_at_random(simplify(random_graph(random)), random))));
    std::map<std::string, int> types;
    for (const onnx_file::TensorProto& tensor : file.graph().initializer()) types[tensor.name()] = tensor.data_type();
    for (const onnx_file::NodeProto& node : file.graph().node()) {
      if (node.op_type() == "QuantizeLinear") {
        EXPECT_EQ(types.at(node.input(2)), onnx::kUint8) << node.name();
      }
    }
  }
}

// What others write: signed integers around any zero point, unsigned ones around 128, ranges of fewer bits in either.
TEST(Onnx, BothSignsOfAnIntegerMeanTheSame) {
  struct Case {
    int data_type;
    int32_t zero_point, low, high;  // no clip where both bounds are 0
    Quantization expected;
  };
  Quantization asymmetric = unsigned_quantization(8, 0.5F), narrow = signed_quantization(8, 0.5F);
  asymmetric.zero_point = {28};
  narrow.narrow = true;
  const Case cases[] = {{onnx::kInt8, 0, 0, 0, signed_quantization(8, 0.5F)},
                        {onnx::kUint8, 128, 0, 0, signed_quantization(8, 0.5F)},
                        {onnx::kInt8, -128, 0, 0, unsigned_quantization(8, 0.5F)},
                        {onnx::kInt8, -100, 0, 0, asymmetric},
                        {onnx::kUint8, 28, 0, 0, asymmetric},
                        {onnx::kInt8, 0, -8, 7, signed_quantization(4, 0.5F)},
                        {onnx::kUint8, 128, 120, 135, signed_quantization(4, 0.5F)},
                        {onnx::kInt8, -128, -128, -113, unsigned_quantization(4, 0.5F)},
                        {onnx::kUint8, 0, 0, 15, unsigned_quantization(4, 0.5F)},
                        {onnx::kInt8, 0, -127, 127, narrow},
                        {onnx::kUint8, 128, 1, 255, narrow}};
  for (const Case& c : cases) {
    Graph plain;
    plain.add_output("y", plain.add("relu", Activation{}, {plain.add("x", Input{{1, 2}})}));
    ModelProto file;
    ASSERT_TRUE(file.ParseFromString(export_onnx(plain)));
    file.mutable_graph()->mutable_node(0)->set_output(0, "real");
    const auto add = [&](const char* type, const std::vector<std::string>& inputs, const char* output) {
      onnx_file::NodeProto* node = file.mutable_graph()->add_node();
      node->set_op_type(type);
      node->set_name(type);
      for (const std::string& input : inputs) node->add_input(input);
      node->add_output(output);
    };
    const auto store = [&](const char* name, int32_t integer) {
      *file.mutable_graph()->add_initializer() =
          onnx::write_tensor(name, Shape{}, c.data_type, std::vector<int32_t>{integer});
    };
    *file.mutable_graph()->add_initializer() = onnx::write_tensor("scale", Shape{}, std::vector<float>{0.5F});
    store("zero", c.zero_point);
    store("low", c.low);
    store("high", c.high);
    add("QuantizeLinear", {"real", "scale", "zero"}, "integers");
    if (c.low != c.high) add("Clip", {"integers", "low", "high"}, "cut");
    add("DequantizeLinear", {c.low != c.high ? "cut" : "integers", "scale", "zero"}, "y");
    const Graph graph = import_bytes(file.SerializeAsString());
    EXPECT_EQ(graph.node(graph.outputs()[0].node).quantization, c.expected)
        << c.data_type << ' ' << c.zero_point << ' ' << c.low;
  }
}

TEST(Onnx, OtherPeoplesNetworksComeBackTheSame) {
  FLASHCELL_NEEDS_DATA("weights/FastestDet.onnx");
  FLASHCELL_NEEDS_DATA("weights/yunet_n_320.onnx");
  for (const char* file : {"weights/FastestDet.onnx", "weights/yunet_n_320.onnx"}) {
    const Graph graph = import_onnx((test::data_dir() / file).string());
    EXPECT_EQ(import_bytes(export_onnx(graph)), graph) << file;
    const Graph simple = simplify(graph);
    EXPECT_EQ(import_bytes(export_onnx(simple)), simple) << file;
  }
}

/// Largest difference between our outputs and those of OpenCV's dnn module on the exported file.
double difference_to_opencv(const Graph& graph, Random& random) {
  const std::string bytes = export_onnx(graph);
  cv::dnn::Net net = cv::dnn::readNetFromONNX(bytes.data(), bytes.size());
  const Shape& shape = graph.node(graph.inputs()[0]).shape;
  const Tensor x = random_tensor(shape, random);
  const cv::Mat blob(
      {static_cast<int>(shape[0]), static_cast<int>(shape[1]), static_cast<int>(shape[2]), static_cast<int>(shape[3])},
      CV_32F, const_cast<float*>(x.values.data()));
  net.setInput(blob);
  const cv::Mat theirs = net.forward();
  Executor executor(graph);
  std::copy(x.values.begin(), x.values.end(), executor.input(0).begin());
  executor.run();
  EXPECT_EQ(theirs.total(), executor.output(0).size());
  double worst = 0;
  for (size_t i = 0; i < theirs.total(); ++i) {
    const double expected = theirs.ptr<float>()[i];
    worst = std::max(worst, std::abs(executor.output(0)[i] - expected) / std::max(1.0, std::abs(expected)));
  }
  return worst;
}

/// OpenCV 4.6 reads Clip in the form of operator sets below 11 only.
bool has_clip(const Graph& graph) {
  return std::any_of(graph.order().begin(), graph.order().end(), [&](NodeId id) {
    const Activation* a = std::get_if<Activation>(&graph.node(id).layer);
    return a != nullptr && a->kind == ActivationKind::clip;
  });
}

TEST(Onnx, OpenCvRunsWhatWeExport) {
  Random random(3);
  for (int round = 0; round < 60; ++round) {
    const Graph graph = random_graph(random);
    if (has_clip(graph)) continue;
    EXPECT_LE(difference_to_opencv(graph, random), 1e-4) << round;
    EXPECT_LE(difference_to_opencv(simplify(graph), random), 1e-4) << round;
  }
}

TEST(Onnx, EveryCutIsAnError) {
  Random random(4);
  const std::string whole = export_onnx(random_graph(random));
  for (size_t size = 0; size < whole.size(); size += 1 + whole.size() / 400)
    EXPECT_NE(refusal(whole.substr(0, size)), "imported") << size;
}

OnnxModel import_with_metadata(const std::string& bytes) {
  return import_onnx_model({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "model.onnx");
}

TEST(OnnxMetadata, ComesBackTheSame) {
  Random random(7);
  const Graph graph = random_graph(random);
  Preprocessing colour;
  colour.channels = Preprocessing::Channels::bgr;
  colour.mean = {103.53F, 116.28F, -0.1F};
  colour.factor = {1.0F / 57.375F, 0.01712475F, 1e-30F};
  for (const Metadata& metadata : {Metadata{}, Metadata{{"red \"cell\"", "weiße Zelle\n", ""}, {}},
                                   Metadata{{}, Preprocessing{}}, Metadata{{"face"}, colour}}) {
    const OnnxModel back = import_with_metadata(export_onnx(graph, metadata));
    EXPECT_EQ(back.metadata, metadata);
    EXPECT_TRUE(back.graph == import_bytes(export_onnx(graph)));
  }
  EXPECT_THROW(export_onnx(graph, Metadata{{"\xff"}, {}}), ModelError);
}

TEST(OnnxMetadata, DamageIsNamedOnlyToThoseWhoAsk) {
  Random random(8);
  const std::string plain = export_onnx(random_graph(random));
  const auto with = [&](const std::string& key, const std::string& value) {
    ModelProto model;
    model.ParseFromString(plain);
    auto* property = model.add_metadata_props();
    property->set_key(key);
    property->set_value(value);
    return model.SerializeAsString();
  };
  EXPECT_EQ(import_with_metadata(with("author", "{")).metadata, Metadata{});
  const char *classes = "flashcell.classes", *preprocessing = "flashcell.preprocessing";
  for (const auto& [key, value] : std::vector<std::pair<const char*, const char*>>{
           {classes, "[1, 2]"},
           {classes, "[\"a\""},
           {preprocessing, "{}"},
           {preprocessing, R"({"channels": "cmyk", "mean": [0], "factor": [1]})"},
           {preprocessing, R"({"channels": "rgb", "mean": [0], "factor": [1, 1, 1]})"},
           {preprocessing, R"({"channels": "grey", "mean": [1e99], "factor": [1]})"},
           {preprocessing, R"({"channels": "grey", "mean": [0], "factor": [0]})"}}) {
    const std::string bytes = with(key, value);
    EXPECT_NO_THROW(import_bytes(bytes));
    try {
      import_with_metadata(bytes);
      ADD_FAILURE() << value;
    } catch (const ModelError& e) {
      EXPECT_THAT(e.what(), AllOf(HasSubstr("model.onnx: metadata"), HasSubstr(key)));
    }
  }
}

TEST(Onnx, ExportRefusesWeightsOfMoreThanEightBits) {
  Graph graph;
  FullyConnected layer{{{2, 2}, {1, 2, 3, 4}}, {}, weight_quantization(9, {1})};
  graph.add_output("y", graph.add("y", layer, {graph.add("x", Input{{1, 2}})}));
  EXPECT_THROW(export_onnx(graph), ModelError);
}

TEST(Onnx, ValuesOfMoreThanEightBitsComeBackTheSame) {
  for (const Quantization& q : {signed_quantization(16, 0.25F), unsigned_quantization(16, 0.5F),
                                signed_quantization(12, 2), unsigned_quantization(9, 1)}) {
    Random random(5);
    Graph graph = random_graph(random);
    graph.set_quantization(graph.order().back(), q);
    EXPECT_EQ(fuse_activations(import_bytes(export_onnx(graph))), graph) << q.bits;
  }
}

}  // namespace
}  // namespace flashcell::quant
