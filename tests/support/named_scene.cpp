#include "tests/support/named_scene.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "host/device/device_factory.hpp"
#include "host/synth/synth_source.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::test {
namespace {

using host::TruthObject;

/// A scene as a device sees it.
class SceneDevice {
 public:
  explicit SceneDevice(const std::string& spec) : parameters_(host::parse_scene(spec)), source_(parameters_, spec) {
    plan_.segment.method = host::SegmentMethod::threshold;
    // Half covered, as the truth counts pixels; colours are darker.
    plan_.segment.threshold = parameters_.colour ? 40 : (parameters_.background + parameters_.foreground) / 2;
    plan_.format = source_.scene().format();
    plan_.label.width = static_cast<uint32_t>(parameters_.width);
    plan_.label.height = static_cast<uint32_t>(parameters_.height);
    plan_.label.min_area = 20;
    plan_.label.features = contract::kFeatureHlac;
    if (parameters_.colour) plan_.label.features |= contract::kFeatureHue;
    device_ = make_device(plan_);
  }

  bool next() {
    if (!source_.next(frame)) return false;
    device_->process(frame, table);
    truth_ = source_.scene().truth(frame.number);
    detections.clear();
    for (size_t i = 0; i < table.objects.size(); ++i)
      detections.push_back(tracking::make_detection(table.objects[i], table.features_of(i), {plan_.label.features}));
    return true;
  }

  double fps() const { return parameters_.fps; }

  /// The object whose centroid is within a pixel of the detection's, or null for a blob of several.
  const TruthObject* truth_of(size_t i) const {
    for (const TruthObject& t : truth_)
      if (std::hypot(t.x - detections[i].x, t.y - detections[i].y) < 1) return &t;
    return nullptr;
  }

  Frame frame;
  ObjectTable table;
  std::vector<tracking::Detection> detections;

 private:
  host::SceneParameters parameters_;
  host::SynthSource source_;
  host::DevicePlan plan_;
  std::unique_ptr<Device> device_;
  std::vector<TruthObject> truth_;
};

int class_of(const TruthObject& object, const std::vector<std::string>& classes) {
  const auto found = std::find(classes.begin(), classes.end(), object.class_name);
  return found == classes.end() ? -1 : static_cast<int>(found - classes.begin());
}

}  // namespace

NamedScene name_scene(const std::string& spec, const SceneNamer& namer, const NamedSighting& see) {
  SceneDevice scene(spec);
  const auto network = namer.make ? namer.make() : nullptr;
  tracking::Tracker tracker({}, scene.fps());
  tracker.set_recognizer(namer.recognizer);
  NamedScene result;
  std::map<uint32_t, bool> right;  // of each track, at its end
  while (scene.next()) {
    if (network) network->name(scene.frame, scene.table);
    for (size_t i = 0; network && i < scene.detections.size(); ++i) {
      const TruthObject* t = scene.truth_of(i);
      if (t == nullptr) continue;
      ++result.objects.all;
      result.objects.right += scene.table.names[i].best == class_of(*t, namer.classes);
    }
    const double time = static_cast<double>(scene.frame.number) / scene.fps();
    for (const tracking::TrackRow& row :
         tracker.update(scene.frame.number, time, scene.detections, scene.table.names)) {
      if (row.state != tracking::TrackState::visible || row.class_id < 0) continue;
      const auto detection = static_cast<size_t>(row.detection);
      const TruthObject* t = scene.truth_of(detection);
      if (t == nullptr) continue;
      const int truth = class_of(*t, namer.classes);
      if (truth < 0) continue;
      right[row.id] = row.class_id == truth;
      result.rows.add(double{row.class_confidence}, row.class_id == truth);
      if (see)
        see(row.id, truth,
            network ? scene.table.names[detection] : namer.recognizer->classify(scene.detections[detection]));
    }
    scene.table.names.clear();
  }
  for (const auto& [id, is_right] : right) {
    ++result.tracks.all;
    result.tracks.right += is_right;
  }
  result.named = tracker.named();
  return result;
}

tracking::CalibratedRecognition learn_scene(const std::string& spec, int every, int objects) {
  SceneDevice scene(spec);
  std::vector<std::string> classes;
  std::vector<tracking::Example> examples;
  while (scene.next()) {
    if (scene.frame.number % every != 0) continue;
    for (size_t i = 0; i < scene.detections.size(); ++i) {
      const TruthObject* t = scene.truth_of(i);
      if (t == nullptr || t->id > objects) continue;
      if (class_of(*t, classes) < 0) classes.push_back(t->class_name);
      examples.push_back({tracking::recognition_features(scene.detections[i]), class_of(*t, classes), t->id});
    }
  }
  return tracking::train_calibrated_recognition(classes, examples);
}

}  // namespace flashcell::test
