#include "host/segment/binarize.hpp"
#include "host/segment/colour_table.hpp"
#include "host/segment/methods.hpp"

namespace flashcell::host {
namespace {

class ColourSegmenter : public Segmenter {
 public:
  explicit ColourSegmenter(const SegmentParameters& parameters)
      : classes_(static_cast<int>(parameters.classes.size())), table_(make_colour_table(parameters.classes)) {}

  int masks() const override { return classes_; }

  void segment(const FrameView& frame, BitImage* masks) override { classify(frame, table_.data(), classes_, masks); }

 private:
  const int classes_;
  const std::vector<uint8_t> table_;
};

}  // namespace

std::unique_ptr<Segmenter> make_colour_segmenter(const SegmentParameters& parameters) {
  return std::make_unique<ColourSegmenter>(parameters);
}

}  // namespace flashcell::host
