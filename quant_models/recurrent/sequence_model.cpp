#include "quant_models/recurrent/sequence_model.hpp"

#include <bit>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/activity_count.hpp"
#include "quant_models/recurrent/cross_entropy.hpp"
#include "quant_models/recurrent/network_file.hpp"
#include "quant_models/recurrent/pruning.hpp"
#include "quant_models/recurrent/size_of.hpp"
#include "quant_models/train/checkpoint.hpp"
#include "quant_models/train/schedule.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kStepsASequencePruning = 20;
constexpr uint64_t kOrder = 201;  // what random numbers are for
constexpr const char *kSequenceFile = "network.npz", *kSequenceCheckpoint = "training.checkpoint",
                     *kSequenceMetrics = "metrics.json";

void put_values(std::span<const uint8_t> values, float unit, std::span<float> out) {
  for (size_t i = 0; i < values.size(); ++i) out[i] = static_cast<float>(values[i]) * unit;
}

// Of rows t * batch + n, over t.
std::vector<float> means_over_steps(std::span<const float> rows, int64_t steps) {
  std::vector<float> means(rows.size() / size_of(steps));
  for (size_t i = 0; i < rows.size(); ++i) means[i % means.size()] += rows[i];
  for (float& mean : means) mean /= static_cast<float>(steps);
  return means;
}

RecurrentNetwork make_network(const SequenceSet& set, const SequenceOptions& o) {
  RecurrentNetwork network;
  network.task = name_in(kSequenceFormatNames, o.format);
  network.names = set.names;
  if (!o.head.empty()) {
    if (set.side == 0) throw ModelError("--head wants steps that are pictures: --as nmnist or gestures");
    network.head = make_head(set.planes, set.side, o.head, o.trainer.seed);
  }
  for (const int hidden : o.hidden) {
    RecurrentLayer<float> layer;
    layer.cell = o.cell;
    layer.inputs = !network.layers.empty() ? network.layers.back().hidden
                   : !network.head.empty() ? network.head.back().outputs()
                                           : set.train.inputs;
    layer.hidden = hidden;
    layer.zoneout = static_cast<float>(o.trainer.dropout.zoneout);
    network.layers.push_back(std::move(layer));
  }
  initialize(network, false, {o.threshold_mean, 0.1, o.trainer.seed});
  return network;
}

uint64_t fingerprint(const SequenceSet& set, const SequenceOptions& o) {
  Hash hash;
  for (const double number : {static_cast<double>(o.cell), static_cast<double>(o.format), double(o.epochs),
                              static_cast<double>(o.batch), o.learning_rate, o.threshold_mean, o.pruned})
    hash.add(std::bit_cast<uint64_t>(number));
  for (const int hidden : o.hidden) hash.add(static_cast<uint64_t>(hidden));
  for (const int channels : o.head) hash.add(static_cast<uint64_t>(channels) << 32);
  add_to(hash, o.trainer);
  hash.add(static_cast<uint64_t>(set.train.steps)).add(std::span<const uint8_t>(set.train.values));
  for (const int32_t label : set.train.labels) hash.add(static_cast<uint64_t>(label));
  return hash.value();
}

class SequenceTraining {
 public:
  SequenceTraining(const SequenceSet& set, const SequenceOptions& options, const std::atomic<bool>& stop,
                   const std::function<void(const SequenceProgress&)>& listen)
      : set_(set),
        o_(options),
        stop_(stop),
        listen_(listen),
        path_((fs::path(o_.output) / kSequenceCheckpoint).string()),
        logits_(kShards) {
    o_.batch = (o_.batch + kShards - 1) / kShards * kShards;
    if (set.train.count < o_.batch)
      throw ModelError("there are fewer sequences to train with than a batch has; take a smaller --batch");
    work_.fill = [this](int shard, std::span<float> inputs) { fill(shard, inputs); };
    work_.loss = [this](int shard, std::span<const float> outputs, std::span<float> slopes, RecurrentNetwork& sums) {
      return loss(shard, outputs, slopes, sums);
    };
    if (o_.head.empty()) return;
    work_.take = [this](int shard, std::span<const float> slopes, RecurrentNetwork& sums) {
      take(shard, slopes, sums);
    };
  }

