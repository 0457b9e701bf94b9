// Generated high-speed scenes through segmentation, labelling and tracking, against their exact ground truth.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "host/device/device_factory.hpp"
#include "host/synth/synth_source.hpp"
#include "tracking/metrics/identity.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::host {
namespace {

using tracking::LabelledObject;

void add_rows(std::span<const tracking::TrackRow> rows, std::vector<LabelledObject>& out) {
  for (const tracking::TrackRow& row : rows) out.push_back({row.frame + 1, row.id, row.box, row.x, row.y});
}

/// Every object, hidden ones too: to know where they are is what following through occlusion means.
void add_truth(const Scene& scene, int64_t frame, std::vector<LabelledObject>& out) {
  for (const TruthObject& object : scene.truth(frame)) {
    const tracking::Box box{static_cast<double>(object.left), static_cast<double>(object.top),
                            object.right - object.left + 1.0, object.bottom - object.top + 1.0};
    out.push_back({frame + 1, object.id, box, object.x, object.y});
  }
}

/// IDF1 at an overlap of 0.5, with every feature in the cost and rows completed as an offline run does.
double identity_f1(const std::string& spec) {
  const SceneParameters parameters = parse_scene(spec);
  SynthSource source(parameters, spec);
  DevicePlan plan;
  plan.segment.method = SegmentMethod::threshold;
  // Grey scenes: half covered, as the truth counts pixels. The darkest colour is not much brighter than that share of
  // the background.
  plan.segment.threshold = parameters.colour ? 40 : 110;
  plan.format = source.scene().format();
  plan.label.width = static_cast<uint32_t>(parameters.width);
  plan.label.height = static_cast<uint32_t>(parameters.height);
  plan.keep_pixels = true;
  plan.label.min_area = 8;
  plan.label.features =
      contract::kFeatureHlac | contract::kFeatureIntensity | (parameters.colour ? contract::kFeatureHue : 0);
  const auto device = make_device(plan);
  tracking::Tracker tracker({}, parameters.fps);
  std::vector<LabelledObject> truth, tracks;
  std::vector<tracking::Detection> detections;
  Frame frame;
  ObjectTable table;
  while (source.next(frame)) {
    device->process(frame, table);
    detections.clear();
    for (size_t i = 0; i < table.objects.size(); ++i) {
      detections.push_back(tracking::make_detection(table.objects[i], table.features_of(i), {plan.label.features}));
    }
    const double time_s = static_cast<double>(frame.number) / parameters.fps;
    add_rows(tracker.update(frame.number, time_s, detections, {}, table.pixels.get()), tracks);
    add_rows(tracker.backfill(), tracks);
    add_truth(source.scene(), frame.number, truth);
  }
  return tracking::identity(tracking::score_boxes(truth, tracks)).f1;
}

constexpr const char* kScene =
    "start=apart&objects=200&size=512x512&fps=2000&frames=1000&radius=4..10&speed=0.2..2&noise=3";

/// The mean over several scenes; prints each, for whoever works on the tracker.
double mean_identity_f1(const std::string& shapes, const std::vector<int>& seeds) {
  double sum = 0;
  for (const int seed : seeds) {
    const double f1 = identity_f1("synth:" + shapes + kScene + "&seed=" + std::to_string(seed));
    std::printf("seed %d: IDF1 %.4f\n", seed, f1);
    EXPECT_GE(f1, 0.98) << "seed " << seed;
    sum += f1;
  }
  return sum / static_cast<double>(seeds.size());
}

// Four in ten discs of such a frame share a blob with others.
TEST(SceneAccuracy, TwoHundredDiscsCrossing) {
  EXPECT_GE(mean_identity_f1("discs?", {1, 2, 3, 4, 5}), 0.99);
}

TEST(SceneAccuracy, TwoHundredDiscsWithDroppedFrames) {
  EXPECT_GE(mean_identity_f1("discs?dropped=0.02&", {1, 2}), 0.98);
}

TEST(SceneAccuracy, TwoHundredColouredShapesCrossing) {
  EXPECT_GE(mean_identity_f1("discs+polygons+patterns?edges=binary&", {4}), 0.99);
}

TEST(SceneAccuracy, ObjectsThatNeverTouchAreNeverConfused) {
  EXPECT_GE(
      identity_f1(
          "synth:discs+polygons?objects=200&size=512x512&fps=2000&frames=400&radius=6..10&crossing=off&noise=3&seed=5"),
      0.999);
}

}  // namespace
}  // namespace flashcell::host
