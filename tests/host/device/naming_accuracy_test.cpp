// Digits that move through a generated scene, named by the network that came from marks on another such scene
// (quant_models/recipes/trained/roi_crops, made as docs/recognition.md says). Counted by object and by track.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "host/device/device_factory.hpp"
#include "host/inference/network.hpp"
#include "host/inference/roi/roi_namer.hpp"
#include "host/synth/synth_source.hpp"
#include "tests/support/folders.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::host {
namespace {

/// The digit whose centroid is within a pixel of the object's, or null for a blob of several.
const TruthObject* truth_of(const contract::ObjectRecord& object, const std::vector<TruthObject>& truth) {
  const double x = static_cast<double>(object.m10) / object.m00, y = static_cast<double>(object.m01) / object.m00;
  for (const TruthObject& t : truth) {
    if (std::hypot(t.x - x, t.y - y) < 1) return &t;
  }
  return nullptr;
}

struct Share {
  int right = 0, all = 0;
  double value() const { return all > 0 ? static_cast<double>(right) / all : 0; }
};

struct Accuracy {
  Share objects, tracks;
};

Accuracy name_scene(const quant::PackedModel& model, const std::string& spec) {
  const SceneParameters parameters = parse_scene(spec);
  SynthSource source(parameters, spec);
  DevicePlan plan;
  plan.segment.method = SegmentMethod::threshold;
  plan.segment.threshold = 110;
  plan.format = source.scene().format();
  plan.label.width = static_cast<uint32_t>(parameters.width);
  plan.label.height = static_cast<uint32_t>(parameters.height);
  plan.label.min_area = 20;
  plan.label.features = contract::kFeatureHlac;
  const auto device = make_device(plan);
  const auto namer = make_roi_namer(model, {}, 8, 0);
  tracking::Tracker tracker({}, parameters.fps);
  Accuracy accuracy;
  std::map<uint32_t, std::pair<std::string, std::string>> tracks;  // what it is, what it is called, at the end
  std::vector<tracking::Detection> detections;
  Frame frame;
  ObjectTable table;
  while (source.next(frame)) {
    device->process(frame, table);
    namer->name(frame, table);
    const std::vector<TruthObject> truth = source.scene().truth(frame.number);
    detections.clear();
    for (size_t i = 0; i < table.objects.size(); ++i) {
      detections.push_back(tracking::make_detection(table.objects[i], table.features_of(i), {plan.label.features}));
      const TruthObject* t = truth_of(table.objects[i], truth);
      if (t == nullptr) continue;
      ++accuracy.objects.all;
      accuracy.objects.right += model.class_names[static_cast<size_t>(table.names[i].best)] == t->class_name;
    }
    for (const tracking::TrackRow& row :
         tracker.update(frame.number, static_cast<double>(frame.number) / parameters.fps, detections, table.names)) {
      if (row.state != tracking::TrackState::visible || row.class_id < 0) continue;
      const TruthObject* t = truth_of(table.objects[static_cast<size_t>(row.detection)], truth);
      if (t != nullptr) tracks[row.id] = {t->class_name, model.class_names[static_cast<size_t>(row.class_id)]};
    }
  }
  for (const auto& [id, names] : tracks) {
    ++accuracy.tracks.all;
    accuracy.tracks.right += names.first == names.second;
  }
  std::printf("%s: %.2f %% of %d objects, %.1f %% of %d tracks\n", model.name.c_str(), 100 * accuracy.objects.value(),
              accuracy.objects.all, 100 * accuracy.tracks.value(), accuracy.tracks.all);
  return accuracy;
}

constexpr const char* kScene =
    "synth:digits?objects=60&size=640x640&frames=100&fps=2000&radius=10..24&noise=6&blur=0.7&shutter=0.5&speed=0.2..2&"
    "start=apart&seed=23";

TEST(NamingAccuracy, DigitsOfASceneByANetworkFromMarksOnAnother) {
  const Accuracy accuracy =
      name_scene(read_network(test::source_dir() / "quant_models/recipes/trained/roi_crops/int8.fcnn"), kScene);
  EXPECT_GT(accuracy.objects.all, 3000);
  EXPECT_GE(accuracy.objects.value(), 0.97);
  EXPECT_GE(accuracy.tracks.value(), 0.98);
}

}  // namespace
}  // namespace flashcell::host
