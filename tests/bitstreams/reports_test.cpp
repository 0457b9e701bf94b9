#include "bitstreams/reports.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bitstreams/manifest.hpp"
#include "tests/support/json.hpp"

namespace flashcell::bitstreams {
namespace {

// The layouts of Vivado 2022.1 and xclbinutil 2.13; the figures are made up.
constexpr const char* kUtilization = R"(Copyright 1986-2022 Xilinx, Inc. All Rights Reserved.
1. CLB Logic
------------

+----------------------------+--------+--------+------------+-----------+-------+
|          Site Type         |  Used  |  Fixed | Prohibited | Available | Util% |
+----------------------------+--------+--------+------------+-----------+-------+
| CLB LUTs                   | 141093 |   4096 |          0 |    870720 | 16.20 |
|   LUT as Logic             | 120000 |   4096 |          0 |    870720 | 13.78 |
| CLB Registers              | 216874 |      0 |          0 |   1741440 | 12.45 |
+----------------------------+--------+--------+------------+-----------+-------+

3. BLOCKRAM
-----------

+-------------------+-------+-------+-----------+-------+
|     Site Type     |  Used | Fixed | Available | Util% |
+-------------------+-------+-------+-----------+-------+
| Block RAM Tile    | 213.5 |     0 |      1344 | 15.89 |
| URAM              |     4 |     0 |       640 |  0.63 |
+-------------------+-------+-------+-----------+-------+
| DSPs              |    77 |     4 |      5952 |  1.29 |
)";

constexpr const char* kTiming = R"(
------------------------------------------------------------------------------------------------
| Design Timing Summary
| ---------------------
------------------------------------------------------------------------------------------------

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)  THS Failing Endpoints
    -------      -------  ---------------------  -------------------      -------      -------  ---------------------
     -0.021       -0.044                      3               481696        0.009        0.000                      0

)";

constexpr const char* kInfo = R"(Clocks
------
   Name:      DATA_CLK
   Index:     0
   Type:      DATA
   Frequency: 287.5 MHz

   Name:      KERNEL_CLK
   Index:     1
   Type:      KERNEL
   Frequency: 500 MHz
)";

TEST(Reports, ReadsTheTables) {
  BuildFigures figures;
  read_utilization(kUtilization, figures);
  read_timing(kTiming, figures);
  read_bitstream_info(kInfo, figures);
  EXPECT_EQ(
      figures.used,
      (std::map<std::string, double>{
          {"CLB LUTs", 141093}, {"CLB Registers", 216874}, {"Block RAM Tile", 213.5}, {"URAM", 4}, {"DSPs", 77}}));
  EXPECT_EQ(figures.available["CLB LUTs"], 870720);
  EXPECT_EQ(figures.available["Block RAM Tile"], 1344);
  EXPECT_EQ(figures.worst_slack_ns, -0.021);
  EXPECT_EQ(figures.worst_hold_slack_ns, 0.009);
  EXPECT_EQ(figures.clocks_mhz, (std::map<std::string, double>{{"DATA_CLK", 287.5}, {"KERNEL_CLK", 500}}));
}

TEST(Reports, DamagedTextGivesNothing) {
  for (const char* text : {"", "| CLB LUTs |", "| Site Type | Used |\n| CLB LUTs | many |",
                           "| Design Timing Summary\nWNS(ns)\n", "Frequency: 3 MHz", "Name: a\nFrequency: x MHz"}) {
    BuildFigures figures;
    read_utilization(text, figures);
    read_timing(text, figures);
    read_bitstream_info(text, figures);
    EXPECT_TRUE(figures.used.empty() && figures.clocks_mhz.empty() && !figures.worst_slack_ns) << text;
  }
}

TEST(Manifest, StatesWhatIsKnownAndNothingElse) {
  BuildRequest request;
  request.board = &find_board("u250");
  request.kernels = {parse_kernel_count("cell_label_cell_full_512_v3:2")};
  request.clock_mhz = 250;
  request.source = "/src";
  request.output = "/out";
  const BuildPlan plan = plan_build(request);
  BuildFigures figures;
  auto manifest = test::parse_json(manifest_text(plan, "abc", "v2022.1", figures));
  EXPECT_EQ(manifest["contract_version"], contract::kContractVersion);
  EXPECT_EQ(manifest["kernels"][0]["compute_units"], 2);
  EXPECT_EQ(manifest["kernels"][0]["features"], (nlohmann::json{"moments", "box", "hlac", "hue", "intensity"}));
  EXPECT_EQ(manifest["clock_requested_mhz"], 250);
  EXPECT_EQ(manifest["target"], "hw");
  for (const char* key : {"clocks_mhz", "worst_slack_ns", "resources_used"})
    EXPECT_TRUE(manifest[key].is_null()) << key;
  read_timing(kTiming, figures);
  manifest = test::parse_json(manifest_text(plan, "abc", "v2022.1", figures));
  EXPECT_EQ(manifest["worst_slack_ns"], -0.021);
}

}  // namespace
}  // namespace flashcell::bitstreams
