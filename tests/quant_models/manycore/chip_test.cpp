#include <gtest/gtest.h>

#include <set>

#include "base/error.hpp"
#include "quant_models/manycore/chip.hpp"
#include "quant_models/manycore/fabric.hpp"

namespace flashcell::quant::manycore {
namespace {

std::string refusal(const std::string& text) {
  try {
    parse_chip(text, "mine.toml");
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    return error.what();
  }
  return "";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ManycoreChip, PresetIsTheChip) {
  const Chip chip = read_chip("spinnaker2");
  EXPECT_EQ(chip.elements, 152);
  EXPECT_EQ(chip.data_bytes(), 96 * 1024);
  EXPECT_EQ(chip.entries, 16384);
  EXPECT_EQ(chip.packet_flits(), 1);
  EXPECT_EQ(level_of(chip, "").clock_mhz, 150);
  EXPECT_EQ(level_of(chip, "0.8V").clock_mhz, 300);
  // Energy of a core clock as the powers imply it: 8.3 and 15.0 pJ.
  EXPECT_NEAR((425 - 235) / 152.0 / 150 * 1000, 8.3, 0.05);
  EXPECT_NEAR((1248 - 565) / 152.0 / 300 * 1000, 15.0, 0.05);
  // Bisection of the mesh: links of one flit a clock across its middle, 307 Gbit/s.
  EXPECT_NEAR(static_cast<double>(chip.columns * chip.flit_payload_bits) * chip.mesh_mhz * 1e-3, 307, 1);
  EXPECT_THROW(read_chip("spinnaker3"), Error);
  EXPECT_THROW(read_chip("/nowhere/chip.toml"), Error);
}

// Every line `key = value` of the preset in turn is left out: one line says which.
TEST(ManycoreChip, SaysWhichKeyIsMissing) {
  const std::string text = preset_text("spinnaker2");
  std::string section;
  int left_out = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    const size_t equals = line.find(" = ");
    if (line.starts_with("[")) section = line;
    if (!line.starts_with("#") && equals != std::string::npos) {
      const std::string key = line.substr(0, line.find(' '));
      const std::string why = refusal(text.substr(0, begin) + text.substr(end + 1));
      if (key == "torus" || key == "diagonals") {
        EXPECT_EQ(why, "");
      } else {
        EXPECT_NE(why.find(key), std::string::npos) << section << " " << key << ": " << why;
        EXPECT_TRUE(why.find("missing") != std::string::npos || why.find("has no") != std::string::npos) << why;
        ++left_out;
      }
    }
    begin = end + 1;
  }
  EXPECT_GT(left_out, 40);
}

TEST(ManycoreChip, SaysWhatDoesNotFitTogether) {
  const std::string text = preset_text("spinnaker2");
  EXPECT_EQ(refusal(text), "");
  EXPECT_NE(refusal(replaced(text, "count = 152", "count = 153")).find("153 elements do not fit 152 places"),
            std::string::npos);
  EXPECT_NE(refusal(replaced(text, "router_row = 2", "router_row = 5")).find("router lies outside"), std::string::npos);
  EXPECT_NE(refusal(replaced(text, "code_bytes = 32768", "code_bytes = 131072")).find("no SRAM for data"),
            std::string::npos);
  EXPECT_NE(refusal(replaced(text, "busy_mw = 425.0", "busy_mw = 100.0")).find("less power busy"), std::string::npos);
  EXPECT_NE(refusal(replaced(text, "hop_clocks = 5.0", "hop_clocks = nan")).find("mesh.hop_clocks"), std::string::npos);
  EXPECT_NE(refusal(replaced(text, "hop_clocks", "hop_clock")).find("did you mean"), std::string::npos);
  EXPECT_NE(refusal(replaced(text, "name = \"0.8V\"", "name = \"0.5V\"")).find("two power levels"), std::string::npos);
  EXPECT_NE(refusal("what = "), "");
}

TEST(ManycoreMesh, EveryElementHasAPlaceAndEveryWayAnEnd) {
  const Mesh mesh(read_chip("spinnaker2"));
  std::set<int> nodes;
  for (int e = 0; e < 152; ++e) nodes.insert(mesh.node_of(e));
  EXPECT_EQ(nodes.size(), 38U);
  EXPECT_FALSE(nodes.contains(mesh.router()) || nodes.contains(mesh.memory()));
  for (int from = 0; from < mesh.nodes(); ++from)
    for (int to = 0; to < mesh.nodes(); ++to) {
      int hops = 0;
      bool along_column = false;
      for (int at = from; at != to; ++hops) {
        const Direction direction = mesh.next(at, to);
        const bool column = direction == kNorth || direction == kSouth;
        EXPECT_TRUE(column || !along_column);  // XY
        along_column = column;
        at = mesh.neighbour(at, direction);
        ASSERT_TRUE(at >= 0 && at < mesh.nodes() && hops < 12);
      }
      EXPECT_EQ(hops, mesh.distance(from, to));
    }
}

TEST(ManycoreMesh, WaysBetweenChipsEnd) {
  Chip chip = read_chip("spinnaker2");
  for (const int chips : {1, 2, 5, 12, 64})
    for (const bool torus : {false, true})
      for (const bool diagonals : {false, true}) {
        chip.torus = torus;
        chip.diagonals = diagonals;
        const ChipGrid grid(chip, chips);
        ASSERT_EQ(grid.chips(), chips);
        for (int from = 0; from < chips; ++from)
          for (int to = 0; to < chips; ++to) {
            int hops = 0;
            for (int at = from; at != to && hops <= chips; ++hops) {
              const int link = grid.next(at, to);
              EXPECT_TRUE(diagonals || link < 4);
              at = grid.neighbour(at, link);
            }
            EXPECT_EQ(hops, grid.distance(from, to));
          }
      }
}

// One packet alone, by hand: hops of 5 clocks, a clock and the latency of the router, then down and into the node.
TEST(ManycoreFabric, LatencyOfAPacketByHand) {
  const Chip chip = read_chip("spinnaker2");
  const ChipGrid grid(chip, 1);
  Fabric fabric(chip, grid);
  const Picoseconds flit = duration(1, 300), hop = flit + (duration(5, 300) - flit);
  Train train = fabric.cross(0, 0, kEast, {1000, 1000}, 1);
  EXPECT_EQ(train.first, 1000 + hop);
  train = fabric.route(0, train, 1);
  EXPECT_EQ(train.first, 1000 + hop + duration(1, 400) + duration(10, 400));
  Fabric::Copies copies(fabric, 0, train, 1);
  const int node = 4 * 8 + 7;  // four columns and two rows from the router
  EXPECT_EQ(copies.at(node).first, train.first + 7 * hop);
  EXPECT_EQ(copies.at(node).last, train.last + 7 * hop);
}

// Two trains that want one link at a time: the second waits for as many flits as the first has.
TEST(ManycoreFabric, LinksAreContended) {
  const Chip chip = read_chip("spinnaker2");
  const ChipGrid grid(chip, 1);
  Fabric fabric(chip, grid), free(chip, grid);
  const Train alone = free.cross(0, 9, kEast, {0, 0}, 20);
  fabric.cross(0, 9, kEast, {0, 0}, 100);
  const Train behind = fabric.cross(0, 9, kEast, {0, 0}, 20);
  EXPECT_EQ(behind.last - alone.last, 100 * duration(1, 300));
  EXPECT_EQ(fabric.cross(0, 10, kEast, {0, 0}, 20).last, alone.last);  // another link
}

// Work is neither lost nor done twice: a saturated server's last thing leaves when all slots are over.
TEST(ManycoreFabric, ServersKeepTheirRate) {
  Server server;
  Picoseconds last = 0;
  for (int i = 0; i < 50; ++i) last = std::max(last, server.serve({i * 10, i * 10 + 500}, 7, 11).last);
  EXPECT_EQ(server.busy(), 50 * 7 * 11);
  EXPECT_EQ(last, 50 * 7 * 11);
}

}  // namespace
}  // namespace flashcell::quant::manycore
