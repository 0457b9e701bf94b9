#include "host/segment/binarize.hpp"
#include "host/segment/grey_plane.hpp"
#include "host/segment/methods.hpp"
#include "host/segment/otsu_threshold.hpp"
#include "host/segment/pair_histogram.hpp"

namespace flashcell::host {
namespace {

/// A threshold of its own for every frame. A frame of one grey level has no foreground.
class OtsuSegmenter : public Segmenter {
 public:
  explicit OtsuSegmenter(const SegmentParameters& parameters) : polarity_(parameters.polarity) {}

  void segment(const FrameView& frame, BitImage* masks) override {
    const FrameView grey = grey_plane_.of(frame);
    const GreyHistogram histogram = histogram_of(grey);
    const std::optional<int> bin = otsu_threshold(histogram.bins);
    if (bin) {
      binarize(grey, histogram.level(*bin), polarity_, masks[0]);
    } else {
      masks[0].resize(grey.width, grey.height);
    }
  }

 private:
  GreyHistogram histogram_of(const FrameView& grey) {
    if (grey.format == PixelFormat::grey16 || !neighbours_are_alike(grey)) return grey_histogram(grey);
    GreyHistogram histogram;
    pairs_.count(grey, histogram.bins);
    return histogram;
  }

  const Polarity polarity_;
  GreyPlane grey_plane_;
  PairHistogram pairs_;
};

}  // namespace

std::unique_ptr<Segmenter> make_otsu_segmenter(const SegmentParameters& parameters) {
  return std::make_unique<OtsuSegmenter>(parameters);
}

}  // namespace flashcell::host
