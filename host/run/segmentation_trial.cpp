#include "host/run/segmentation_trial.hpp"

#include <algorithm>

#include "host/device/device_factory.hpp"
#include "host/label/labeller.hpp"

namespace flashcell::host {

void try_segmentation(FrameSource& source, const Config& config, int pictures, RunObserver& observer,
                      const TrialVisit& visit) {
  constexpr int64_t kMost = 2000, kUnknown = 1000;  // frames looked at; where their number is not known
  const SourceInfo& info = source.info();
  const DevicePlan plan = plan_device(config, info.width, info.height, info.format);
  const auto segmenter = make_segmenter(plan.segment, info.width, info.height, info.format);
  const auto labeller = make_fast_labeller(plan.label);
  std::vector<BitImage> masks(segmenter->masks(), BitImage(info.width, info.height));
  const int64_t learn = segmenter->in_order() ? plan.segment.learn_frames : 0;
  const int64_t total = std::min<int64_t>(info.frame_count.value_or(kUnknown), kMost);
  const int64_t step = std::max<int64_t>(1, (total - learn) / pictures);
  Frame frame;
  ObjectTable table;
  table.reserve(plan.label);
  const ObservedWork work(observer, "segmenting", total);
  int shown = 0;
  for (int64_t i = 0; i < total && shown < pictures && source.next(frame); ++i) {
    segmenter->segment(frame.view, masks.data());
    observer.progress(i + 1, 0);
    if (i < learn || (i - learn) % step != step / 2) continue;
    table.clear();
    for (size_t k = 0; k < masks.size(); ++k) labeller->label(masks[k], frame.view, static_cast<uint32_t>(k), table);
    visit(frame, masks, table);
    ++shown;
  }
}

}  // namespace flashcell::host
