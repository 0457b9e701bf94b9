#include "quant_models/synthesize/input_range.hpp"

#include "quant_models/model_error.hpp"

namespace flashcell::quant {

InputRange input_range(const Preprocessing& preprocessing, const Shape& input) {
  if (input.size() != 4) throw ModelError("the network's input is " + to_string(input) + ", no image");
  if (input[1] != preprocessing.count())
    throw ModelError("the network takes " + std::to_string(input[1]) + " channels, its preprocessing makes " +
                     std::to_string(preprocessing.count()) + "; say which with --channels");
  InputRange range;
  for (size_t c = 0; c < static_cast<size_t>(preprocessing.count()); ++c) {
    range.low.push_back((0 - preprocessing.mean[c]) * preprocessing.factor[c]);
    range.high.push_back((255 - preprocessing.mean[c]) * preprocessing.factor[c]);
  }
  return range;
}

}  // namespace flashcell::quant
