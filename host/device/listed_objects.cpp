#include "host/device/listed_objects.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace flashcell::host {
namespace {

using List = std::vector<FrameDetections>;

class ListDevice final : public Device {
 public:
  explicit ListDevice(std::shared_ptr<const List> list) : list_(std::move(list)) {}

  std::string name() const override { return "list"; }
  bool in_order() const override { return false; }

  void process(const Frame& frame, ObjectTable& table) override {
    table.clear();
    const int64_t wanted = frame.number + 1;
    const auto found = std::lower_bound(list_->begin(), list_->end(), wanted,
                                        [](const FrameDetections& f, int64_t number) { return f.frame < number; });
    if (found == list_->end() || found->frame != wanted) return;
    table.detections.assign(found->detections.begin(), found->detections.end());
    table.summary.objects = static_cast<uint32_t>(table.detections.size());
  }

 private:
  std::shared_ptr<const List> list_;
};

int side(double low, double length) {
  constexpr double kMost = 1e6;
  return static_cast<int>(std::ceil(std::min(low + length, kMost)));
}

}  // namespace

ObjectStage listed_objects(List frames) {
  ObjectStage stage;
  stage.make_device = [list = std::make_shared<const List>(std::move(frames))] {
    return std::make_unique<ListDevice>(list);
  };
  return stage;
}

SourceInfo extent_of(const List& frames) {
  SourceInfo info;
  info.has_pixels = false;
  info.frame_count = frames.empty() ? 0 : frames.back().frame;
  for (const FrameDetections& f : frames) {
    for (const tracking::Detection& d : f.detections) {
      info.width = std::max(info.width, side(d.box.left, d.box.width));
      info.height = std::max(info.height, side(d.box.top, d.box.height));
    }
  }
  return info;
}

}  // namespace flashcell::host
