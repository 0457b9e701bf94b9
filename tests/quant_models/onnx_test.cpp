// ONNX files out and in again, what OpenCV makes of them, and files that are damaged or beyond what is supported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/dnn.hpp>
#include <set>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/fake_quantize.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/onnx/onnx.pb.h"
#include "quant_models/onnx/tensor_data.hpp"
#include "tests/quant_models/random_graphs.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using onnx_file::ModelProto;
using test::any_of;
using test::Random;
using test::random_graph;
using test::random_tensor;
using ::testing::AllOf;
using ::testing::HasSubstr;

Graph import_bytes(const std::string& bytes) {
  return import_onnx({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "model.onnx");
}

Graph reimport(const Graph& graph) {
  return fuse_activations(import_bytes(export_onnx(graph)));
}

std::string refusal(const std::string& bytes) {
  try {
    import_bytes(bytes);
  } catch (const ModelError& e) {
    return e.what();
  }
  return "imported";
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
    const Graph graph = random_graph(random);
    EXPECT_EQ(reimport(graph), graph) << round;
  }
}

TEST(Onnx, QuantizedGraphsComeBackTheSame) {
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    const Graph graph = quantized_at_random(simplify(random_graph(random)), random);
    const Graph again = reimport(graph);
    EXPECT_EQ(again, graph) << round;
    EXPECT_EQ(export_onnx(again), export_onnx(graph));
  }
}

