#include "host/run/segmentation_trial.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include "host/device/device_factory.hpp"
#include "host/label/labeller.hpp"
#include "host/label/object_selection.hpp"

namespace flashcell::host {
namespace {

/// Finds what the area limits leave out.
class LeftOutObjects {
 public:
  explicit LeftOutObjects(const contract::LabelParameters& limits) : limits_(limits) {
    contract::LabelParameters all = limits;
    all.min_area = 1;
    all.max_area = contract::kNoArea;
    all.features = 0;
    labeller_ = make_fast_labeller(all);
  }

  void find(const std::vector<BitImage>& masks) {
    table_.clear();
    objects_.clear();
    for (size_t k = 0; k < masks.size(); ++k) labeller_->label(masks[k], {}, static_cast<uint32_t>(k), table_);
    std::copy_if(table_.objects.begin(), table_.objects.end(), std::back_inserter(objects_),
                 [&](const contract::ObjectRecord& object) { return !passes_filter(limits_, object.m00); });
  }
  const std::vector<contract::ObjectRecord>& objects() const { return objects_; }

 private:
  const contract::LabelParameters limits_;
  std::unique_ptr<Labeller> labeller_;
  ObjectTable table_;
  std::vector<contract::ObjectRecord> objects_;
};

}  // namespace

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
  LeftOutObjects rest(plan.label);
  const ObservedWork work(observer, "segmenting", total);
  int shown = 0;
  for (int64_t i = 0; i < total && shown < pictures && source.next(frame); ++i) {
    segmenter->segment(frame.view, masks.data());
    observer.progress(i + 1, 0);
    if (i < learn || (i - learn) % step != step / 2) continue;
    table.clear();
    table.summary.outside = static_cast<uint32_t>(segmenter->outside());
    for (size_t k = 0; k < masks.size(); ++k) labeller->label(masks[k], frame.view, static_cast<uint32_t>(k), table);
    rest.find(masks);
    visit({frame, masks, table, rest.objects()});
    ++shown;
  }
}

}  // namespace flashcell::host
