#include "quant_models/execute/executor.hpp"

#include <algorithm>
#include <future>
#include <stdexcept>

#include "quant_models/execute/examples.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell::quant {
namespace {

// Hands out buffers and takes them back, so that values that are never alive together share memory.
class BufferPool {
 public:
  struct Buffer {
    size_t size = 0;
    bool free = true;
  };

  // The smallest free buffer that is large enough; else the largest free one, grown; else a new one.
  size_t take(size_t size) {
    size_t best = buffers_.size();
    for (size_t i = 0; i < buffers_.size(); ++i)
      if (buffers_[i].free && (best == buffers_.size() || better(buffers_[i].size, buffers_[best].size, size)))
        best = i;
    if (best == buffers_.size()) buffers_.emplace_back();
    buffers_[best].size = std::max(buffers_[best].size, size);
    buffers_[best].free = false;
    return best;
  }

  void give_back(size_t buffer) { buffers_[buffer].free = true; }
  const std::vector<Buffer>& buffers() const { return buffers_; }

 private:
  static bool better(size_t a, size_t b, size_t wanted) {
    if ((a >= wanted) != (b >= wanted)) return a >= wanted;
    return a >= wanted ? a < b : a > b;
  }

  std::vector<Buffer> buffers_;
};

// What a run makes anew; inputs and constants are there before it and must outlast it.
bool is_computed(const Graph& graph, NodeId id) {
  const Layer& layer = graph.node(id).layer;
  return !std::holds_alternative<Input>(layer) && !std::holds_alternative<Constant>(layer);
}

std::vector<Shape> input_shapes(const Graph& graph, const Node& node) {
  std::vector<Shape> shapes;
  for (const NodeId input : node.inputs) shapes.push_back(graph.node(input).shape);
  return shapes;
}

}  // namespace

Step layer_step(const Node& node, std::span<const Shape> inputs) {
  return make_step(node.layer, node.shape, inputs);
}

Executor::Executor(const Graph& graph, const StepFactory& make_step) {
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    Task task{id, node.shape, make_step(node, input_shapes(graph, node)), {}, {}, node.quantization};
    tasks_.push_back(std::move(task));
  }
  plan_buffers(graph);
}

void Executor::plan_buffers(const Graph& graph) {
  const auto count_of = [&](NodeId id) { return static_cast<size_t>(element_count(graph.node(id).shape)); };
  std::vector<int> reads(graph.id_limit(), 0);
  for (const NodeId id : graph.order())
    for (const NodeId input : graph.node(id).inputs) ++reads[static_cast<size_t>(input)];
  BufferPool pool;
  std::vector<size_t> buffer(graph.id_limit(), 0);  // in the pool, of computed nodes
  for (const NodeId id : graph.order()) {
    if (is_computed(graph, id)) buffer[static_cast<size_t>(id)] = pool.take(count_of(id));
    const auto release = [&](NodeId done) {
      if (is_computed(graph, done) && !graph.is_output(done)) pool.give_back(buffer[static_cast<size_t>(done)]);
    };
    for (const NodeId input : graph.node(id).inputs)
      if (--reads[static_cast<size_t>(input)] == 0) release(input);
    if (reads[static_cast<size_t>(id)] == 0) release(id);
  }
  for (const BufferPool::Buffer& b : pool.buffers()) memory_.push_back(std::make_unique<float[]>(b.size));
  std::vector<float*> place(graph.id_limit(), nullptr);
  for (const NodeId id : graph.order()) {
    if (is_computed(graph, id)) {
      place[static_cast<size_t>(id)] = memory_[buffer[static_cast<size_t>(id)]].get();
    } else {
      memory_.push_back(std::make_unique<float[]>(count_of(id)));
      place[static_cast<size_t>(id)] = memory_.back().get();
    }
  }
  for (Task& task : tasks_) {
    const Node& node = graph.node(task.node);
    task.out = {place[static_cast<size_t>(task.node)], count_of(task.node)};
    for (const NodeId input : node.inputs) task.inputs.push_back(place[static_cast<size_t>(input)]);
    if (std::holds_alternative<Input>(node.layer)) inputs_.push_back(task.out);
    if (const Constant* constant = std::get_if<Constant>(&node.layer)) {
      std::copy(constant->value.values.begin(), constant->value.values.end(), task.out.begin());
      if (task.quantization) fake_quantize(task.out, task.shape, *task.quantization);
    }
  }
  for (const Output& output : graph.outputs())
    outputs_.emplace_back(place[static_cast<size_t>(output.node)], count_of(output.node));
}

