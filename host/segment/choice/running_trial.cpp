#include "host/segment/choice/running_trial.hpp"

#include <algorithm>

namespace flashcell::host {
namespace {

constexpr size_t kNeighbours = 5;  // places whose median is the background

using Scenes = std::vector<std::shared_ptr<const BackgroundImage>>;

class RunningTrial final : public Segmenter {
 public:
  RunningTrial(const SegmentParameters& parameters, const TrialFrames& frames, const Scenes& scenes)
      : parameters_(parameters), frames_(frames), scenes_(scenes) {
    parameters_.method = SegmentMethod::median;
  }
  bool in_order() const override { return true; }

  void segment(const FrameView& frame, BitImage* masks) override {
    const size_t place = place_of(next_++ % frames_.grey.size());
    if (place != place_) {
      place_ = place;
      parameters_.scene = scenes_[place];
      segmenter_ = make_segmenter(parameters_, frame.width, frame.height, frame.format);
    }
    segmenter_->segment(frame, masks);
  }

 private:
  size_t place_of(size_t index) const {
    const auto after = std::upper_bound(frames_.places.begin(), frames_.places.end(), static_cast<int>(index));
    return static_cast<size_t>(after - frames_.places.begin()) - 1;
  }

  SegmentParameters parameters_;
  const TrialFrames& frames_;
  const Scenes& scenes_;
  size_t next_ = 0, place_ = SIZE_MAX;
  std::unique_ptr<Segmenter> segmenter_;
};

}  // namespace

Scenes scenes_by_place(const TrialFrames& frames) {
  const size_t places = frames.places.size(), count = std::min(kNeighbours, places);
  Scenes scenes;
  for (size_t place = 0; place < places; ++place) {
    const size_t first = std::min(place > count / 2 ? place - count / 2 : 0, places - count);
    std::vector<FrameView> near;
    for (size_t i = first; i < first + count; ++i) near.push_back(frames.grey[frames.places[i]]);
    scenes.push_back(std::make_shared<BackgroundImage>(median_background(near)));
  }
  return scenes;
}

std::unique_ptr<Segmenter> make_running_trial(const SegmentParameters& parameters, const TrialFrames& frames,
                                              const Scenes& scenes) {
  return std::make_unique<RunningTrial>(parameters, frames, scenes);
}

}  // namespace flashcell::host
