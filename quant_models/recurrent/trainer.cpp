#include "quant_models/recurrent/trainer.hpp"

#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/readout.hpp"
#include "quant_models/recurrent/size_of.hpp"

namespace flashcell::quant {
namespace {

// Of the penalty on units that speak too seldom. Adam makes full steps of what little comes to such a unit.
constexpr double kWaking = 1;

// What random numbers are for: the second number of their place.
enum Purpose : uint64_t { kInputMask = 1, kConnect = 2, kZoneout = 3 };

// 1 / (1 - share) or 0.
void draw_mask(Random random, double share, std::vector<float>& mask) {
  const auto scale = static_cast<float>(1 / (1 - share));
  for (float& m : mask) m = random.uniform() < share ? 0.0F : scale;
}

void apply_mask(const std::vector<float>& mask, std::span<float> numbers) {
  if (mask.empty()) return;
  for (size_t i = 0; i < numbers.size(); i += mask.size())
    for (size_t k = 0; k < mask.size(); ++k) numbers[i + k] *= mask[k];
}

double mean_of(const std::vector<float>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

double share_before(const DropoutOptions& d, size_t layer, size_t layers) {
  return layer == 0 ? d.input : layer == layers ? d.output : d.between;
}

}  // namespace

void add_to(Hash& hash, const RecurrentTrainerOptions& o) {
  for (const double number : {o.dropout.input, o.dropout.between, o.dropout.output, o.dropout.connect,
                              o.dropout.zoneout, double{o.surrogate.dampening}, double{o.surrogate.width},
                              o.activity_weight, o.activity_target, static_cast<double>(o.activity_steps),
                              o.activity_least, o.adam.weight_decay, o.adam.clip, double(o.adam.train_thresholds)})
    hash.add(std::bit_cast<uint64_t>(number));
  hash.add(o.seed);
}

double activity_target(const RecurrentTrainerOptions& options, int64_t step) {
  // Of numbers around zero half are events.
  const double first = std::max(0.5, options.activity_target);
  const auto end = static_cast<double>(options.activity_steps), begin = end / 4;
  if (options.activity_steps <= 0) return options.activity_target;
  return std::lerp(first, options.activity_target,
                   std::clamp((static_cast<double>(step) - begin) / (end - begin), 0.0, 1.0));
}

void run_in_parallel(int threads, int count, const std::function<void(int)>& work) {
  tbb::task_arena arena(std::clamp(threads, 1, tbb::info::default_concurrency()));
  arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<int>(0, count, 1),
        [&](const tbb::blocked_range<int>& range) {
          for (int i = range.begin(); i < range.end(); ++i) work(i);
        },
        tbb::simple_partitioner());
  });
}

PackedDecoder::PackedDecoder(const RecurrentNetwork& network)
    : forward(network.decoder_inputs(), static_cast<int>(network.decoder_biases.size())),
      back(static_cast<int>(network.decoder_biases.size()), network.decoder_inputs()) {
  pack(network);
}

void PackedDecoder::pack(const RecurrentNetwork& network) {
  const int64_t last = network.decoder_inputs();
  forward.pack(network.decoder_weights().data(), 1, last);
  forward.set_bias(network.decoder_biases);
  back.pack(network.decoder_weights().data(), last, 1);
}

RecurrentTrainer::RecurrentTrainer(RecurrentNetwork network, const RecurrentTrainerOptions& options, int64_t steps,
                                   int64_t shard_batch)
    : network_(std::move(network)),
      options_(options),
      steps_(steps),
      shard_batch_(shard_batch),
      adam_(network_),
      decoder_(network_),
      dropped_(network_.layers.size()),
      event_gradients_(network_.layers.size(), 0.0F),
      state_gradients_(network_.layers.size()) {
  for (const RecurrentLayer<float>& layer : network_.layers) {
    packed_.emplace_back(layer);
    activity_.emplace_back(size_of(layer.hidden), 0.0F);
  }
  for (Shard& shard : shards_) {
    shard.gradients = zeros_like(network_);
    shard.tapes.resize(network_.layers.size());
    shard.inputs.resize(network_.layers.size());
    shard.masks.resize(network_.layers.size() + 1);
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      const RecurrentLayer<float>& layer = network_.layers[i];
      shard.tapes[i].resize(layer, steps, shard_batch);
      shard.inputs[i].resize(size_of(steps * shard_batch * layer.inputs));
    }
  }
}

