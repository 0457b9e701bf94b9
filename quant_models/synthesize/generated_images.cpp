#include "quant_models/synthesize/generated_images.hpp"

#include <algorithm>
#include <stdexcept>

namespace flashcell::quant {

GeneratedImages::GeneratedImages(InputRange range, const GeneratorOptions& options, int64_t steps, int threads)
    : range_(std::move(range)), options_(options), steps_(steps), threads_(threads) {
  if (steps < 1 || threads < 1) throw std::invalid_argument("GeneratedImages: steps or threads are below 1");
}

DrawnImages draw_from(const GeneratorTraining& training, int64_t first, int64_t count) {
  DrawnImages drawn{count, {}, {}, {}};
  for (int64_t made = 0; made < count; ++first) {
    const at::Tensor images = training.images(first, 0, 1).contiguous();
    const int64_t taken = std::min(count - made, images.size(0));
    const int64_t size = images.numel() / images.size(0);
    drawn.values.insert(drawn.values.end(), images.data_ptr<float>(), images.data_ptr<float>() + taken * size);
    const at::Tensor labels = training.labels(first, 0, 1);
    for (int64_t i = 0; labels.defined() && i < taken; ++i)
      drawn.labels.push_back(static_cast<int>(labels.data_ptr<int64_t>()[i]));
    made += taken;
  }
  return drawn;
}

DrawnImages GeneratedImages::draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const {
  if (count < 1) throw std::invalid_argument("draw: no images are asked for");
  const Teacher teacher(graph);
  ShardThreads threads(threads_);
  GeneratorTraining training(teacher, ImagePlanes(range_), options_, seed);
  std::vector<double> losses;
  for (int64_t step = 0; step < steps_; ++step) {
    losses.push_back(training.step(step, threads, {}));
    if (progress) progress({"training the generator", step + 1, steps_, losses.back()});
  }
  DrawnImages drawn = draw_from(training, steps_, count);
  drawn.losses = std::move(losses);
  return drawn;
}

}  // namespace flashcell::quant
