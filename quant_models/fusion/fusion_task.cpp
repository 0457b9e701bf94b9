#include "quant_models/fusion/fusion_task.hpp"

#include "quant_models/fusion/fusion_loss.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/random.hpp"

namespace flashcell::quant {
namespace {

constexpr double kFrameIsOff = 0.15, kMirrored = 0.5;

std::vector<MarkedObject> mirror(std::vector<MarkedObject> objects, int columns) {
  for (MarkedObject& o : objects) {
    const auto width = static_cast<float>(columns);
    o.box = {width - o.box.right, o.box.top, width - o.box.left, o.box.bottom};
  }
  return objects;
}

uint64_t task_fingerprint(const FusionSet& set, const FusionRun& run) {
  Hash hash;
  hash.add(fingerprint(set)).add(uint64_t{run.view.rgb}).add(uint64_t{run.view.events});
  hash.add(std::span(reinterpret_cast<const uint8_t*>(&run.anchors.side), sizeof run.anchors.side));
  for (const float& ratio : run.anchors.ratios)
    hash.add(std::span(reinterpret_cast<const uint8_t*>(&ratio), sizeof ratio));
  return hash.value();
}

}  // namespace

FusionTask::FusionTask(const FusionSet& set, FusionRun run)
    : set_(set), run_(std::move(run)), fingerprint_(task_fingerprint(set, run_)) {
  check(set_);
  anchors_ = make_anchors(set_.rows, set_.columns, run_.anchors);
}

Examples FusionTask::examples(std::span<const int64_t> indices, uint64_t seed, int64_t epoch) const {
  const auto count = static_cast<int64_t>(indices.size()), kinds = static_cast<int64_t>(run_.anchors.ratios.size());
  const int64_t places = static_cast<int64_t>(anchors_.size()) / kinds;
  const size_t each = view_size(set_, run_.view);
  at::Tensor input = at::empty({count, static_cast<int64_t>(each)});
  at::Tensor classes = at::empty({count, kinds, places}, at::kLong), boxes = at::zeros({count, kinds, 4, places});
  for (int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<size_t>(indices[static_cast<size_t>(i)]);
    const FusionExample& example = set_.train[index];
    Random random(seed, {static_cast<uint64_t>(epoch), index});
    const bool off = random.uniform() < kFrameIsOff, mirrored = random.uniform() < kMirrored;
    write_view(set_, example, run_.view, off && run_.view.events, mirrored,
               {input.data_ptr<float>() + each * static_cast<size_t>(i), each});
    const std::vector<AnchorTarget> targets =
        assign_anchors(anchors_, mirrored ? mirror(example.objects, set_.columns) : example.objects);
    int64_t* to_class = classes.data_ptr<int64_t>() + i * kinds * places;
    float* to_box = boxes.data_ptr<float>() + i * kinds * 4 * places;
    for (size_t a = 0; a < targets.size(); ++a) {
      to_class[a] = targets[a].object_class;
      if (targets[a].object_class < 0) continue;
      const auto numbers = box_numbers(targets[a].box, anchors_[a]);
      const auto kind = static_cast<int64_t>(a) / places, place = static_cast<int64_t>(a) % places;
      for (int64_t k = 0; k < 4; ++k) to_box[(kind * 4 + k) * places + place] = numbers[static_cast<size_t>(k)];
    }
  }
  if (run_.view.rgb != run_.view.events) {
    const int64_t channels = static_cast<int64_t>(each) / set_.rows / set_.columns;
    input = input.reshape({count, channels, set_.rows, set_.columns});
  }
  return {input, {classes, boxes}};
}

at::Tensor FusionTask::loss(const at::Tensor& output, const Examples& e) const {
  return fusion_loss(output, {e.targets[0], e.targets[1]}, static_cast<int64_t>(set_.classes.size()));
}

std::vector<Figure> FusionTask::evaluate(const Graph& graph) const {
  const FusionAccuracy accuracy = accuracy_of(detect_all(graph, set_, run_), set_);
  return {{"map50", accuracy.all.at_half},
          {"map", accuracy.all.coco},
          {"map50_day", accuracy.day.at_half},
          {"map50_night", accuracy.night.at_half}};
}

}  // namespace flashcell::quant
