#pragma once
#include "quant_models/synthesize/image_source.hpp"
#include "quant_models/synthesize/input_range.hpp"

namespace flashcell::quant {

/// Dead leaves (dead_leaves.hpp) of about photographs' brightness and contrast, cut off at the range of pixels. No
/// network is asked: they are good for any that knows photographs.
class LeafImages : public ImageSource {
 public:
  explicit LeafImages(InputRange range) : range_(std::move(range)) {}
  DrawnImages draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const override;
  int64_t part() const override { return 16; }

 private:
  InputRange range_;
};

}  // namespace flashcell::quant
