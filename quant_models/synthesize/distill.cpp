#include "quant_models/synthesize/distill.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <stdexcept>

#include "quant_models/model_error.hpp"
#include "quant_models/random.hpp"
#include "quant_models/synthesize/dead_leaves.hpp"
#include "quant_models/synthesize/image_planes.hpp"
#include "quant_models/synthesize/image_snapshot.hpp"
#include "quant_models/synthesize/low_pass.hpp"
#include "quant_models/synthesize/octaves.hpp"
#include "quant_models/synthesize/teacher.hpp"
#include "quant_models/synthesize/torch_random.hpp"
#include "quant_models/train/schedule.hpp"
#include "quant_models/train/shard_threads.hpp"

namespace flashcell::quant {
namespace {

/// One batch on its way from noise or leaves to images.
class Batch {
 public:
  Batch(const Teacher& teacher, const ImagePlanes& planes, const Octaves& octaves, const DistillOptions& options,
        uint64_t seed, int64_t first, const std::vector<int>& labels)
      : teacher_(teacher),
        planes_(planes),
        octaves_(octaves),
        options_(options),
        random_(seed, {static_cast<uint64_t>(first)}) {
    const Shape& shape = teacher.input_shape();
    labels_ = at::empty({static_cast<int64_t>(labels.size())}, at::kLong);
    std::copy(labels.begin(), labels.end(), labels_.data_ptr<int64_t>());
    const std::vector<int64_t> size = {labels_.numel(), octaves.count(), shape[1], shape[2], shape[3]};
    if (options.leaves) leaves_ = dead_leaves({labels_.numel(), shape[1], shape[2], shape[3]}, random_);
    numbers_ = options.leaves ? at::zeros(size, at::kFloat) : normal_tensor(size, random_);
    mean_ = at::zeros_like(numbers_);
    square_ = at::zeros_like(numbers_);
  }

  // Returns the loss before the step.
  double step(int64_t step) {
    const at::Tensor numbers = numbers_.detach().requires_grad_();
    const at::Tensor images = images_of(numbers);
    const at::Tensor loss = loss_of(moved(images)) + options_.variation_weight * planes_.variation(images) +
                            options_.prior_weight * numbers.square().mean();
    const at::Tensor gradient = torch::autograd::grad({loss}, {numbers})[0];
    const at::NoGradGuard no_gradients;
    constexpr double kBeta1 = 0.9, kBeta2 = 0.99, kEpsilon = 1e-12;
    const double rate = learning_rate(options_.learning_rate, step, options_.steps, 0);
    mean_.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    square_.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    const double bias1 = 1 - std::pow(kBeta1, static_cast<double>(step + 1));
    const double bias2 = 1 - std::pow(kBeta2, static_cast<double>(step + 1));
    const at::Tensor direction = mean_ / (square_ / bias2).sqrt_().add_(kEpsilon);
    numbers_.addcmul_(direction, octaves_.step(), -rate / bias1);
    return loss.item<double>();
  }

  at::Tensor images() const {
    const at::NoGradGuard no_gradients;
    return images_of(numbers_).contiguous();
  }

 private:
  at::Tensor images_of(const at::Tensor& numbers) const {
    const at::Tensor sum = octaves_.sum(numbers);
    return planes_.from_numbers(leaves_.defined() ? leaves_ + sum : sum);
  }

  // The same way for all of the batch: up to a sixteenth of the side round the border, mirrored in half of the steps.
  at::Tensor moved(const at::Tensor& images) {
    const auto shift = [&](int64_t side) {
      const auto most = side / 16;
      return static_cast<int64_t>(random_.below(static_cast<uint64_t>(2 * most + 1))) - most;
    };
    const int64_t rows = shift(images.size(2)), columns = shift(images.size(3));
    const at::Tensor rolled = at::roll(images, {rows, columns}, {2, 3});
    return random_.next() >> 63 != 0 ? rolled.flip({3}) : rolled;
  }

  at::Tensor loss_of(const at::Tensor& images) const {
    const TeacherPass pass = teacher_.look(images);
    const double each = options_.statistics_weight / static_cast<double>(pass.statistics.size());
    at::Tensor loss = at::stack(pass.statistics).sum() * each;
    if (teacher_.classes() > 0) loss = loss + options_.class_weight * at::cross_entropy_loss(pass.output, labels_);
    return loss;
  }

