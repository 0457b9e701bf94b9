#include "quant_models/cim/evaluate.hpp"

#include <algorithm>
#include <future>
#include <stdexcept>

namespace flashcell::quant::cim {
namespace {

/// One executor's part of the images.
struct Part {
  const Graph& graph;
  const PreparedLayers& layers;
  std::span<const float> images;
  size_t in = 0, out = 0;
  std::vector<float>& results;

  void run(int64_t first, int64_t end, int64_t batch) const {
    while (first < end) {
      const int64_t now = std::min(batch, end - first);
      const auto item = std::make_shared<FirstItem>();
      Executor executor(with_batch(graph, now), array_steps(layers, item));
      for (; first + now <= end; first += now) {
        const auto from = static_cast<size_t>(first), count = static_cast<size_t>(now);
        item->number = from;
        std::copy_n(images.begin() + static_cast<ptrdiff_t>(in * from), in * count, executor.input(0).begin());
        executor.run();
        std::copy_n(executor.output(0).begin(), out * count, results.begin() + static_cast<ptrdiff_t>(out * from));
      }
    }
  }
};

}  // namespace

std::vector<float> run_on_arrays(const Graph& graph, const PreparedLayers& layers, std::span<const float> images,
                                 int64_t count, const RunAllOptions& options) {
  if (count < 1 || options.batch < 1 || options.threads < 1)
    throw std::invalid_argument("run_on_arrays: needs at least one image and one thread");
  const Graph single = with_batch(graph, 1);
  const auto in = static_cast<size_t>(element_count(single.node(single.inputs().at(0)).shape));
  const auto out = static_cast<size_t>(element_count(single.node(single.outputs().at(0).node).shape));
  if (images.size() != in * static_cast<size_t>(count))
    throw std::invalid_argument("run_on_arrays: the images do not have the size of the network's input");
  std::vector<float> results(out * static_cast<size_t>(count));
  const Part part{graph, layers, images, in, out, results};
  const int64_t threads = std::min<int64_t>(options.threads, count);
  const int64_t batch = possible_batch(graph, std::min(options.batch, (count + threads - 1) / threads));
  std::vector<std::future<void>> parts;
  for (int64_t i = 0; i < threads; ++i)
    parts.push_back(std::async(std::launch::async, [&part, batch, first = count * i / threads,
                                                    end = count * (i + 1) / threads] { part.run(first, end, batch); }));
  for (std::future<void>& p : parts) p.wait();
  for (std::future<void>& p : parts) p.get();  // throws what it threw
  return results;
}

}  // namespace flashcell::quant::cim
