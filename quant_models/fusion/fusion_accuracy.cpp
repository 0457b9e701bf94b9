#include "quant_models/fusion/fusion_accuracy.hpp"

#include <future>

#include "quant_models/execute/examples.hpp"

namespace flashcell::quant {
namespace {

constexpr int kOverlaps = 10;

MeanPrecision precision(const std::vector<DetectedPicture>& pictures, int classes) {
  if (pictures.empty()) return {-1, -1};
  MeanPrecision mean;
  for (int i = 0; i < kOverlaps; ++i) {
    const double each = average_precision(pictures, classes, 0.5 + 0.05 * i).mean;
    if (i == 0) mean.at_half = each;
    mean.coco += each / kOverlaps;
  }
  return mean;
}

}  // namespace

std::vector<DetectedPicture> detect_all(const Graph& graph, const FusionSet& set, const FusionRun& run) {
  const std::vector<Box> anchors = make_anchors(set.rows, set.columns, run.anchors);
  const Graph single = with_batch(graph, 1);
  std::vector<DetectedPicture> found(set.test.size());
  const auto work = [&](size_t first, size_t last) {
    const auto item = std::make_shared<cim::FirstItem>();
    Executor executor(single, run.arrays.empty() ? StepFactory(layer_step) : cim::array_steps(run.arrays, item));
    std::vector<float> numbers(view_size(set, run.view));
    for (size_t i = first; i < last; ++i) {
      write_view(set, set.test[i], run.view, false, false, numbers);
      fill_inputs(executor, numbers, 1);
      item->number = i;
      executor.run();
      found[i] = {set.test[i].objects,
                  decode_fusion(executor.output(0), anchors, static_cast<int>(set.classes.size()), run.anchors)};
    }
  };
  const auto threads = static_cast<size_t>(run.threads);
  std::vector<std::future<void>> parts;
  for (size_t t = 0; t < threads; ++t)
    parts.push_back(std::async(std::launch::async, work, found.size() * t / threads, found.size() * (t + 1) / threads));
  for (std::future<void>& part : parts) part.wait();
  for (std::future<void>& part : parts) part.get();  // throws what it threw
  return found;
}

FusionAccuracy accuracy_of(const std::vector<DetectedPicture>& pictures, const FusionSet& set) {
  std::vector<DetectedPicture> day, night;
  for (size_t i = 0; i < pictures.size(); ++i) (set.test[i].night ? night : day).push_back(pictures[i]);
  const auto classes = static_cast<int>(set.classes.size());
  return {precision(pictures, classes), precision(day, classes), precision(night, classes)};
}

}  // namespace flashcell::quant
