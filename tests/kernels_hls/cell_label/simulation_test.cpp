// The kernel on FIFOs of its declared depths, with and without clocks, in pipelines of both
// styles: no deadlock, and the objects of the reference.
#include <gtest/gtest.h>

#include <cstring>

#include "host/hls/hls_labeller.hpp"
#include "host/label/labeller.hpp"
#include "kernels_hls/emulation/simulation.hpp"
#include "tests/support/masks.hpp"

namespace flashcell::host {
namespace {

using contract::Connectivity;
using flashcell_emulation::PipelineStyle;

bool same(const ObjectTable& a, const ObjectTable& b) {
  if (a.objects.empty() && b.objects.empty()) return std::memcmp(&a.summary, &b.summary, sizeof a.summary) == 0;
  return a.objects.size() == b.objects.size() && a.features.size() == b.features.size() &&
         std::memcmp(&a.summary, &b.summary, sizeof a.summary) == 0 &&
         std::memcmp(a.objects.data(), b.objects.data(), a.objects.size() * sizeof(contract::ObjectRecord)) == 0 &&
         std::memcmp(a.features.data(), b.features.data(), a.features.size() * sizeof(contract::ObjectFeatures)) == 0;
}

void expect_reference(const BitImage& mask) {
  for (const Connectivity mode : {Connectivity::cell, Connectivity::exact8, Connectivity::exact4}) {
    contract::LabelParameters parameters;
    parameters.width = static_cast<uint32_t>(mask.width());
    parameters.height = static_cast<uint32_t>(mask.height());
    parameters.connectivity = mode;
    parameters.features = contract::kFeatureHlac;
    parameters.max_objects = 1u << 17;
    ObjectTable expected;
    make_reference_labeller(parameters)->label(mask, {}, 0, expected);
    const auto kernel = make_hls_labeller(parameters);
    for (const auto& [style, timed] : {std::pair{PipelineStyle::flushable, false},
                                       {PipelineStyle::flushable, true},
                                       {PipelineStyle::stalling, false},
                                       {PipelineStyle::stalling, true}}) {
      flashcell_emulation::SimulationOptions options;
      options.style = style;
      options.timed = timed;
      const flashcell_emulation::Simulation simulation(options);
      // Twice: nothing of a frame may stay behind in a FIFO.
      for (int round = 0; round < 2; ++round) {
        ObjectTable table;
        ASSERT_NO_THROW(kernel->label(mask, {}, 0, table)) << "mode " << static_cast<int>(mode);
        ASSERT_TRUE(same(expected, table))
            << "mode " << static_cast<int>(mode) << ", timed " << timed << ", style " << static_cast<int>(style);
      }
    }
  }
}

TEST(CellLabelSimulation, Noise) {
  uint32_t seed = 0;
  for (const auto& [width, height] : {std::pair{1, 1}, {8, 8}, {9, 40}, {131, 77}, {512, 64}}) {
    for (const double density : {0.0, 0.02, 0.3, 0.5, 0.9, 1.0})
      expect_reference(test::noise(width, height, density, ++seed));
  }
}

TEST(CellLabelSimulation, WorstCases) {
  for (const auto& [width, height] : {std::pair{160, 120}, {512, 40}}) {
    const int h = height;
    expect_reference(test::drawn(width, height, [](int x, int y) { return (x + y) % 2 == 0; }));
    expect_reference(test::drawn(width, height, [](int x, int y) { return x % 2 == 0 && y % 2 == 0; }));
    expect_reference(test::drawn(width, height, [](int x, int y) { return x % 16 == 3 && y % 16 == 3; }));
    expect_reference(test::drawn(width, height, [=](int x, int y) { return x % 2 == 0 || y == h - 1; }));
    expect_reference(test::drawn(width, height, [=](int x, int y) { return x % 9 == 0 || y == 0; }));
    expect_reference(test::spiral(width, height, 3));
    expect_reference(test::discs(width, height, 1, 10, 5));
    expect_reference(test::discs(width, height, 20, 6, 5));
  }
}

}  // namespace
}  // namespace flashcell::host
