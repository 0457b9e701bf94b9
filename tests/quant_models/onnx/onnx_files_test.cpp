// ONNX files written by hand: operators in their many forms, and files that are beyond what is supported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <utility>

#include "base/output_file.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "tests/quant_models/onnx/import_bytes.hpp"
#include "tests/quant_models/onnx/onnx_file.hpp"

namespace flashcell::quant {
namespace {

using Model = test::OnnxFile;
using test::import_bytes;
using test::output_shape;
using test::refusal;
using ::testing::AllOf;
using ::testing::HasSubstr;

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

/// What the network's only output is for x = -3, -2.5, ... 68.5 and around again.
std::vector<float> numbers_of(const Model& model) {
  const Graph graph = import_bytes(model.bytes());
  Executor executor(graph);
  float next = -3;
  for (float& x : executor.input(0)) x = std::exchange(next, next + 0.5F);
  executor.run();
  return {executor.output(0).begin(), executor.output(0).end()};
}

TEST(Onnx, LargerAndSmallerOfAValueAndNumbersAreClips) {
  Model model;
  model.add_reals("low", {}, -1);
  model.add_reals("high", {1, 1}, 2);
  model.add("Max", {"low", "x"}, "a");
  model.add("Min", {"a", "high"}, "y");
  const std::vector<float> y = numbers_of(model);
  for (size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], std::clamp(static_cast<float>(i) / 2 - 3, -1.0F, 2.0F)) << i;
  Model two;
  two.add("Relu", {"x"}, "a");
  two.add("Max", {"a", "x"}, "y");
  EXPECT_THAT(refusal(two.bytes()), AllOf(HasSubstr("the Max"), HasSubstr("two values")));
  Model each;
  each.add_reals("bounds", {4, 1, 1}, 2);
  each.add("Min", {"x", "bounds"}, "y");
  EXPECT_THAT(refusal(each.bytes()), AllOf(HasSubstr("the Min"), HasSubstr("one number")));
}

TEST(Onnx, SoftmaxInTheMiddleIsTurnedToTheEnd) {
  for (const char* type : {"Softmax", "LogSoftmax"}) {
    Model model;
    model.set(model.add(type, {"x"}, "y"), "axis", {2});
    const std::vector<float> y = numbers_of(model);
    for (size_t column = 0; column < 6; ++column) {
      double sum = 0;
      for (size_t row = 0; row < 6; ++row)
        sum += type[0] == 'S' ? double{y[6 * row + column]} : std::exp(double{y[6 * row + column]});
      EXPECT_NEAR(sum, 1, 1e-6);
    }
    EXPECT_NEAR(type[0] == 'S' ? y[30] / y[0] : std::exp(y[30] - y[0]), std::exp(15.0), 20) << "rows differ by 3";
  }
}

// As the standard has them, by hand: out = stride * (in - 1) + span + output_padding - pads.
TEST(Onnx, TransposedConvolutionsInTheirManyForms) {
  const auto shape_with = [](const std::function<void(Model&, onnx_file::NodeProto&)>& change, const Shape& weight) {
    Model model;
    model.add_reals("w", weight, 0.5F);
    onnx_file::NodeProto& node = model.add("ConvTranspose", {"x", "w"}, "y");
    change(model, node);
    return output_shape(model);
  };
  const auto text = [](onnx_file::NodeProto& node, const char* name, const char* value) {
    onnx_file::AttributeProto* attribute = node.add_attribute();
    attribute->set_name(name);
    attribute->set_s(value);
  };
  EXPECT_EQ(shape_with([](Model&, auto&) {}, {4, 3, 3, 2}), (Shape{1, 3, 8, 7}));
  EXPECT_EQ(shape_with(
                [](Model& m, auto& node) {
                  m.set(node, "strides", {2, 3});
                  m.set(node, "pads", {1, 0, 0, 1});
                  m.set(node, "output_padding", {1, 2});
                  m.set(node, "dilations", {2, 1});
                },
                {4, 3, 3, 2}),
            (Shape{1, 3, 15, 18}));
  EXPECT_EQ(shape_with(
                [&](Model& m, auto& node) {
                  m.set(node, "strides", {2, 2});
                  text(node, "auto_pad", "SAME_UPPER");
                },
                {4, 3, 3, 3}),
            (Shape{1, 3, 12, 12}));
  EXPECT_EQ(shape_with(
                [](Model& m, auto& node) {
                  m.set(node, "strides", {3, 2});
                  m.set(node, "output_shape", {20, 11});
                },
                {4, 3, 3, 3}),
            (Shape{1, 3, 20, 11}));
  EXPECT_EQ(shape_with([](Model& m, auto& node) { m.set(node, "group", {2}); }, {4, 3, 1, 1}), (Shape{1, 6, 6, 6}));
  Model odd;
  odd.add_reals("w", {4, 3, 3, 3}, 1);
  onnx_file::NodeProto& node = odd.add("ConvTranspose", {"x", "w"}, "y");
  odd.set(node, "output_shape", {7, 7});
  odd.set(node, "strides", {1, 1});
  EXPECT_THAT(refusal(odd.bytes()), HasSubstr("odd border"));
}

// Each group's outputs see its inputs only.
TEST(Onnx, GroupsOfATransposedConvolutionStayApart) {
  Model model;
  onnx_file::TensorProto& weight = model.add_reals("w", {4, 1, 1, 1}, 1);
  for (int i = 0; i < 4; ++i) weight.set_float_data(i, static_cast<float>(1 << i));
  model.set(model.add("ConvTranspose", {"x", "w"}, "y"), "group", {2});
  const std::vector<float> y = numbers_of(model);
  ASSERT_EQ(y.size(), 72U);
  const auto x = [](size_t channel, size_t pixel) { return static_cast<float>(36 * channel + pixel) / 2 - 3; };
  for (size_t pixel = 0; pixel < 36; ++pixel) {
    EXPECT_FLOAT_EQ(y[pixel], x(0, pixel) + 2 * x(1, pixel));
    EXPECT_FLOAT_EQ(y[36 + pixel], 4 * x(2, pixel) + 8 * x(3, pixel));
  }
}

TEST(Onnx, NewSetsSayWhichDimensions) {
  Model model(21);
  model.add_integers("pads", {1, 2});
  model.add_integers("axes", {-1});
  model.add_reals("value", {}, 7);
  model.add("Pad", {"x", "pads", "value", "axes"}, "wide");
  model.add_integers("sizes", {12, 18});
  onnx_file::NodeProto& resize = model.add("Resize", {"wide", "", "", "sizes"}, "y");
  model.set(resize, "axes", {2, 3});
  onnx_file::AttributeProto* mode = resize.add_attribute();
  mode->set_name("mode");
  mode->set_s("linear");
  const Graph graph = import_bytes(model.bytes());
  const Node& last = graph.node(graph.outputs()[0].node);
  EXPECT_EQ(last.layer, Layer(ResizeLinear{2, 2}));
  EXPECT_EQ(last.shape, (Shape{1, 4, 12, 18}));
  EXPECT_EQ(std::get<Pad>(graph.node(last.inputs[0]).layer).after, (std::vector<int64_t>{0, 0, 0, 2}));
}

TEST(Onnx, InputsOfBytesAreNumbersOnceTheyAreCast) {
  Model model;
  const auto bytes = [&] {
    model.proto.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::kUint8);
    const std::string file = model.bytes();
    return import_onnx_model({reinterpret_cast<const uint8_t*>(file.data()), file.size()}, "model.onnx");
  };
  model.add("Identity", {"x"}, "same");
  model.set(model.add("Cast", {"same"}, "real"), "to", {1});
  model.add("Relu", {"real"}, "y");
  EXPECT_EQ(bytes().graph.order().size(), 2U);
  EXPECT_FALSE(bytes().metadata.preprocessing) << "four channels are no picture";
  model.proto.mutable_graph()
      ->mutable_input(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(1)
      ->set_dim_value(3);
  EXPECT_EQ(bytes().metadata.preprocessing->factor[0], 1) << "pixels as they are";
  Model computes;
  computes.proto.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::kUint8);
  computes.add("Relu", {"x"}, "y");
  EXPECT_THAT(refusal(computes.bytes()), AllOf(HasSubstr("the Relu"), HasSubstr("uint8")));
}

TEST(Onnx, AFileThatIsNotThereIsNamedOnce) {
  try {
    import_onnx(std::string("/nowhere/nothere.onnx"));
    FAIL();
  } catch (const ModelError& e) {
    EXPECT_THAT(e.what(), ::testing::StartsWith("/nowhere/nothere.onnx: cannot be read"));
  }
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
