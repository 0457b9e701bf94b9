// ONNX files written by hand: operators in their many forms, and files that are beyond what is supported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>

#include "base/output_file.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "tests/quant_models/onnx/onnx_file.hpp"

namespace flashcell::quant {
namespace {

using Model = test::OnnxFile;
using ::testing::AllOf;
using ::testing::HasSubstr;

Graph import_bytes(const std::string& bytes) {
  return import_onnx({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "model.onnx");
}

std::string refusal(const std::string& bytes) {
  try {
    import_bytes(bytes);
  } catch (const ModelError& e) {
    return e.what();
  }
  return "imported";
}

Shape output_shape(const Model& model) {
  const Graph graph = import_bytes(model.bytes());
  return graph.node(graph.outputs()[0].node).shape;
}

TEST(Onnx, OpenExtentsAreRowsThenColumns) {
  Model model;
  auto* shape = model.proto.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  for (const int open : {0, 2, 3}) shape->mutable_dim(open)->set_dim_param("any");
  for (const int open : {0, 2, 3}) shape->mutable_dim(open)->clear_dim_value();
  model.add("Relu", {"x"}, "y");
  const std::string bytes = model.bytes();
  const std::span<const uint8_t> file(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  const Graph graph = import_onnx(file, "model.onnx", {.rows = 5, .columns = 7});
  EXPECT_EQ(graph.node(graph.outputs()[0].node).shape, (Shape{1, 4, 5, 7}));
}

TEST(Onnx, WeightsMayLieBesideTheModel) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "onnx_external";
  std::filesystem::create_directories(folder);
  const std::vector<float> numbers = {9, 9, 0.5F, 0.25F, 2, 4};
  write_file((folder / "weights.bin").string(), {reinterpret_cast<const char*>(numbers.data()), 6 * sizeof(float)});
  const auto imported = [&](const std::string& location, const std::string& length) {
    Model model;
    auto& tensor = model.add_reals("c", {4, 1, 1}, 1);
    tensor.clear_float_data();
    tensor.set_data_location(onnx_file::TensorProto::EXTERNAL);
    for (const auto& [key, value] :
         {std::pair<std::string, std::string>("location", location), {"offset", "8"}, {"length", length}}) {
      auto* entry = tensor.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    model.add("Mul", {"x", "c"}, "y");
    write_file((folder / "model.onnx").string(), model.bytes());
    return import_onnx((folder / "model.onnx").string());
  };
  const Graph graph = imported("weights.bin", "16");
  EXPECT_EQ(std::get<Constant>(graph.node(graph.find("c").value()).layer).value.values,
            (std::vector<float>{0.5F, 0.25F, 2, 4}));
  for (const auto& [location, length] : {std::pair("weights.bin", "20"),
                                         {"weights.bin", "12"},
                                         {"weights.bin", "-1"},
                                         {"../weights.bin", "16"},
                                         {"/weights.bin", "16"},
                                         {"", "16"},
                                         {"absent.bin", "16"}})
    EXPECT_THROW(imported(location, length), ModelError) << location << " " << length;
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
    EXPECT_EQ(output_shape(model), (Shape{1, 3, 4, 18})) << opset;
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
    EXPECT_EQ(output_shape(model), (Shape{1, 2, 6, 6}));
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
  model.add("Sin", {"x"}, "y");
  EXPECT_THAT(refusal(model.bytes()),
              AllOf(HasSubstr("model.onnx: node 'the Sin' (Sin)"), HasSubstr("supported are"), HasSubstr("LeakyRelu")));
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
  EXPECT_THAT(refused([](Model& m) { m.add("Relu", {"x"}, "y"); }, 5), HasSubstr("operator set 5"));
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
              HasSubstr("give its rows and columns"));
  EXPECT_THAT(refused([](Model& m) {
                m.add_integers("to", {7, -1});
                m.add("Reshape", {"x", "to"}, "y");
              }),
              HasSubstr("does not fit"));
  EXPECT_THAT(refusal("no model"), HasSubstr("model.onnx"));
  EXPECT_THAT(refusal(""), HasSubstr("no graph"));
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
  EXPECT_EQ(output_shape(model), (Shape{1, 1200, 1, 1}));
}

}  // namespace
}  // namespace flashcell::quant