  const Teacher& teacher_;
  const ImagePlanes& planes_;
  const Octaves& octaves_;
  const DistillOptions& options_;
  Random random_;
  at::Tensor labels_, leaves_, numbers_, mean_, square_;  // leaves_: undefined where images begin as noise
};

/// Progress of several batches at once, and the mean over the batches of each step's loss.
class Losses {
 public:
  Losses(int64_t batches, int steps, const Progress& progress)
      : all_(batches * steps), sums_(static_cast<size_t>(steps)), batches_(batches), progress_(progress) {
    each_.resize(static_cast<size_t>(all_));
  }
  void add(size_t batch, size_t step, double loss) {
    if (!std::isfinite(loss))
      throw ModelError("distillation's loss is no longer finite: the network's numbers are off");
    const std::lock_guard lock(mutex_);
    each_[batch * sums_.size() + step] = loss;
    ++done_;
    if (progress_) progress_({"distilling pictures", done_, all_, loss});
  }
  std::vector<double> means() {
    for (size_t i = 0; i < each_.size(); ++i) sums_[i % sums_.size()] += each_[i] / static_cast<double>(batches_);
    return sums_;
  }

 private:
  std::mutex mutex_;
  int64_t done_ = 0, all_;
  std::vector<double> each_, sums_;
  int64_t batches_;
  const Progress& progress_;
};

}  // namespace

std::vector<int> drawn_classes(int64_t count, int64_t classes, uint64_t seed) {
  std::vector<int> drawn;
  if (classes == 0) return drawn;
  Random random(seed, {0xc1});
  const auto first = static_cast<int64_t>(random.below(static_cast<uint64_t>(classes)));
  for (int64_t i = 0; i < count; ++i)
    drawn.push_back(static_cast<int>((first + (count >= classes ? i : i * classes / count)) % classes));
  return drawn;
}

DistillOptions distill_options(int64_t rows, int64_t columns) {
  constexpr int64_t kLongestOfNoise = 64;
  DistillOptions options;
  options.leaves = std::max(rows, columns) > kLongestOfNoise;
  if (!options.leaves) return options;
  options.learning_rate = 0.03;
  options.class_weight = 0.1;
  options.variation_weight = 1;
  return options;
}

DistilledImages::DistilledImages(InputRange range, const DistillOptions& options)
    : range_(std::move(range)), options_(options) {
  if (options.steps < 1 || options.batch < 1 || !(options.learning_rate > 0) || options.threads < 1)
    throw std::invalid_argument("DistilledImages: steps, batch, learning rate or threads are not above 0");
}

DrawnImages DistilledImages::draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const {
  if (count < 1) throw std::invalid_argument("draw: no images are asked for");
  const Teacher teacher(graph);
  teacher.require_normalization("distillation");
  const ImagePlanes planes(range_);
  const Shape& shape = teacher.input_shape();
  const double cutoff = options_.cutoff > 0 ? options_.cutoff : published_cutoff(shape.at(2), shape.at(3));
  const Octaves octaves(shape[2], shape[3], cutoff, options_.octaves);
  DrawnImages drawn{count, {}, {}, {}};
  drawn.labels = drawn_classes(count, teacher.classes(), seed);
  const int64_t batches = (count + options_.batch - 1) / options_.batch;
  const auto size = static_cast<size_t>(element_count(teacher.input_shape()));
  drawn.values.resize(static_cast<size_t>(count) * size);
  Losses losses(batches, options_.steps, progress);
  ShardThreads(options_.threads).run(static_cast<size_t>(batches), [&](size_t b) {
    // Batches of one size or one smaller: statistics of a few left-over images would be a poor match.
    const int64_t number = static_cast<int64_t>(b), first = count * number / batches,
                  last = count * (number + 1) / batches;
    std::vector<int> labels(static_cast<size_t>(last - first));
    if (!drawn.labels.empty())
      std::copy(&drawn.labels[static_cast<size_t>(first)], drawn.labels.data() + last, labels.begin());
    Batch batch(teacher, planes, octaves, options_, seed, first, labels);
    for (int step = 0; step < options_.steps; ++step) {
      if (b == 0 && is_snapshot_step(step, options_.steps)) drawn.history.push_back(snapshot_of(step, batch.images()));
      losses.add(b, static_cast<size_t>(step), batch.step(step));
    }
    const at::Tensor images = batch.images();
    std::copy_n(images.data_ptr<float>(), static_cast<size_t>(last - first) * size,
                drawn.values.data() + static_cast<size_t>(first) * size);
  });
  drawn.losses = losses.means();
  return drawn;
}

}  // namespace flashcell::quant
