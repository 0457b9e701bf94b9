#include "quant_models/train/trainer.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cmath>
#include <numeric>

#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/random.hpp"
#include "quant_models/train/answer_loss.hpp"
#include "quant_models/train/array_converters.hpp"
#include "quant_models/train/array_errors.hpp"
#include "quant_models/train/optimizer.hpp"
#include "quant_models/train/schedule.hpp"
#include "quant_models/train/shard_threads.hpp"
#include "quant_models/train/torch_network.hpp"
#include "quant_models/train/weight_average.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kShards = 4;
constexpr double kTemperature = 4;     // of a teacher's and a learner's classes that are compared
constexpr double kRunningShare = 0.1;  // of a batch in the running figures of batch normalization
// The ranges of arrays' converters follow the network: they are found so often, by so many pictures.
constexpr int64_t kRangeSteps = 20, kRangeImages = 32;

// A part of a batch: what one thread works out of it.
struct Shard {
  std::span<const int64_t> indices;
  double loss = 0;
  std::vector<at::Tensor> gradients;
  BatchStatistics statistics;
};

class Trainer {
 public:
  Trainer(const Graph& start, const Task& task, const StageOptions& stage, const TrainerOptions& options)
      : task_(task),
        stage_(stage),
        options_(options),
        network_(start),
        optimizer_(network_.parameters(), stage.weight_decay),
        average_(network_, stage.average),
        threads_(options.threads) {
    if (!stage.arrays.empty()) {
      errors_.emplace(start, network_, stage.arrays);
      if (stage.converters) converters_.emplace(start, stage.arrays);
    }
    if (stage.teacher > 0 && options.teacher != nullptr) teacher_.emplace(*options.teacher);
    // Never less than two images in a part: batch normalization needs a spread.
    batch_ = std::min(stage.batch, task.train_count());
    steps_per_epoch_ = task.train_count() / batch_;
    state_.fingerprint =
        Hash().add(options.fingerprint).add(task.fingerprint()).add(options.seed).add(stage.name).value();
    if (!options_.checkpoint.empty())
      if (auto found = load_checkpoint(options_.checkpoint, state_.fingerprint)) restore(std::move(*found));
  }

  Training run(const ProgressCallback& progress) {
    const int64_t steps = steps_per_epoch_ * stage_.epochs, first = state_.step;
    std::vector<int64_t> order;
    int64_t ordered_epoch = -1;
    auto saved = std::chrono::steady_clock::now();
    while (state_.step < steps) {
      const int64_t epoch = state_.step / steps_per_epoch_, place = state_.step % steps_per_epoch_;
      if (epoch != ordered_epoch) {
        order = shuffled(epoch);
        ordered_epoch = epoch;
      }
      const double rate = learning_rate(stage_.learning_rate, state_.step, steps,
                                        std::llround(stage_.warmup_epochs * static_cast<double>(steps_per_epoch_)));
      state_.epoch_loss += one_step({order.data() + place * batch_, static_cast<size_t>(batch_)}, epoch, rate);
      ++state_.step;
      TrainingProgress now{state_.step,
                           steps,
                           state_.step - first,
                           static_cast<int>(epoch),
                           state_.epoch_loss / static_cast<double>(place + 1),
                           nullptr};
      if (place + 1 == steps_per_epoch_) {
        finish_epoch(now, rate);
        now.finished_epoch = &state_.history.back();
      }
      if (progress) progress(now);
      const auto clock = std::chrono::steady_clock::now();
      const bool due = std::chrono::duration<double>(clock - saved).count() >= options_.checkpoint_seconds;
      if (!options_.checkpoint.empty() && (due || state_.step == steps)) {
        store();
        saved = clock;
      }
    }
    return {average_.trained(network_), state_.history};
  }

 private:
  std::vector<int64_t> shuffled(int64_t epoch) const {
    std::vector<int64_t> order(static_cast<size_t>(task_.train_count()));
    std::iota(order.begin(), order.end(), 0);
    Random random(options_.seed, {static_cast<uint64_t>(epoch), 0x5u});
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    return order;
  }

