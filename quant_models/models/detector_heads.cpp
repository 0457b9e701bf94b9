#include "quant_models/models/detector_heads.hpp"

#include <stdexcept>

namespace flashcell::quant {

void check_values(std::span<const DetectorHead> heads) {
  for (const DetectorHead& head : heads) {
    const size_t size =
        static_cast<size_t>(head.rows) * static_cast<size_t>(head.columns) * static_cast<size_t>(head.channels);
    if (head.values.size() != size)
      throw std::invalid_argument("the detector's output '" + head.name + "' holds another number of values");
  }
}

}  // namespace flashcell::quant
