#include "quant_models/synthesize/image_files.hpp"

#include <stdexcept>

#include "quant_models/data/calibration_images.hpp"

namespace flashcell::quant {

DrawnImages ImageFiles::draw(const Graph& graph, int64_t count, uint64_t, const Progress& progress) const {
  if (count < 1) throw std::invalid_argument("draw: no images are asked for");
  CalibrationImages read =
      read_calibration_images(path_, graph.node(graph.inputs().at(0)).shape, preprocessing_, count, fit_);
  if (progress) progress({"reading " + path_, read.count, read.count, 0});
  return {read.count, std::move(read.values), {}, {}};
}

}  // namespace flashcell::quant