  SequenceRun run() {
    RecurrentTrainer trainer(make_network(set_, o_), o_.trainer, set_.train.steps, o_.batch / kShards);
    trainer_ = &trainer;
    for (int shard = 0; shard < kShards && !o_.head.empty(); ++shard) heads_.emplace_back(trainer.network().head);
    start();
    SequenceRun run;
    train(run);
    run.network = trainer.network();
    if (!run.finished) return run;
    run.figures = measure(run.network, set_.test, o_.trainer.threads);
    write(run);
    return run;
  }

 private:
  void start() {
    checkpoint_.fingerprint = fingerprint(set_, o_);
    std::error_code error;
    fs::create_directories(o_.output, error);
    if (o_.restart) fs::remove(path_, error);
    if (auto found = load_checkpoint(path_, checkpoint_.fingerprint)) {
      trainer_->load(found->tensors, path_);
      checkpoint_ = std::move(*found);
    }
  }

  void save_checkpoint() {
    checkpoint_.tensors = trainer_->save();
    save(checkpoint_, path_);
    checkpoint_.tensors.clear();
  }

  // The same order whenever it is asked for: Fisher and Yates.
  void draw_order(int64_t epoch) {
    order_.resize(size_of(set_.train.count));
    std::iota(order_.begin(), order_.end(), 0);
    Random random(o_.trainer.seed, {static_cast<uint64_t>(epoch), kOrder});
    for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
  }

