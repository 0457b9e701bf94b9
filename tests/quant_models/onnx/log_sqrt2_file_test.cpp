#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quant_models/execute/executor.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/onnx/operator_context.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant {
namespace {

std::span<const uint8_t> bytes_of(const std::string& file) {
  return {reinterpret_cast<const uint8_t*>(file.data()), file.size()};
}

Graph with_softmax(const Quantization& q) {
  Graph graph;
  const NodeId input = graph.add("input", Input{{1, 4, 10}});
  const NodeId softmax = graph.add("softmax", Softmax{2}, {input});
  graph.set_quantization(softmax, q);
  graph.add_output("y", graph.add("sum", Add{}, {softmax, softmax}));
  return graph;
}

TEST(LogSqrt2File, ComesBackAsItWas) {
  test::Random random(1);
  for (const int bits : {1, 2, 3, 4, 8})
    for (const bool narrow : {false, true}) {
      const Graph graph = with_softmax(log_sqrt2_quantization(bits, 0.8F, narrow));
      const std::string file = export_onnx(graph);
      const Graph read = import_onnx(bytes_of(file), "file");
      EXPECT_EQ(read, graph);
      const std::vector<float> x = test::random_tensor({1, 4, 10}, random, -3, 3).values;
      EXPECT_EQ(run_all(read, x, 1), run_all(graph, x, 1));
    }
}

// Other runtimes compute the function's operators: here by hand, as the file has them.
TEST(LogSqrt2File, HoldsTheFunctionOnce) {
  Graph graph = with_softmax(log_sqrt2_quantization(4, 1, true));
  graph.set_quantization(*graph.find("sum"), log_sqrt2_quantization(4, 2, false));
  onnx_file::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(export_onnx(graph)));
  ASSERT_EQ(model.functions_size(), 1);
  EXPECT_EQ(model.functions(0).name(), "LogSqrt2");
  EXPECT_GE(model.ir_version(), 8);
  EXPECT_EQ(model.opset_import_size(), 2);
  ASSERT_TRUE(model.ParseFromString(export_onnx(with_softmax(unsigned_quantization(8, 0.01F)))));
  EXPECT_EQ(model.functions_size(), 0);
  EXPECT_EQ(model.ir_version(), 7);
}

TEST(LogSqrt2File, DamageIsNamed) {
  onnx_file::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(export_onnx(with_softmax(log_sqrt2_quantization(4, 1, true)))));
  for (onnx_file::TensorProto& tensor : *model.mutable_graph()->mutable_initializer())
    if (tensor.name() == "softmax.highest") {
      tensor.clear_raw_data();
      tensor.clear_float_data();
      tensor.add_float_data(12);
    }
  const std::string file = model.SerializeAsString();
  try {
    import_onnx(bytes_of(file), "file");
    FAIL();
  } catch (const ModelError& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("no number of bits up to 8 has its highest integer"));
  }
}

TEST(LogSqrt2File, OneScaleForEachChannelIsRefused) {
  Quantization q = log_sqrt2_quantization(4, 1, true);
  q.axis = 1;
  q.scale.assign(4, 1);
  q.zero_point.assign(4, 0);
  EXPECT_THROW(export_onnx(with_softmax(q)), ModelError);
}

}  // namespace
}  // namespace flashcell::quant
