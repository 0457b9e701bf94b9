#include "host/segment/binarize.hpp"
#include "host/segment/methods.hpp"

namespace flashcell::host {
namespace {

class ThresholdSegmenter : public Segmenter {
 public:
  explicit ThresholdSegmenter(const SegmentParameters& parameters)
      : threshold_(parameters.threshold), polarity_(parameters.polarity) {}

  void segment(const FrameView& frame, BitImage* masks) override { binarize(frame, threshold_, polarity_, masks[0]); }

 private:
  const int threshold_;
  const Polarity polarity_;
};

}  // namespace

std::unique_ptr<Segmenter> make_threshold_segmenter(const SegmentParameters& parameters) {
  return std::make_unique<ThresholdSegmenter>(parameters);
}

}  // namespace flashcell::host