  void train(SequenceRun& run) {
    using Clock = std::chrono::steady_clock;
    const int64_t batches = set_.train.count / o_.batch, steps = batches * o_.epochs;
    const auto begin = Clock::now();
    auto saved = begin;
    const std::clock_t processor = std::clock();
    SequenceProgress p{0, steps, 0, 0, -1};
    int64_t& step = checkpoint_.step;
    int64_t here = 0;
    for (; step < steps && run.finished; ++here) {
      const int64_t epoch = step / batches;
      if (here == 0 || step % batches == 0) draw_order(epoch);
      if (o_.pruned > 0 && step % kStepsASequencePruning == 0)
        prune_layers(trainer_->network(), cubic_share(step, steps / 5, steps * 3 / 4, o_.pruned));
      first_ = step % batches * o_.batch;
      const double loss = trainer_->step(step, learning_rate(o_.learning_rate, step, steps, batches / 2), true, work_);
      checkpoint_.epoch_loss += loss / static_cast<double>(o_.batch);
      ++step;
      p.step = step;
      p.epoch = static_cast<int>(epoch);
      p.loss = checkpoint_.epoch_loss / static_cast<double>((step - 1) % batches + 1);
      p.accuracy = -1;
      if (step % batches == 0) {
        p.accuracy = measure(trainer_->network(), set_.test, o_.trainer.threads).accuracy;
        checkpoint_.history.push_back({p.loss, 0, p.accuracy});
        checkpoint_.epoch_loss = 0;
      }
      listen_(p);
      run.finished = !stop_ || step == steps;
      if (!run.finished || std::chrono::duration<double>(Clock::now() - saved).count() > o_.checkpoint_seconds) {
        save_checkpoint();
        saved = Clock::now();
      }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (here > 0) run.sequences_a_second = static_cast<double>(here * o_.batch) / seconds;
    run.processor_seconds = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
    if (run.finished) save_checkpoint();
  }

  size_t sequence(int shard, int64_t n) const { return order_[size_of(first_ + shard * trainer_->shard_batch() + n)]; }

  /// Calls use(row, what sequence `n` shows at step t): row t * shard_batch + n.
  template <class Use>
  void for_each_row(int shard, Use&& use) const {
    for (int64_t t = 0, row = 0; t < set_.train.steps; ++t)
      for (int64_t n = 0; n < trainer_->shard_batch(); ++n, ++row)
        use(row, set_.train.step(static_cast<int64_t>(sequence(shard, n)), t));
  }

  void fill(int shard, std::span<float> inputs) {
    const auto width = size_of(trainer_->network().inputs());
    const ConvolutionHead& head = trainer_->network().head;
    std::vector<float> picture(head.empty() ? 0 : size_of(set_.train.inputs));
    for_each_row(shard, [&](int64_t row, std::span<const uint8_t> values) {
      const std::span<float> to = inputs.subspan(size_of(row) * width, width);
      if (head.empty()) return put_values(values, set_.train.unit, to);
      put_values(values, set_.train.unit, picture);
      const std::span<const float> seen = heads_[size_of(shard)].forward(head, picture);
      std::copy(seen.begin(), seen.end(), to.begin());
    });
  }

  void take(int shard, std::span<const float> slopes, RecurrentNetwork& sums) {
    const ConvolutionHead& head = trainer_->network().head;
    const auto width = size_of(trainer_->network().inputs());
    std::vector<float> picture(size_of(set_.train.inputs));
    for_each_row(shard, [&](int64_t row, std::span<const uint8_t> values) {
      put_values(values, set_.train.unit, picture);
      heads_[size_of(shard)].backward(head, picture, slopes.subspan(size_of(row) * width, width), sums.head);
    });
  }

  double loss(int shard, std::span<const float> outputs, std::span<float> slopes, RecurrentNetwork& sums) {
    const int64_t steps = set_.train.steps;
    const std::vector<float> means = means_over_steps(outputs, steps);
    std::vector<float> of_means(means.size());
    std::vector<int32_t> targets;
    for (int64_t n = 0; n < trainer_->shard_batch(); ++n) targets.push_back(set_.train.labels[sequence(shard, n)]);
    const double nats = decoder_loss(trainer_->network(), trainer_->decoder(), means, targets,
                                     1.0F / static_cast<float>(o_.batch), of_means, sums, logits_[size_of(shard)]);
    for (size_t i = 0; i < slopes.size(); ++i) slopes[i] = of_means[i % of_means.size()] / static_cast<float>(steps);
    return nats;
  }

  void write(const SequenceRun& run) const {
    const SequenceFigures& f = run.figures;
    nlohmann::ordered_json json = {{"task", run.network.task},
                                   {"cell", name_in(kCellNames, o_.cell)},
                                   {"accuracy", f.accuracy},
                                   {"activity", f.activity},
                                   {"macs_a_step", f.macs},
                                   {"dense_macs_a_step", f.dense_macs},
                                   {"head_macs_a_step", f.head_macs},
                                   {"dense_head_macs_a_step", f.dense_head_macs},
                                   {"steps", set_.test.steps},
                                   {"zero_weights", f.zero_weights},
                                   {"epochs", nlohmann::json::array()}};
    for (const EpochRecord& r : checkpoint_.history)
      json["epochs"].push_back({{"loss", r.loss}, {"accuracy", r.figure}});
    FileGroup files(o_.output);
    files.add(kSequenceFile, network_bytes(run.network));
    files.add(kSequenceMetrics, json_text(json) + "\n");
    files.write();
  }

  const SequenceSet& set_;
  SequenceOptions o_;
  const std::atomic<bool>& stop_;
  const std::function<void(const SequenceProgress&)>& listen_;
  std::string path_;
  RecurrentTrainer* trainer_ = nullptr;
  ShardWork work_;
  Checkpoint checkpoint_;
  std::vector<size_t> order_;
  int64_t first_ = 0;
  std::vector<std::vector<float>> logits_;
  std::vector<HeadRunner> heads_;  // of each part
};

/// One part of the sequences.
struct Measurement {
  ActivityCount count;
  int64_t correct = 0, head_macs = 0;
};

void measure_block(const RecurrentNetwork& network, const std::vector<PackedLayer<float>>& packed,
                   const PackedDecoder& decoder, const Sequences& s, int64_t first, int64_t batch, Measurement& m) {
  const auto width = size_of(network.inputs());
  std::vector<float> inputs(size_of(s.steps * batch) * width), picture(size_of(s.inputs));
  HeadRunner head(network.head);
  for (int64_t t = 0, row = 0; t < s.steps; ++t) {
    for (int64_t n = 0; n < batch; ++n, ++row) {
      put_values(s.step(first + n, t), s.unit, picture);
      const std::span<const float> seen = head.forward(network.head, picture);
      std::copy(seen.begin(), seen.end(), inputs.begin() + row * static_cast<int64_t>(width));
    }
  }
  m.head_macs += head.macs();
  std::vector<LayerTape<float>> tapes(network.layers.size());
  PassBuffers<float> buffers;
  std::span<const float> in = inputs;
  for (size_t l = 0; l < network.layers.size(); ++l) {
    const RecurrentLayer<float>& layer = network.layers[l];
    tapes[l].resize(layer, s.steps, batch);
    forward<float>(layer, packed[l], in, tapes[l], buffers);
    m.count.add(l, in, std::span(tapes[l].outputs).first(size_of(s.steps * batch * layer.hidden)));
    in = tapes[l].layer_outputs(layer);
  }
  const std::vector<float> means = means_over_steps(in, s.steps);
  const size_t names = network.names.size();
  std::vector<float> logits(size_of(batch) * names);
  decoder.forward.multiply(means.data(), batch, logits.data());
  for (int64_t n = 0; n < batch; ++n) {
    const auto row = logits.begin() + n * static_cast<int64_t>(names);
    m.correct += std::max_element(row, row + static_cast<int64_t>(names)) - row == s.labels[size_of(first + n)] ? 1 : 0;
  }
}

}  // namespace

