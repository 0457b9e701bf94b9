// The published language model on the chip (arXiv 2312.09084, Table II): what two fitted constants have to give.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "quant_models/manycore/report.hpp"
#include "tests/support/html_page.hpp"
#include "tests/support/json.hpp"

namespace flashcell::quant::manycore {
namespace {

constexpr const char* kNetwork = "random:1350,1350,750?sparsity=0.95&seed=";

/// As the published program ran it: every layer's neurons evenly over 150 elements, a barrier behind each layer. Time
/// and energy are those of `steps` steps, scaled to 70.
Report published_mapping(int seed, int64_t steps) {
  const SparseNetwork network = make_network(parse_random_network(kNetwork + std::to_string(seed)));
  MachineOptions options;
  options.elements = 150;
  options.balance = Balance::neurons;
  options.threads = 2;
  Report report;
  report.network = "language <model>";
  report.input = "random:70";
  report.command = "flashcell manycore run 'a & b'";
  report.run = run_machine(network, read_chip("spinnaker2"), options, make_input({steps, 1, 1}, 750));
  report.layers = {1350, 1350, 750};
  report.inputs = 750;
  report.weights = network.weights();
  report.nonzeros = network.nonzeros();
  return report;
}

void expect_published(const MachineRun& run) {
  const Published published;
  const double scale = 70.0 / static_cast<double>(run.steps);
  double bytes = 0, nonzeros = 0;
  for (const ElementUse& use : run.elements) {
    bytes += static_cast<double>(use.memory.charged);
    nonzeros += static_cast<double>(use.memory.nonzeros);
    EXPECT_LE(use.memory.charged, run.chip.data_bytes());
  }
  const double elements = 150, ms = static_cast<double>(run.time) * 1e-9 * scale;
  EXPECT_NEAR(bytes / elements / 1000 / published.element_kb, 1, 0.05);
  EXPECT_NEAR(ms / published.ms, 1, 0.05);
  EXPECT_NEAR(run.watts / published.watts, 1, 0.05);
  EXPECT_NEAR(run.energy.total_mj() * scale / published.mj, 1, 0.05);
  // What the two constants come to, all counted: about 45 clocks and 11 bytes a non-zero.
  EXPECT_NEAR(ms * 1e-3 * 150e6 / 70 / (nonzeros / elements), 45, 2.25);
  EXPECT_NEAR(bytes / nonzeros, 11, 0.1);
  EXPECT_STREQ(bound_of(run.shares), "memory");  // and not the network
}

TEST(ManycorePublished, WithinFivePercentFromTwoConstants) {
  for (const int seed : {1, 2, 3}) expect_published(published_mapping(seed, 4).run);
}

// Doubled clock: less time, more power, no less energy than the powers of the level imply.
TEST(ManycorePublished, TheOtherLevelIsFasterAndHungrier) {
  const SparseNetwork network = make_network(parse_random_network(std::string(kNetwork) + "1"));
  MachineOptions options;
  options.elements = 150;
  const std::vector<float> inputs = make_input({2, 1, 1}, 750);
  const MachineRun slow = run_machine(network, read_chip("spinnaker2"), options, inputs);
  options.level = "0.8V";
  const MachineRun fast = run_machine(network, read_chip("spinnaker2"), options, inputs);
  EXPECT_NEAR(static_cast<double>(slow.time) / static_cast<double>(fast.time), 2, 0.1);
  EXPECT_GT(fast.watts, 2 * slow.watts);
  EXPECT_GT(fast.energy.total_mj(), slow.energy.total_mj());
  EXPECT_EQ(slow.outputs, fast.outputs);
}

TEST(ManycoreReport, PageTextAndJson) {
  Report report = published_mapping(1, 3);
  EXPECT_FALSE(comparable(report));
  report.run.steps = 70;  // as the published sequence; the page asks no more
  EXPECT_TRUE(comparable(report));
  Sweep sweep{"elements", "Elements", "elements", true, {{"0.5V", {}}, {"0.8V", {}}}};
  for (const int elements : {1, 10, 150})
    for (SweepLine& line : sweep.lines)
      line.points.push_back(
          {static_cast<double>(elements), 300.0 / elements, 1, 0.4, 13000000 / elements, elements > 100, "memory"});
  report.sweeps.push_back(sweep);
  const std::string page = to_page(report), text = to_text(report);
  test::expect_own_page(page);
  EXPECT_NE(page.find("language &lt;model&gt;"), std::string::npos);
  EXPECT_NE(page.find("published: A100 GPU"), std::string::npos);
  EXPECT_NE(text.find("bound by memory"), std::string::npos);
  EXPECT_NE(text.find("does not fit"), std::string::npos);
  const auto json = test::parse_json(to_json(report));
  EXPECT_EQ(json["per_element"].size(), 150U);
  EXPECT_EQ(json["published"]["gpu_a100"]["ms"], 19.9);
  EXPECT_EQ(json["sweeps"][0]["lines"][1]["points"].size(), 3U);
  report.inputs = 700;
  EXPECT_FALSE(comparable(report));
  EXPECT_EQ(to_page(report).find("A100"), std::string::npos);
}

}  // namespace
}  // namespace flashcell::quant::manycore
