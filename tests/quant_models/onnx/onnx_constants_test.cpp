// What an ONNX file's nodes make of constants and shapes is worked out on import, and what would fill the memory is
// not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "tests/fuzz/make_model_seeds.hpp"
#include "tests/quant_models/onnx/import_bytes.hpp"
#include "tests/quant_models/onnx/onnx_file.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;

using Model = test::OnnxFile;
using test::import_bytes;
using test::output_shape;
using test::refusal;
using ::testing::HasSubstr;

TEST(OnnxConstants, WorksOutArithmeticOnShapes) {
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
  EXPECT_EQ(output_shape(model), (Shape{1, 144}));
}

// F.pad(x, (0, 0, 0, 0, 1, 2)) as PyTorch's exporter writes it: pairs of borders from the last dimension to the first,
// filled up with zeros, as two columns that are turned around.
TEST(OnnxConstants, FoldsChainsOfAnyRank) {
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

TEST(OnnxConstants, FoldsArithmeticOnTensorsOfAnyRank) {
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

TEST(OnnxConstants, FoldsTilesChoicesAndParts) {
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
TEST(OnnxConstants, BombsAreRefusedByName) {
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

TEST(OnnxConstants, ASmallFileCannotFillTheMemory) {
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

// What the fuzzer starts from is whole: it reaches what lies behind the first operator.
TEST(OnnxConstants, FuzzersSeedsAreRead) {
  const fs::path folder = fs::path(testing::TempDir()) / "onnx_seeds";
  fs::remove_all(folder);
  ASSERT_TRUE(test::make_model_seeds(folder));
  int chains = 0;
  for (const auto& entry : fs::directory_iterator(folder / "onnx")) {
    const OnnxModel model = import_onnx_model(entry.path().string());
    const bool chain = entry.path().filename().string().starts_with("chain");
    chains += chain;
    EXPECT_EQ(model.metadata.preprocessing.has_value(), chain) << entry.path();
    EXPECT_EQ(model.metadata.class_names.size(), chain ? 2U : 0U) << entry.path();
  }
  EXPECT_EQ(chains, 3);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace flashcell::quant
