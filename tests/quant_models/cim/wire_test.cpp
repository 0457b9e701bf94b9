#include "quant_models/cim/wire_drop.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "quant_models/data/numpy_file.hpp"
#include "tests/quant_models/cim/crosssim.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"

namespace flashcell::quant::cim {
namespace {

std::vector<double> currents(const std::vector<double>& conductance, const std::vector<double>& v) {
  std::vector<double> sums(conductance.size() / v.size(), 0.0);
  for (size_t i = 0; i < conductance.size(); ++i) sums[i / v.size()] += conductance[i] * v[i % v.size()];
  return sums;
}

// Columns of real layers against an outside nodal solution.
TEST(WireDrop, ColumnsOfTheReference) {
  FLASHCELL_NEEDS_FILE(test::crosssim_file("parasitic_vectors.npz"));
  const test::Arrays arrays = test::crosssim_arrays("parasitic_vectors.npz");
  std::set<std::string> cases;
  for (const auto& [name, array] : arrays) cases.insert(name.substr(0, name.rfind('|')));
  ASSERT_EQ(cases.size(), 12U);
  for (const std::string& name : cases) {
    const NumpyArray& g = arrays.at(name + "|G");
    if (g.shape[1] > 200 && name.find("neg") != std::string::npos) continue;  // one large one is enough
    const std::vector<double> conductance = g.numbers(), v = arrays.at(name + "|v").numbers();
    const WiredArray wired{conductance, static_cast<int>(g.shape[0]), static_cast<int>(g.shape[1]),
                           std::stod(name.substr(name.rfind('|') + 1))};
    const std::vector<double> exact = currents(exact_conductance(wired), v),
                              fast = currents(fast_conductance(wired), v);
    const std::vector<double> ideal = currents(conductance, v), expected = arrays.at(name + "|exact").numbers();
    double largest = 0, drop = 0, error = 0;
    for (size_t o = 0; o < expected.size(); ++o) {
      ASSERT_NEAR(exact[o], expected[o], 1e-6) << name << ", column " << o;
      largest = std::max(largest, ideal[o]);
      drop = std::max(drop, (ideal[o] - expected[o]) / ideal[o]);
      error = std::max(error, std::abs(fast[o] - expected[o]) / ideal[o]);
    }
    EXPECT_LE(error, drop * drop / 6 + 1e-9) << name << ": drop " << drop;
    RecordProperty(name, std::to_string(drop) + " " + std::to_string(error));
  }
}

// One cell: three resistances in a row.
TEST(WireDrop, OneCell) {
  const std::vector<double> g{0.5};
  const WiredArray wired{g, 1, 1, 0.25};
  EXPECT_NEAR(exact_conductance(wired)[0], 1 / (2 + 2 * 0.25), 1e-12);
}

TEST(WireDrop, FastIsWithinTheSquareOfTheDrop) {
  test::Random random(5);
  for (int round = 0; round < 20; ++round) {
    const int outputs = static_cast<int>(random() % 12 + 1), inputs = static_cast<int>(random() % 40 + 1);
    std::vector<double> g(static_cast<size_t>(outputs * inputs)), v(static_cast<size_t>(inputs), 1.0);
    for (double& x : g) x = static_cast<double>(random() % 1000) / 1000;
    g[0] = 1;
    const WiredArray wired{g, outputs, inputs, 1e-4};
    const std::vector<double> exact = currents(exact_conductance(wired), v),
                              fast = currents(fast_conductance(wired), v), ideal = currents(g, v);
    for (size_t o = 0; o < exact.size(); ++o) {
      if (ideal[o] == 0) continue;
      const double drop = (ideal[o] - exact[o]) / ideal[o];
      EXPECT_GT(drop, 0);
      EXPECT_LE(std::abs(fast[o] - exact[o]) / ideal[o], drop * drop + 1e-9);
    }
  }
}

}  // namespace
}  // namespace flashcell::quant::cim
