#include "quant_models/fusion/module_cost.hpp"

#include <gtest/gtest.h>

#include "quant_models/fusion/count_systems.hpp"

namespace flashcell::quant {
namespace {

Convolution convolution(int64_t outputs, int64_t inputs, int kernel) {
  const int p = kernel / 2;
  const Shape shape = {outputs, inputs, kernel, kernel};
  return {{shape, std::vector<float>(static_cast<size_t>(element_count(shape)), 1)}, {}, {1, 1}, {p, p, p, p}};
}

TEST(ModuleCost, SharedLayersHaveOneArrayThatConvertsForAll) {
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, 4, 8, 8}});
  const NodeId small = graph.add("body.pool", Pool{}, {x});
  graph.add_output("a", graph.add("head.last@3", convolution(6, 4, 3), {x}));
  graph.add_output("b", graph.add("head.last@4", convolution(6, 4, 3), {small}));
  graph.add_output("c", graph.add("body.side", convolution(2, 4, 1), {x}));
  const std::vector<ModuleCost> modules = module_costs(graph);
  ASSERT_EQ(modules.size(), 2U);
  EXPECT_EQ(modules[0].module, "head");
  EXPECT_EQ(modules[0].weights, 6 * 36);
  EXPECT_EQ(modules[0].cells(), 2 * 6 * 36);
  EXPECT_EQ(modules[0].columns, 6);
  EXPECT_EQ(modules[0].conversions, 6 * (64 + 16));
  EXPECT_EQ(modules[1].conversions, 2 * 64);
  // 36 rows in arrays of 16: three of them.
  EXPECT_EQ(module_costs(graph, 16)[0].columns, 18);
  EXPECT_EQ(module_costs(graph, 16)[1].columns, 2);
  const ConverterTotals totals = converter_totals(modules, 8, {{"head", 4}});
  EXPECT_EQ(totals.cells, 2 * (6 * 36 + 8));
  EXPECT_DOUBLE_EQ(totals.area, 6 * 4 + 2 * 8);
  EXPECT_DOUBLE_EQ(totals.energy, 480 * 4 + 128 * 8);
}

// The whole table at a small size: the paper's is counted in the detectors' tests.
TEST(CountSystems, FewerBitsAreAllThatSetsRemCimApart) {
  FusionDetectorOptions size;
  size.rows = size.columns = 64;
  size.width = 4;
  size.pyramid_channels = 16;
  const std::vector<SystemCount> counts = count_systems(size);
  ASSERT_EQ(counts.size(), 4U);
  EXPECT_DOUBLE_EQ(counts[2].area, 1);
  EXPECT_DOUBLE_EQ(counts[2].energy, 1);
  EXPECT_EQ(counts[3].cells, counts[2].cells);
  EXPECT_DOUBLE_EQ(counts[3].area, 0.75);
  EXPECT_DOUBLE_EQ(counts[3].energy, 0.75);
  EXPECT_GT(counts[1].cells, 2 * counts[0].cells);
  EXPECT_GT(counts[1].area, counts[0].area);
  EXPECT_GT(counts[1].energy, counts[0].energy);
}

}  // namespace
}  // namespace flashcell::quant
