#include "host/segment/binarize.hpp"
#include "host/segment/grey_plane.hpp"
#include "host/segment/methods.hpp"
#include "host/segment/otsu_threshold.hpp"

namespace flashcell::host {
namespace {

/// A threshold of its own for every frame. A frame of one grey level has no foreground.
class OtsuSegmenter : public Segmenter {
 public:
  explicit OtsuSegmenter(const SegmentParameters& parameters) : polarity_(parameters.polarity) {}

  void segment(const FrameView& frame, BitImage* masks) override {
    const FrameView grey = grey_plane_.of(frame);
    const GreyHistogram histogram = grey_histogram(grey);
    const std::optional<int> bin = otsu_threshold(histogram.bins);
    if (bin) {
      binarize(grey, histogram.level(*bin), polarity_, masks[0]);
    } else {
      masks[0].resize(grey.width, grey.height);
    }
  }

 private:
  const Polarity polarity_;
  GreyPlane grey_plane_;
};

}  // namespace

std::unique_ptr<Segmenter> make_otsu_segmenter(const SegmentParameters& parameters) {
  return std::make_unique<OtsuSegmenter>(parameters);
}

}  // namespace flashcell::host