  // Returns the batch's mean loss.
  double one_step(std::span<const int64_t> batch, int64_t epoch, double rate) {
    const size_t shards = std::clamp<size_t>(batch.size() / 2, 1, kShards);
    std::vector<Shard> parts(shards);
    for (size_t s = 0; s < shards; ++s) {
      const size_t first = batch.size() * s / shards, last = batch.size() * (s + 1) / shards;
      parts[s].indices = batch.subspan(first, last - first);
    }
    std::vector<at::Tensor> weight_errors;
    if (errors_) {
      const uint64_t chip = Random(options_.seed, {static_cast<uint64_t>(state_.step), 0xC41Bu}).next();
      weight_errors = errors_->draw(network_, chip, threads_);
    }
    std::vector<ColumnConverters> columns;
    if (converters_) {
      if (state_.step % kRangeSteps == 0) find_ranges();
      columns = converters_->columns();
    }
    threads_.run(shards, [&](size_t s) { work(parts[s], batch.size(), epoch, weight_errors, columns); });
    const at::NoGradGuard no_gradients;
    std::vector<BatchStatistics> statistics;
    double loss = 0;
    for (size_t s = 0; s < shards; ++s) {
      loss += parts[s].loss;
      statistics.push_back(std::move(parts[s].statistics));
      for (size_t i = 0; s > 0 && i < parts[0].gradients.size(); ++i) parts[0].gradients[i] += parts[s].gradients[i];
    }
    if (!std::isfinite(loss))
      throw ModelError("stage '" + stage_.name + "', step " + std::to_string(state_.step) +
                       ": the loss is no longer finite; lower learning_rate");
    network_.update_running(statistics, kRunningShare);
    optimizer_.update(network_.parameters(), parts[0].gradients, rate, state_.step);
    average_.update(network_, state_.step);
    return loss;
  }

  void find_ranges() {
    const int64_t count = std::min(kRangeImages, task_.train_count());
    converters_->calibrate(network_.trained(), task_.calibration_images(count), count);
  }

  void work(Shard& shard, size_t batch, int64_t epoch, std::span<const at::Tensor> weight_errors,
            std::span<const ColumnConverters> columns) const {
    const Examples examples = task_.examples(shard.indices, options_.seed, epoch);
    std::vector<at::Tensor> leaves;
    for (const Parameter& p : network_.parameters()) leaves.push_back(p.value.detach().requires_grad_());
    const at::Tensor output = network_.forward(examples.input, leaves, &shard.statistics, {}, weight_errors, columns);
    const double share = static_cast<double>(shard.indices.size()) / static_cast<double>(batch);
    const at::Tensor loss = loss_of(output, examples) * share;
    shard.loss = loss.item<double>();
    shard.gradients = torch::autograd::grad({loss}, leaves);
  }

  at::Tensor loss_of(const at::Tensor& output, const Examples& examples) const {
    if (!teacher_) return task_.loss(output, examples);
    at::Tensor wanted;
    {
      const at::NoGradGuard no_gradients;
      std::vector<at::Tensor> fixed;
      for (const Parameter& p : teacher_->parameters()) fixed.push_back(p.value);
      wanted = teacher_->forward(examples.input, fixed, nullptr);
    }
    const at::Tensor taught = answer_loss(output, wanted, kTemperature) * stage_.teacher;
    return stage_.teacher < 1 ? taught + task_.loss(output, examples) * (1 - stage_.teacher) : taught;
  }

  void finish_epoch(const TrainingProgress& now, double rate) {
    EpochRecord record{now.loss, rate, -1};
    const int done = now.epoch + 1;
    if (done % options_.evaluate_every == 0 || done == stage_.epochs)
      record.figure = task_.evaluate(average_.trained(network_)).at(0).value;
    state_.history.push_back(record);
    state_.epoch_loss = 0;
  }

  std::vector<at::Tensor*> tensors() {
    std::vector<at::Tensor*> all;
    for (Parameter& p : network_.parameters()) all.push_back(&p.value);
    for (at::Tensor& t : network_.running()) all.push_back(&t);
    for (at::Tensor& t : optimizer_.state()) all.push_back(&t);
    for (at::Tensor& t : average_.state()) all.push_back(&t);
    if (converters_) all.push_back(&converters_->state());
    return all;
  }

  void store() {
    state_.tensors.clear();
    for (const at::Tensor* t : tensors()) state_.tensors.push_back(from_torch(*t));
    save(state_, options_.checkpoint);
  }

  void restore(Checkpoint found) {
    const std::vector<at::Tensor*> targets = tensors();
    bool fits = targets.size() == found.tensors.size();
    for (size_t i = 0; fits && i < targets.size(); ++i) {
      fits = targets[i]->sizes() == at::IntArrayRef(found.tensors[i].shape);
      if (fits) *targets[i] = to_torch(found.tensors[i]);
    }
    if (!fits) throw ModelError(options_.checkpoint + ": belongs to another network; choose another -o, or --restart");
    state_ = std::move(found);
  }

  const Task& task_;
  const StageOptions& stage_;
  const TrainerOptions& options_;
  TorchNetwork network_;
  std::optional<ArrayErrors> errors_;
  std::optional<ArrayConverters> converters_;
  std::optional<TorchNetwork> teacher_;
  AdamW optimizer_;
  WeightAverage average_;
  ShardThreads threads_;
  Checkpoint state_;
  int64_t batch_ = 1, steps_per_epoch_ = 1;
};

}  // namespace

Training train(const Graph& start, const Task& task, const StageOptions& stage, const TrainerOptions& options,
               const ProgressCallback& progress) {
  return Trainer(start, task, stage, options).run(progress);
}

}  // namespace flashcell::quant