void Executor::run(const Observer& observer) {
  for (Task& task : tasks_) {
    if (task.step) task.step(task.inputs, task.out.data());
    // An input's memory is the caller's to fill: quantizing numbers that are storable already changes nothing.
    if (task.quantization) fake_quantize(task.out, task.shape, *task.quantization);
    if (observer) observer(task.node, task.out);
  }
}

// Networks with a reshape to given extents (a channel shuffle written for one image) take one image at a time.
int64_t possible_batch(const Graph& graph, int64_t batch) {
  try {
    with_batch(graph, batch);
    return batch;
  } catch (const ModelError&) {
    return 1;
  }
}

namespace {

/// A network and examples of its inputs' sizes.
struct Work {
  const Graph& graph;
  std::span<const float> images;
  int64_t count = 0;
  size_t in = 0, out = 0;  // numbers of one example
  std::vector<float> results;

  Work(const Graph& network, std::span<const float> numbers, int64_t images_there)
      : graph(network), images(numbers), count(images_there) {
    if (graph.inputs().empty() || graph.outputs().empty())
      throw ModelError("the network has " + std::to_string(graph.inputs().size()) + " inputs and " +
                       std::to_string(graph.outputs().size()) + " outputs; expected at least one of each");
    const Graph single = with_batch(graph, 1);
    in = example_size(single);
    out = static_cast<size_t>(element_count(single.node(single.outputs()[0].node).shape));
    if (images.size() != in * static_cast<size_t>(count))
      throw std::invalid_argument("run_all: the images do not have the size of the network's inputs");
    results.resize(out * static_cast<size_t>(count));
  }

  void run(Executor& executor, int64_t first, int64_t now, const Observer& observer) {
    const auto from = static_cast<size_t>(first), images_now = static_cast<size_t>(now);
    fill_inputs(executor, images.subspan(in * from, in * images_now), now);
    executor.run(observer);
    std::copy_n(executor.output(0).begin(), out * images_now, results.begin() + static_cast<ptrdiff_t>(out * from));
  }

  // Images first .. end - 1, in batches.
  void run_part(int64_t first, int64_t end, int64_t batch, const Observer& observer, const StepFactory& make_step) {
    while (first < end) {
      const int64_t now = std::min(batch, end - first);
      Executor executor(with_batch(graph, now), make_step);
      for (; first + now <= end; first += now) run(executor, first, now, observer);
    }
  }
};

}  // namespace

std::vector<float> run_all(const Graph& graph, std::span<const float> images, int64_t count, int64_t batch,
                           const Observer& observer, const StepFactory& make_step) {
  if (count < 1 || batch < 1) throw std::invalid_argument("run_all: needs at least one image");
  Work work(graph, images, count);
  work.run_part(0, count, possible_batch(graph, std::min(batch, count)), observer, make_step);
  return std::move(work.results);
}

std::vector<float> run_all(const Graph& graph, std::span<const float> images, int64_t count,
                           const RunAllOptions& options) {
  if (count < 1 || options.batch < 1 || options.threads < 1)
    throw std::invalid_argument("run_all: needs at least one image and one thread");
  Work work(graph, images, count);
  const int64_t threads = std::min<int64_t>(options.threads, count);
  const int64_t batch = possible_batch(graph, std::min(options.batch, (count + threads - 1) / threads));
  std::vector<std::future<void>> parts;
  for (int64_t i = 0; i < threads; ++i)
    parts.push_back(
        std::async(std::launch::async, [&work, batch, first = count * i / threads, end = count * (i + 1) / threads] {
          work.run_part(first, end, batch, {}, layer_step);
        }));
  for (std::future<void>& part : parts) part.wait();
  for (std::future<void>& part : parts) part.get();  // throws what it threw
  return std::move(work.results);
}

}  // namespace flashcell::quant
