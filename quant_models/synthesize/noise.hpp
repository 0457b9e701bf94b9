#pragma once
#include "quant_models/synthesize/image_source.hpp"
#include "quant_models/synthesize/input_range.hpp"

namespace flashcell::quant {

/// Normal noise of about photographs' brightness and contrast, each pixel for itself, cut off at the range of pixels:
/// what to compare other methods with.
class NoiseImages : public ImageSource {
 public:
  explicit NoiseImages(InputRange range) : range_(std::move(range)) {}
  DrawnImages draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const override;
  int64_t part() const override { return 1; }

 private:
  InputRange range_;
};

}  // namespace flashcell::quant
