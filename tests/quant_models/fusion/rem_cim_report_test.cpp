#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "quant_models/fusion/rem_cim_plan.hpp"
#include "quant_models/fusion/rem_cim_result.hpp"
#include "tests/quant_models/fusion/drawn_scenes.hpp"
#include "tests/support/html_page.hpp"
#include "tests/support/json.hpp"

namespace flashcell::quant {
namespace {

using testing::HasSubstr;

FusionAccuracy accuracy(double all, double day, double night) {
  return {{all, all / 2}, {day, day / 2}, {night, night / 2}};
}

RemCimResult result() {
  const FusionSet set = test_scenes::scenes(1, 4);
  RemCimResult r;
  r.command = "flashcell experiment rem-cim --seed '<3'";
  r.device = "reram";
  r.size = test_scenes::size_for(set, Fusion::concat);
  r.classes = set.classes;
  r.chips = 2;
  for (const char* name : {"FPN", "A-FPN", "MEA-FPN", "REM-CiM", "frames alone", "events alone"}) {
    SystemResult s;
    s.name = name;
    s.real = s.quantized = accuracy(0.6, 0.7, -1);
    s.on_arrays = {{1, accuracy(0.5, 0.6, 0.4), 0.45, 0.55}, {86400, accuracy(0.4, 0.5, 0.3), 0.35, 0.45}};
    s.cells = 1000;
    s.area = s.energy = 1;
    r.systems.push_back(s);
  }
  r.systems[3].on_arrays[1].mean.all.at_half = 0.25;
  r.few_bits_untrained = accuracy(0.5, 0.5, 0.5);
  r.bits = {0.4, {2, 4}, {{"rgb", 500, {0.3, 0.01}}}, {{"rgb", 4}}, 0.01, 4};
  r.papers_size = count_systems({.rows = 64, .columns = 64, .width = 4, .pyramid_channels = 8, .seed = {}});
  r.orders = {{"MEA-FPN", "REM-CiM", false, 0.4, 0.25, 0.97},
              {"REM-CiM", "FPN", true, 0.25, 0.4, 0.04},
              {"A-FPN", "FPN", false, 0.4, 0.3, 0.7},
              {"FPN", "FPN", false, 0, 0, 1}};
  r.scenes = {{set.test[0], {{{{1, 2, 30, 40}, 1, 0.8F}}, {}, {}, {}, {}, {{{5, 5, 9, 9}, 0, 0.1F}}}}};
  return r;
}

TEST(RemCimReport, SaysWhatHoldsAndWhatDoesNot) {
  const std::string text = to_text(result());
  EXPECT_THAT(text, HasSubstr("MEA-FPN       >= REM-CiM                 holds: 0.400 and 0.250; so in 97 %"));
  EXPECT_THAT(text, HasSubstr("REM-CiM       >= FPN          by night   fails: 0.250 and 0.400; so in 4 %"));
  EXPECT_THAT(text, HasSubstr("open: 0.400 and 0.300; so in 70 %"));
  EXPECT_THAT(text, HasSubstr("open: 0.000 and 0.000"));  // nothing learned tells nothing
  EXPECT_THAT(text, HasSubstr("with all errors, the last time, -0.150"));
  EXPECT_THAT(text, HasSubstr("0.495"));  // published
  const auto json = test::parse_json(to_json(result()));
  EXPECT_EQ(json.at("expected_orders").at(1).at("verdict"), "fails");
  EXPECT_EQ(json.at("systems").at(3).at("on_arrays").at(1).at("mean").at("all").at("map50"), 0.25);
  EXPECT_EQ(json.at("module_bits").at("modules").at(0).at("chosen"), 4);
  EXPECT_EQ(json.count("cpu_minutes"), 0U);
}

TEST(RemCimReport, PageNeedsNothingElseAndShowsWhatIsStrongEnough) {
  const std::string page = test::expect_own_page(to_page(result()));
  EXPECT_THAT(page, HasSubstr("&#39;&lt;3&#39;"));
  EXPECT_THAT(page, HasSubstr("<td class=\"text fails\">fails</td>"));
  EXPECT_THAT(page, HasSubstr("x=\"1.0\" y=\"2.0\" width=\"29.0\" height=\"38.0\""));
  EXPECT_EQ(page.find("x=\"5.0\" y=\"5.0\""), std::string::npos);  // a score of 0.1
}

TEST(RemCimPlan, SharesTheMinutesFairly) {
  const FusionDetectorOptions size{
      .rows = 96, .columns = 128, .width = 8, .blocks = {1, 1, 1, 1}, .pyramid_channels = 32, .head_depth = 2};
  const RemCimPlan hour = plan_rem_cim(60, size, 8), ten = plan_rem_cim(10, size, 8),
                   none = plan_rem_cim(1e-6, size, 8);
  EXPECT_GT(hour.train, ten.train);
  EXPECT_GE(hour.epochs, ten.epochs);
  EXPECT_NEAR(hour.drawing + hour.training + hour.judging, 1, 1e-12);
  EXPECT_GT(hour.training, 0.5);
  EXPECT_LT(hour.judging, 0.3);
  EXPECT_GE(none.train, 1);
  EXPECT_EQ(none.epochs, 1);
  EXPECT_EQ(none.tuning_epochs, 1);
}

}  // namespace
}  // namespace flashcell::quant