void RecurrentTrainer::pack(int64_t step) {
  const auto layers = static_cast<int>(network_.layers.size());
  run_in_parallel(options_.threads, layers + 1, [&](int i) {
    if (i == layers) return decoder_.pack(network_);
    const RecurrentLayer<float>& layer = network_.layers[size_of(i)];
    std::vector<float>& weights = dropped_[size_of(i)];
    weights = layer.recurrent_weights;
    if (options_.dropout.connect > 0) {
      Random random(options_.seed, {static_cast<uint64_t>(step), kConnect, static_cast<uint64_t>(i)});
      const auto scale = static_cast<float>(1 / (1 - options_.dropout.connect));
      for (float& w : weights) w = random.uniform() < options_.dropout.connect ? 0.0F : w * scale;
    }
    packed_[size_of(i)].pack(layer, weights);
  });
}

// From how active units have been up to now: what penalties add to the gradients of this step.
void RecurrentTrainer::penalize(int64_t step) {
  const double target = activity_target(options_, step);
  for (size_t l = 0; l < network_.layers.size(); ++l) {
    if (network_.layers[l].cell != Cell::egru) continue;
    const std::vector<float>& activity = activity_[l];
    const auto events = static_cast<double>(steps_ * shard_batch_ * kShards) * static_cast<double>(activity.size());
    const double over = std::max(0.0, mean_of(activity) - target);
    event_gradients_[l] = static_cast<float>(2 * options_.activity_weight * over / events);
    if (options_.activity_least <= 0) continue;
    state_gradients_[l].resize(activity.size());
    for (size_t u = 0; u < activity.size(); ++u)
      state_gradients_[l][u] =
          static_cast<float>(-2 * kWaking * std::max(0.0, options_.activity_least - double{activity[u]}) / events);
  }
}

void RecurrentTrainer::run_shard(int index, int64_t step, bool fresh, const ShardWork& work) {
  Shard& shard = shards_[size_of(index)];
  const size_t layers = network_.layers.size();
  for (const LearnedNumbers& p : parameters_of(shard.gradients)) std::fill(p.numbers->begin(), p.numbers->end(), 0.0F);
  work.fill(index, shard.inputs[0]);
  for (size_t i = 0; i <= layers; ++i) {
    const double share = share_before(options_.dropout, i, layers);
    const int width = i < layers ? network_.layers[i].inputs : network_.read_units();
    shard.masks[i].resize(share > 0 ? size_of(shard_batch_ * width) : 0);
    draw_mask({options_.seed, {static_cast<uint64_t>(step), kInputMask, i, static_cast<uint64_t>(index)}}, share,
              shard.masks[i]);
  }
  for (size_t i = 0; i < layers; ++i) {
    const RecurrentLayer<float>& layer = network_.layers[i];
    LayerTape<float>& tape = shard.tapes[i];
    fresh ? tape.resize(layer, steps_, shard_batch_) : tape.carry_on(layer);
    if (options_.dropout.zoneout > 0) {
      Random random(options_.seed, {static_cast<uint64_t>(step), kZoneout, i, static_cast<uint64_t>(index)});
      tape.kept.resize(size_of(steps_ * shard_batch_ * layer.hidden));
      for (uint8_t& kept : tape.kept) kept = random.uniform() < options_.dropout.zoneout ? 1 : 0;
    }
    apply_mask(shard.masks[i], shard.inputs[i]);
    forward<float>(layer, packed_[i], shard.inputs[i], tape, shard.buffers);
    const std::span<const float> outputs = tape.layer_outputs(layer);
    if (i + 1 < layers) shard.inputs[i + 1].assign(outputs.begin(), outputs.end());
  }
  gather_outputs(network_, shard.tapes, shard.outputs);
  apply_mask(shard.masks[layers], shard.outputs);
  shard.read_gradients.assign(shard.outputs.size(), 0.0F);
  shard.loss = work.loss(index, shard.outputs, shard.read_gradients, shard.gradients);
  apply_mask(shard.masks[layers], shard.read_gradients);
  shard.gradients_above.assign(size_of(steps_ * shard_batch_ * network_.layers.back().hidden), 0.0F);
  for (size_t i = layers; i-- > 0;) {
    const RecurrentLayer<float>& layer = network_.layers[i];
    if (i + 1 < layers) apply_mask(shard.masks[i + 1], shard.gradients_above);
    add_read_gradients(network_, shard.read_gradients, i, shard.gradients_above);
    const bool below = i > 0 || work.take;
    shard.gradients_below.resize(below ? shard.inputs[i].size() : 0);
    backward<float>(layer, packed_[i], shard.inputs[i], shard.tapes[i], shard.gradients_above,
                    {event_gradients_[i], state_gradients_[i]}, options_.surrogate, shard.gradients.layers[i],
                    shard.gradients_below, shard.buffers);
    std::swap(shard.gradients_above, shard.gradients_below);
  }
  apply_mask(shard.masks[0], shard.gradients_above);
  if (work.take) work.take(index, shard.gradients_above, shard.gradients);
}

