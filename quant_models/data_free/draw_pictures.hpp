#pragma once
#include <string>

#include "quant_models/synthesize/image_source.hpp"

namespace flashcell::quant {

/// `source.draw()` part by part where it can (ImageSource::part), each finished part kept in the file `checkpoint`: a
/// run that was stopped goes on with the next one, to the same images. `fingerprint`: of all that they depend on.
DrawnImages draw_pictures(const ImageSource& source, const Graph& graph, int64_t count, uint64_t seed,
                          const std::string& checkpoint, uint64_t fingerprint, const Progress& progress);

}  // namespace flashcell::quant