// Runtimes join a layer with the QuantizeLinear around it only where all integers have one type.
TEST(Onnx, IntegersOfAFileHaveOneType) {
  Random random(12);
  for (int round = 0; round < 20; ++round) {
    ModelProto file;
    ASSERT_TRUE(file.ParseFromString(export_onnx(quantized_at_random(simplify(random_graph(random)), random))));
    std::set<int> types;
    for (const onnx_file::TensorProto& tensor : file.graph().initializer())
      if (tensor.data_type() != onnx::kFloat && tensor.data_type() != onnx::kInt64) types.insert(tensor.data_type());
    EXPECT_EQ(types, std::set<int>{onnx::kUint8});
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

// ---- files by hand

/// A model of one input x (1 x 4 x 6 x 6) whose output is y.
struct Model {
  ModelProto proto;

  explicit Model(int64_t opset = 13) {
    proto.set_ir_version(7);
    proto.add_opset_import()->set_version(opset);
    add_input("x", {1, 4, 6, 6});
    proto.mutable_graph()->add_output()->set_name("y");
  }

  void add_input(const std::string& name, const Shape& shape) {
    onnx_file::ValueInfoProto* input = proto.mutable_graph()->add_input();
    input->set_name(name);
    input->mutable_type()->mutable_tensor_type()->set_elem_type(1);
    for (const int64_t extent : shape)
      input->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(extent);
  }

  onnx_file::NodeProto& add(const std::string& type, const std::vector<std::string>& inputs,
                            const std::string& output) {
    onnx_file::NodeProto* node = proto.mutable_graph()->add_node();
    node->set_op_type(type);
    node->set_name("the " + type);
    for (const std::string& input : inputs) node->add_input(input);
    node->add_output(output);
    return *node;
  }

  void set(onnx_file::NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
    onnx_file::AttributeProto* attribute = node.add_attribute();
    attribute->set_name(name);
    for (const int64_t value : values) attribute->add_ints(value);
    if (values.size() == 1) attribute->set_i(values[0]);
  }

  onnx_file::TensorProto& add_integers(const std::string& name, const std::vector<int64_t>& values,
                                       bool scalar = false) {
    onnx_file::TensorProto* tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(7);
    if (!scalar) tensor->add_dims(static_cast<int64_t>(values.size()));
    for (const int64_t value : values) tensor->add_int64_data(value);
    return *tensor;
  }

  onnx_file::TensorProto& add_reals(const std::string& name, const Shape& dims, float value) {
    onnx_file::TensorProto* tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(1);
    for (const int64_t extent : dims) tensor->add_dims(extent);
    for (int64_t i = 0; i < element_count(dims); ++i) tensor->add_float_data(value);
    return *tensor;
  }

  std::string bytes() const { return proto.SerializeAsString(); }
  Shape output_shape() const {
    const Graph graph = import_bytes(bytes());
    return graph.node(graph.outputs()[0].node).shape;
  }
};

TEST(Onnx, WorksOutArithmeticOnShapes) {
  // x.view(x.size(0), -1), as exporters write it.
  Model model;
  model.add("Shape", {"x"}, "shape");
  model.add_integers("zero", {0}, true);
  model.add("Gather", {"shape", "zero"}, "batch");
  model.add_integers("axes", {0});
  model.add("Unsqueeze", {"batch", "axes"}, "batch vector");
  model.add_integers("rest", {-1});
  model.set(model.add("Concat", {"batch vector", "rest"}, "target"), "axis", {0});
  model.add("Reshape", {"x", "target"}, "y");
  EXPECT_EQ(model.output_shape(), (Shape{1, 144}));
}

// F.pad(x, (0, 0, 0, 0, 1, 2)) as PyTorch's exporter writes it: pairs of borders from the last dimension to the first,
// filled up with zeros, as two columns that are turned around.
TEST(Onnx, FoldsChainsOfAnyRank) {
  Model model;
  model.add_integers("borders", {0, 0, 0, 0, 1, 2});
  model.add("Shape", {"borders"}, "length");
  model.add_integers("rank", {4}, true);
  model.add_integers("two", {2}, true);
  model.add("Mul", {"rank", "two"}, "all");
  model.add_integers("first", {0});
  model.add("Gather", {"length", "first"}, "given");
  model.add("Sub", {"all", "given"}, "missing");
  onnx_file::AttributeProto* value = model.add("ConstantOfShape", {"missing"}, "zeros").add_attribute();
  value->set_name("value");
  value->mutable_t()->set_data_type(7);
  value->mutable_t()->add_dims(1);
  value->mutable_t()->add_int64_data(0);
  model.set(model.add("Concat", {"borders", "zeros"}, "filled"), "axis", {0});
  model.add_integers("pairs", {-1, 2});
  model.add("Reshape", {"filled", "pairs"}, "columns");
  model.add_integers("last", {-1});
  model.add_integers("lowest", {INT64_MIN + 1});
  model.add("Slice", {"columns", "last", "lowest", "first", "last"}, "reversed");
  model.set(model.add("Transpose", {"reversed"}, "turned"), "perm", {1, 0});
  model.add("Reshape", {"turned", "last"}, "flat");
  model.set(model.add("Cast", {"flat"}, "pads"), "to", {7});
  model.add("Pad", {"x", "pads"}, "y");
  const Graph graph = import_bytes(model.bytes());
  EXPECT_EQ(std::get<Pad>(graph.node(graph.outputs()[0].node).layer), (Pad{{0, 1, 0, 0}, {0, 2, 0, 0}}));
}

/// What the nodes that `build` makes of constants come to, as the flattened target of an expansion: see below.
Tensor folded(const std::function<void(Model&)>& build) {
  Model model;
  build(model);
  model.add("Add", {"x", "result"}, "y");
  const Graph graph = import_bytes(model.bytes());
  for (const NodeId id : graph.order())
    if (const Constant* constant = std::get_if<Constant>(&graph.node(id).layer)) return constant->value;
  return {};
}

TEST(Onnx, FoldsArithmeticOnTensorsOfAnyRank) {
  // floor(6 * 1.5) as sizes of a resize are computed, spread over 2 x 3, minus 0..2 times 0.5, transposed.
  const Tensor result = folded([](Model& m) {
    m.add("Shape", {"x"}, "shape");
    m.add_integers("at", {3}, true);
    m.add("Gather", {"shape", "at"}, "side");
    m.set(m.add("Cast", {"side"}, "real"), "to", {1});
    m.add_reals("factor", {}, 1.5F);
    m.add("Mul", {"real", "factor"}, "wide");
    m.add("Floor", {"wide"}, "whole");
    m.add_integers("dims", {2, 3});
    m.add("Expand", {"whole", "dims"}, "matrix");
    m.add_integers("begin", {0}, true);
    m.add_integers("end", {3}, true);
    m.add_integers("step", {1}, true);
    m.add("Range", {"begin", "end", "step"}, "counted");
    m.set(m.add("Cast", {"counted"}, "numbers"), "to", {1});
    m.add_reals("half", {1}, 0.5F);
    m.add("Mul", {"numbers", "half"}, "halves");
    m.add("Sub", {"matrix", "halves"}, "difference");
    m.set(m.add("Transpose", {"difference"}, "turned"), "perm", {1, 0});
    m.add_integers("all", {1, 6});
    m.add("Reshape", {"turned", "all"}, "row");
    m.set(m.add("ReduceMax", {"row"}, "largest"), "axes", {1});
    m.add("Div", {"row", "largest"}, "result");
  });
  EXPECT_EQ(result.shape, (Shape{1, 6}));
  EXPECT_THAT(result.values,
              testing::Pointwise(testing::FloatEq(), {1.0F, 1.0F, 8.5F / 9, 8.5F / 9, 8.0F / 9, 8.0F / 9}));
}

TEST(Onnx, FoldsTilesChoicesAndParts) {
  const Tensor result = folded([](Model& m) {
    m.add_integers("a", {1, 5, 3}).add_dims(1);
    m.add_integers("times", {2, 2});
    m.add("Tile", {"a", "times"}, "tiled");  // 6 x 2
    onnx_file::NodeProto& split = m.add("Split", {"tiled"}, "upper");
    split.add_output("lower");
    m.add_integers("limit", {2}, true);
    m.add("Greater", {"lower", "limit"}, "larger");
    m.add("Where", {"larger", "upper", "limit"}, "chosen");
    m.add_integers("columns", {1});
    m.set(m.add("Gather", {"chosen", "columns"}, "column"), "axis", {1});
    m.add_integers("axis", {1});
    m.add("Squeeze", {"column", "axis"}, "vector");
    m.add_integers("front", {0, 2});
    m.add("Unsqueeze", {"vector", "front"}, "three");
    m.add("Neg", {"three"}, "negative");
    m.set(m.add("Cast", {"negative"}, "real"), "to", {1});
    m.add_integers("last", {1, 1, 1, 3});
    m.add("Reshape", {"real", "last"}, "narrow");
    m.add_integers("twice", {1, 1, 1, 2});
    m.add("Tile", {"narrow", "twice"}, "result");
  });
  EXPECT_EQ(result.shape, (Shape{1, 1, 1, 6}));
  EXPECT_EQ(result.values, (std::vector<float>{-2, -5, -3, -2, -5, -3}));
}

// A few bytes that ask for gigabytes: refused before they are made.
TEST(Onnx, BombsAreRefusedByName) {
  const auto bomb = [](const std::function<void(Model&)>& build) {
    Model model;
    build(model);
    model.add("Add", {"x", "big"}, "y");
    return refusal(model.bytes());
  };
  for (const int64_t side : {int64_t{1} << 13, int64_t{1} << 40, INT64_MAX}) {
    EXPECT_THAT(bomb([&](Model& m) {
                  m.add_integers("dims", {side, side});
                  m.add("ConstantOfShape", {"dims"}, "big");
                }),
                HasSubstr("the ConstantOfShape"));
    EXPECT_THAT(bomb([&](Model& m) {
                  m.add_integers("dims", {side, side});
                  m.add_reals("one", {1, 1}, 1);
                  m.add("Expand", {"one", "dims"}, "big");
                }),
                HasSubstr("the Expand"));
    EXPECT_THAT(bomb([&](Model& m) {
                  m.add_integers("times", {side, side});
                  m.add_reals("one", {1, 1}, 1);
                  m.add("Tile", {"one", "times"}, "big");
                }),
                HasSubstr("the Tile"));
    EXPECT_THAT(bomb([&](Model& m) {
                  m.add_integers("begin", {INT64_MIN}, true);
                  m.add_integers("end", {side}, true);
                  m.add_integers("step", {1}, true);
                  m.add("Range", {"begin", "end", "step"}, "big");
                }),
                HasSubstr("the Range"));
  }
}

TEST(Onnx, SortsNodesThatStandInAnyOrder) {
  Model model;
  model.add("Relu", {"b"}, "y");
  model.add("Tanh", {"a"}, "b");
  model.add("Sigmoid", {"x"}, "a");
  const Graph graph = import_bytes(model.bytes());
  EXPECT_EQ(graph.order().size(), 4U);
}

TEST(Onnx, OperatorsOfOldAndNewSets) {
  for (const int64_t opset : {9, 10, 11, 13}) {
    Model model(opset);
    onnx_file::NodeProto& slice = model.add("Slice", {"x"}, "part");
    if (opset < 10) {
      model.set(slice, "starts", {1});
      model.set(slice, "ends", {-1});
      model.set(slice, "axes", {2});
    } else {
      for (const auto& [name, value] : {std::pair("starts", 1), std::pair("ends", -1), std::pair("axes", 2)}) {
        model.add_integers(name, {value});
        slice.add_input(name);
      }
    }
    onnx_file::NodeProto& pad = model.add("Pad", {"part"}, "padded");
    if (opset < 11) {
      model.set(pad, "pads", {0, 0, 0, 1, 0, 0, 0, 2});
    } else {
      model.add_integers("pads", {0, 0, 0, 1, 0, 0, 0, 2});
      pad.add_input("pads");
    }
    onnx_file::NodeProto& split = model.add("Split", {"padded"}, "left");
    split.add_output("right");
    model.set(split, "axis", {1});
    if (opset < 13) {
      model.set(split, "split", {1, 3});
    } else {
      model.add_integers("split", {1, 3});
      split.add_input("split");
    }
    model.add_reals("scales", {4}, 1).set_float_data(3, 2);
    model.add(
        opset < 10 ? "Upsample" : "Resize",
        opset < 11 ? std::vector<std::string>{"right", "scales"} : std::vector<std::string>{"right", "", "scales"},
        "y");
    if (opset >= 11) {
      onnx_file::AttributeProto* mode = model.proto.mutable_graph()->mutable_node(3)->add_attribute();
      mode->set_name("coordinate_transformation_mode");
      mode->set_s("half_pixel");
    }
    EXPECT_EQ(model.output_shape(), (Shape{1, 3, 4, 18})) << opset;
  }
}

TEST(Onnx, SamePaddingKeepsTheSize) {
  for (const char* mode : {"SAME_UPPER", "SAME_LOWER"}) {
    Model model;
    model.add_reals("w", {2, 4, 4, 4}, 1);
    onnx_file::NodeProto& node = model.add("Conv", {"x", "w"}, "y");
    onnx_file::AttributeProto* automatic = node.add_attribute();
    automatic->set_name("auto_pad");
    automatic->set_s(mode);
    EXPECT_EQ(model.output_shape(), (Shape{1, 2, 6, 6}));
    const Graph graph = import_bytes(model.bytes());
    const Padding expected = std::string(mode) == "SAME_UPPER" ? Padding{1, 1, 2, 2} : Padding{2, 2, 1, 1};
    EXPECT_EQ(std::get<Convolution>(graph.node(graph.outputs()[0].node).layer).padding, expected);
  }
}

TEST(Onnx, AValueReadBothQuantizedAndRealStaysReal) {
  Model model;
  model.add("Tanh", {"x"}, "a");
  model.add_reals("scale", {}, 0.25F);
  model.add("QuantizeLinear", {"a", "scale"}, "q");
  model.add("DequantizeLinear", {"q", "scale"}, "d");
  model.add("Add", {"a", "d"}, "y");
  const Graph graph = import_bytes(model.bytes());
  const Node& sum = graph.node(graph.outputs()[0].node);
  EXPECT_FALSE(graph.node(sum.inputs[0]).quantization.has_value());
  EXPECT_EQ(graph.node(sum.inputs[1]).quantization, unsigned_quantization(8, 0.25F));
}

TEST(Onnx, NamesTheNodeThatIsNotSupported) {
  Model model;
  model.add("Erf", {"x"}, "y");
  EXPECT_THAT(refusal(model.bytes()),
              AllOf(HasSubstr("model.onnx: node 'the Erf' (Erf)"), HasSubstr("supported are"), HasSubstr("LeakyRelu")));
}

TEST(Onnx, RefusesWhatDoesNotFit) {
  const auto refused = [](const std::function<void(Model&)>& build, int64_t opset = 13) {
    Model model(opset);
    build(model);
    return refusal(model.bytes());
  };
  EXPECT_THAT(refused([](Model& m) { m.add("Relu", {"z"}, "y"); }), HasSubstr("'z' is not made by any node"));
  EXPECT_THAT(refused([](Model& m) { m.add("Add", {"x", "y"}, "y"); }), HasSubstr("cycle"));
  EXPECT_THAT(refused([](Model& m) { m.add("Relu", {"x"}, "x"); }), HasSubstr("made twice"));
  EXPECT_THAT(refused([](Model& m) { m.add("Relu", {"x"}, "z"); }), HasSubstr("output 'y'"));
  EXPECT_THAT(refused([](Model& m) { m.add("Relu", {"x"}, "y"); }, 6), HasSubstr("operator set 6"));
  EXPECT_THAT(refused([](Model& m) {
                m.add_reals("w", {2, 4, 3, 3}, NAN);
                m.add("Conv", {"x", "w"}, "y");
              }),
              AllOf(HasSubstr("the Conv"), HasSubstr("not finite")));
  EXPECT_THAT(refused([](Model& m) {
                onnx_file::NodeProto& pool = m.add("MaxPool", {"x"}, "y");
                m.set(pool, "kernel_shape", {2, 2});
                m.set(pool, "dilations", {2, 2});
              }),
              HasSubstr("dilation"));
  EXPECT_THAT(refused([](Model& m) {
                m.add_reals("w", {2, 4, 3, 3}, 1).set_data_location(onnx_file::TensorProto::EXTERNAL);
                m.add("Conv", {"x", "w"}, "y");
              }),
              HasSubstr("another file"));
  EXPECT_THAT(refused([](Model& m) {
                m.add_reals("w", {2, 4, 3, 3}, 1).set_dims(0, int64_t{1} << 60);
                m.add("Conv", {"x", "w"}, "y");
              }),
              HasSubstr("tensor 'w'"));
  EXPECT_THAT(refused([](Model& m) {
                m.add_reals("w", {2, 4, 3, 3}, 1).set_dims(0, 3);
                m.add("Conv", {"x", "w"}, "y");
              }),
              HasSubstr("does not hold the 108 numbers"));
  EXPECT_THAT(refused([](Model& m) {
                m.proto.mutable_graph()
                    ->mutable_input(0)
                    ->mutable_type()
                    ->mutable_tensor_type()
                    ->mutable_shape()
                    ->mutable_dim(2)
                    ->set_dim_value(0);
                m.add("Relu", {"x"}, "y");
              }),
              HasSubstr("fixed image size"));
  EXPECT_THAT(refused([](Model& m) {
                m.add_integers("to", {7, -1});
                m.add("Reshape", {"x", "to"}, "y");
              }),
              HasSubstr("does not fit"));
  EXPECT_THAT(refusal("no model"), HasSubstr("model.onnx"));
  EXPECT_THAT(refusal(""), HasSubstr("no graph"));
}

TEST(Onnx, ASmallFileCannotFillTheMemory) {
  Model model;
  model.add_reals("w0", {1 << 18}, 1);
  std::string last = "w0";
  for (int i = 1; i < 5000; ++i) {
    std::string next = "w";
    next += std::to_string(i);
    model.add("Identity", {last}, next);
    last = next;
  }
  model.add("Relu", {"x"}, "y");
  EXPECT_THAT(refusal(model.bytes()), HasSubstr("16 times the numbers"));
}

TEST(Onnx, WeightsMayBeNodes) {
  Model model;
  onnx_file::TensorProto weight;
  weight.set_data_type(1);
  for (const int64_t extent : {1200, 4, 16, 16}) weight.add_dims(extent);
  weight.set_raw_data(std::string(4 * 1200 * 4 * 256, '\0'));
  onnx_file::AttributeProto* value = model.add("Constant", {}, "w").add_attribute();
  value->set_name("value");
  *value->mutable_t() = weight;
  model.set(model.add("Conv", {"x", "w"}, "y"), "pads", {5, 5, 5, 5});
  EXPECT_EQ(model.output_shape(), (Shape{1, 1200, 1, 1}));
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

TEST(Onnx, ExportRefusesMoreThanEightBits) {
  Random random(5);
  Graph graph = random_graph(random);
  graph.set_quantization(graph.order().back(), signed_quantization(9, 1));
  EXPECT_THROW(export_onnx(graph), ModelError);
}

}  // namespace
}  // namespace flashcell::quant