// The others onto the first, numbers shared out over the threads: each is added up in the parts' order.
void RecurrentTrainer::add_gradients() {
  std::array<std::vector<LearnedNumbers>, kShards> parts;
  for (size_t s = 0; s < kShards; ++s) parts[s] = parameters_of(shards_[s].gradients);
  run_in_parallel(options_.threads, static_cast<int>(parts[0].size()), [&](int p) {
    std::vector<float>& sum = *parts[0][size_of(p)].numbers;
    for (size_t s = 1; s < kShards; ++s) {
      const std::vector<float>& more = *parts[s][size_of(p)].numbers;
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
    }
  });
}

void RecurrentTrainer::count_events(int64_t step) {
  const float keep = step == 0 ? 0.0F : 0.9F;
  const float share = (1 - keep) / static_cast<float>(steps_ * shard_batch_ * kShards);
  for (size_t l = 0; l < network_.layers.size(); ++l) {
    std::vector<int64_t> events(activity_[l].size());
    for (const Shard& shard : shards_) shard.tapes[l].add_events(network_.layers[l], events);
    for (size_t u = 0; u < events.size(); ++u)
      activity_[l][u] = keep * activity_[l][u] + share * static_cast<float>(events[u]);
  }
}

double RecurrentTrainer::step(int64_t step, double learning_rate, bool fresh, const ShardWork& work) {
  pack(step);
  penalize(step);
  run_in_parallel(options_.threads, kShards, [&](int i) { run_shard(i, step, fresh, work); });
  add_gradients();
  RecurrentNetwork& gradients = shards_[0].gradients;
  if (options_.dropout.connect > 0) {
    const auto scale = static_cast<float>(1 / (1 - options_.dropout.connect));
    for (size_t l = 0; l < network_.layers.size(); ++l) {
      std::vector<float>& of_weights = gradients.layers[l].recurrent_weights;
      for (size_t i = 0; i < of_weights.size(); ++i) of_weights[i] = dropped_[l][i] == 0 ? 0.0F : of_weights[i] * scale;
    }
  }
  double loss = 0;
  for (const Shard& shard : shards_) loss += shard.loss;
  count_events(step);
  adam_.step(network_, gradients, step, learning_rate, options_.adam);
  return loss;
}

// Of tapes, what is carried on: their last block, where carry_on() looks for it.
std::vector<std::span<float>> RecurrentTrainer::numbers() {
  std::vector<std::span<float>> all;
  for (RecurrentNetwork* network : {&network_, &adam_.first_moments(), &adam_.second_moments()})
    for (const LearnedNumbers& p : parameters_of(*network)) all.emplace_back(*p.numbers);
  for (std::vector<float>& activity : activity_) all.emplace_back(activity);
  for (Shard& shard : shards_) {
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      const size_t block = size_of(shard_batch_ * network_.layers[i].hidden);
      all.push_back(std::span(shard.tapes[i].outputs).last(block));
      all.push_back(std::span(shard.tapes[i].memories).last(block));
    }
  }
  return all;
}

std::vector<Tensor> RecurrentTrainer::save() {
  std::vector<Tensor> tensors;
  for (const std::span<float> part : numbers())
    tensors.push_back({{static_cast<int64_t>(part.size())}, {part.begin(), part.end()}});
  return tensors;
}

void RecurrentTrainer::load(const std::vector<Tensor>& tensors, const std::string& name) {
  const std::vector<std::span<float>> all = numbers();
  bool fits = tensors.size() == all.size();
  for (size_t i = 0; fits && i < all.size(); ++i) fits = tensors[i].values.size() == all[i].size();
  if (!fits) throw ModelError(name + ": the checkpoint is of another network; choose another -o, or --restart");
  for (size_t i = 0; i < all.size(); ++i) std::copy(tensors[i].values.begin(), tensors[i].values.end(), all[i].begin());
}

}  // namespace flashcell::quant
