// The whole experiment at a tiny size.
#include "quant_models/fusion/rem_cim_experiment.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "tests/quant_models/fusion/drawn_scenes.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;
using namespace test_scenes;

class RemCimExperiment : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("rem_cim_" + std::to_string(getpid()));
    fs::remove_all(folder_);
    o_.size = size_for(set_, Fusion::concat);
    o_.size.width = 2;
    o_.size.pyramid_channels = 4;
    o_.anchors.side = 2;
    o_.plan = {.train = 4, .test = 2, .epochs = 1, .tuning_epochs = 1, .drawing = 0.1, .training = 0.6, .judging = 0.3};
    o_.device = cim::device_of("reram_wan_2022");
    o_.times = {86400};
    o_.chips = 1;
    o_.batch = 2;
    o_.output = (folder_ / "a").string();
    o_.checkpoint_seconds = 0;
  }
  void TearDown() override { fs::remove_all(folder_); }

  FusionSet set_ = scenes(4, 2);
  RemCimOptions o_;
  fs::path folder_;
};

TEST_F(RemCimExperiment, IsTheSameForAnyNumberOfThreadsAndGoesOnWhereItStopped) {
  double last = 0;
  const RemCimResult whole = run_rem_cim(o_, set_, [&](const RemCimProgress& p) {
    EXPECT_GE(p.done, last) << p.what;
    EXPECT_LE(p.done, 1);
    last = p.done;
  });
  EXPECT_NEAR(last, 1, 1e-9);
  ASSERT_EQ(whole.systems.size(), 6U);
  EXPECT_EQ(whole.systems[3].converter_bits, 6);
  EXPECT_DOUBLE_EQ(whole.systems[3].area, 0.75);
  EXPECT_EQ(whole.systems[3].cells, whole.systems[2].cells);
  EXPECT_NE(whole.systems[3].quantized.all.coco, -1);
  for (const SystemResult& s : whole.systems) EXPECT_EQ(s.on_arrays.size(), 1U);
  EXPECT_EQ(whole.bits.modules.size(), 5U);  // rgb, events, fusion, pyramid, heads
  EXPECT_EQ(import_onnx((folder_ / "a" / "mea-fpn.onnx").string()).inputs().size(), 2U);
  EXPECT_EQ(import_onnx((folder_ / "a" / "events.onnx").string()).inputs().size(), 1U);

  o_.output = (folder_ / "b").string();
  o_.threads = 2;
  struct Stop {};
  EXPECT_THROW(run_rem_cim(o_, set_,
                           [steps = 0](const RemCimProgress& p) mutable {
                             if (p.what.starts_with("A-FPN learns") && ++steps == 2) throw Stop{};
                           }),
               Stop);
  EXPECT_EQ(to_json(run_rem_cim(o_, set_)), to_json(whole));
  // Other options are another run's.
  o_.learning_rate *= 2;
  EXPECT_THROW(run_rem_cim(o_, set_), ModelError);
  forget_rem_cim(o_.output);
  EXPECT_NE(to_json(run_rem_cim(o_, set_)), to_json(whole));
}

}  // namespace
}  // namespace flashcell::quant
