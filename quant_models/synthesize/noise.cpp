#include "quant_models/synthesize/noise.hpp"

#include <algorithm>
#include <stdexcept>

#include "quant_models/random.hpp"

namespace flashcell::quant {

DrawnImages NoiseImages::draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const {
  if (count < 1) throw std::invalid_argument("draw: no images are asked for");
  const Shape& shape = graph.node(graph.inputs().at(0)).shape;
  const size_t channels = range_.low.size(), plane = static_cast<size_t>(shape.at(2) * shape.at(3));
  DrawnImages images{count, {}, {}, {}};
  images.values.reserve(static_cast<size_t>(count) * channels * plane);
  for (int64_t i = 0; i < count; ++i) {
    Random random(seed, {static_cast<uint64_t>(i)});
    for (size_t c = 0; c < channels; ++c)
      for (size_t p = 0; p < plane; ++p) {
        const auto value = range_.centre(c) + range_.spread(c) * static_cast<float>(random.normal());
        images.values.push_back(std::clamp(value, range_.low[c], range_.high[c]));
      }
  }
  if (progress) progress({"drawing noise", count, count, 0});
  return images;
}

}  // namespace flashcell::quant