SequenceRun train_sequences(const SequenceSet& set, const SequenceOptions& options, const std::atomic<bool>& stop,
                            const std::function<void(const SequenceProgress&)>& listen) {
  return SequenceTraining(set, options, stop, listen).run();
}

SequenceFigures measure(const RecurrentNetwork& network, const Sequences& sequences, int threads) {
  if (sequences.inputs != (network.head.empty() ? network.inputs() : network.head.front().inputs()))
    throw ModelError("the network takes other inputs than these sequences have");
  // Blocks of a bounded number of steps: their tapes are what takes memory.
  const int64_t together = std::clamp<int64_t>(16384 / sequences.steps, 1, 64);
  const int64_t blocks = (sequences.count + together - 1) / together;
  std::vector<PackedLayer<float>> packed;
  for (const RecurrentLayer<float>& layer : network.layers) packed.emplace_back(layer);
  const PackedDecoder decoder(network);
  std::vector<Measurement> parts(kShards, Measurement{ActivityCount(network), 0, 0});
  run_in_parallel(threads, kShards, [&](int part) {
    for (int64_t b = part; b < blocks; b += kShards)
      measure_block(network, packed, decoder, sequences, b * together,
                    std::min(together, sequences.count - b * together), parts[size_of(part)]);
  });
  ActivityCount count(network);
  int64_t correct = 0, head_macs = 0;
  for (const Measurement& part : parts) {
    count.add(part.count);
    correct += part.correct;
    head_macs += part.head_macs;
  }
  SequenceFigures f{static_cast<double>(correct) / static_cast<double>(sequences.count),
                    {},
                    count.macs(),
                    dense_macs(network),
                    static_cast<double>(head_macs) / static_cast<double>(sequences.count * sequences.steps),
                    dense_macs(network.head),
                    zero_share(network)};
  for (size_t l = 0; l < network.layers.size(); ++l) f.activity.push_back(count.activity(l));
  return f;
}

}  // namespace flashcell::quant
