#include "quant_models/synthesize/leaf_images.hpp"

#include <algorithm>
#include <stdexcept>

#include "quant_models/synthesize/dead_leaves.hpp"
#include "quant_models/synthesize/image_planes.hpp"

namespace flashcell::quant {

DrawnImages LeafImages::draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const {
  if (count < 1) throw std::invalid_argument("draw: no images are asked for");
  const Shape& shape = graph.node(graph.inputs().at(0)).shape;
  const ImagePlanes planes(range_);
  DrawnImages images{count, {}, {}, {}};
  for (int64_t i = 0; i < count; ++i) {
    Random random(seed, {static_cast<uint64_t>(i)});
    const at::Tensor numbers =
        planes.from_numbers(dead_leaves({1, shape.at(1), shape.at(2), shape.at(3)}, random)).contiguous();
    images.values.insert(images.values.end(), numbers.data_ptr<float>(), numbers.data_ptr<float>() + numbers.numel());
    if (progress) progress({"drawing leaves", i + 1, count, 0});
  }
  return images;
}

}  // namespace flashcell::quant
