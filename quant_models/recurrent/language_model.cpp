#include "quant_models/recurrent/language_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/layers/vector_functions.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/activity_count.hpp"
#include "quant_models/recurrent/corpus.hpp"
#include "quant_models/recurrent/cross_entropy.hpp"
#include "quant_models/recurrent/network_file.hpp"
#include "quant_models/recurrent/projection.hpp"
#include "quant_models/recurrent/pruning.hpp"
#include "quant_models/recurrent/readout.hpp"
#include "quant_models/recurrent/size_of.hpp"
#include "quant_models/train/checkpoint.hpp"
#include "quant_models/train/schedule.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;

/// What one core of the machine that README's figures are from does in training, all in all.
constexpr double kMacsASecond = 40e9;
constexpr double kEmbedding = 0.3;      // even in -x..x: small ones leave units near zero for long
constexpr int kValidations = 5;         // in the course of a run
constexpr int64_t kStepsAPruning = 20;  // from one to the next
constexpr const char *kNetworkFile = "network.npz", *kCheckpointFile = "training.checkpoint",
                     *kMetricsFile = "metrics.json";

enum Purpose : uint64_t { kWordMask = 101, kOffset = 102, kSample = 103 };

/// A text side by side in as many streams as a batch has sequences, cut into pieces of some steps. Every epoch begins
/// at another place.
class Batches {
 public:
  Batches(std::vector<int32_t> tokens, int64_t batch, int64_t steps, uint64_t seed, const std::string& name)
      : tokens_(std::move(tokens)), steps_(steps), seed_(seed) {
    length_ = (static_cast<int64_t>(tokens_.size()) - 1) / batch;
    pieces_ = (length_ - steps) / steps;
    if (pieces_ < 1)
      throw ModelError(
          fmt::format("{}: its training text of {} words is too short for {} sequences of {} words; take "
                      "a smaller --batch or --steps",
                      name, tokens_.size(), batch, steps));
  }

  int64_t pieces() const { return pieces_; }
  const std::vector<int32_t>& tokens() const { return tokens_; }

  struct Piece {
    bool fresh;
    int64_t first;  // place in each stream
  };
  Piece piece(int64_t step) const {
    const int64_t epoch = step / pieces_, within = step % pieces_;
    Random random(seed_, {static_cast<uint64_t>(epoch), kOffset});
    return {within == 0, static_cast<int64_t>(random.below(size_of(steps_))) + within * steps_};
  }
  int32_t token(const Piece& piece, int64_t stream, int64_t t) const {
    return tokens_[size_of(stream * length_ + piece.first + t)];
  }

 private:
  std::vector<int32_t> tokens_;
  int64_t steps_;
  uint64_t seed_;
  int64_t length_ = 0, pieces_ = 0;
};

RecurrentNetwork make_network(const LanguageOptions& o, std::vector<std::string> words) {
  RecurrentNetwork network;
  network.task = "language";
  network.names = std::move(words);
  for (int i = 0; i < o.layers; ++i) {
    RecurrentLayer<float> layer;
    layer.cell = o.cell;
    layer.inputs = i == 0 ? o.embedding : network.layers.back().hidden;
    layer.hidden = i + 1 == o.layers ? o.last : o.hidden;
    layer.zoneout = static_cast<float>(o.trainer.dropout.zoneout);
    network.layers.push_back(std::move(layer));
  }
  network.all_read = o.decoder == Decoder::all_layers;
  initialize(network, true, {o.threshold_mean, kEmbedding, o.trainer.seed});
  if (o.decoder != Decoder::tied || o.last != o.embedding) begin_projection(network);
  return network;
}

/// The decoder begins with how often words come: else that is the first lesson, and drives units to where they learn no
/// more. Each word counts once more than it comes.
void begin_with_frequencies(RecurrentNetwork& network, const std::vector<int32_t>& tokens) {
  std::vector<double> counts(network.names.size(), 1);
  for (const int32_t token : tokens) ++counts[size_of(token)];
  const auto all = static_cast<double>(tokens.size() + counts.size());
  for (size_t word = 0; word < counts.size(); ++word)
    network.decoder_biases[word] = static_cast<float>(std::log(counts[word] / all));
}

int64_t steps_of(const LanguageOptions& o, const RecurrentNetwork& network) {
  const double token =
      3 * (dense_macs(network) + static_cast<double>(network.embedding.size() + network.projection.size()));
  const double step = token * static_cast<double>(o.batch * o.steps);
  return std::max<int64_t>(1, std::llround(o.minutes * 60 * kMacsASecond / step));
}

uint64_t fingerprint(const LanguageOptions& o, const std::vector<int32_t>& tokens, int64_t steps) {
  Hash hash;
  for (const double number :
       {static_cast<double>(o.cell), static_cast<double>(steps), double(o.embedding), double(o.hidden), double(o.last),
        static_cast<double>(o.decoder), double(o.layers), static_cast<double>(o.batch), static_cast<double>(o.steps),
        o.learning_rate, o.word_dropout, o.threshold_mean, o.pruned, o.activity_by})
    hash.add(std::bit_cast<uint64_t>(number));
  add_to(hash, o.trainer);
  return hash.add(std::span(reinterpret_cast<const uint8_t*>(tokens.data()), tokens.size() * sizeof(int32_t))).value();
}

/// One step's part in a language model: looks words up, predicts the next ones.
class LanguageWork {
 public:
  LanguageWork(RecurrentTrainer& trainer, const Batches& batches, const LanguageOptions& options)
      : trainer_(trainer),
        batches_(batches),
        o_(options),
        targets_(kShards),
        logits_(kShards),
        projected_(kShards),
        projected_slopes_(kShards) {
    work_.fill = [this](int shard, std::span<float> inputs) { fill(shard, inputs); };
    work_.loss = [this](int shard, std::span<const float> outputs, std::span<float> slopes, RecurrentNetwork& sums) {
      const auto s = size_of(shard);
      return loss(s, outputs, slopes, sums);
    };
    work_.take = [this](int shard, std::span<const float> slopes, RecurrentNetwork& sums) {
      take(shard, slopes, sums);
    };
  }

  /// Nats a token.
  double step(int64_t step, double learning_rate) {
    piece_ = batches_.piece(step);
    word_mask_.assign(trainer_.network().names.size(), 1.0F);
    Random random(o_.trainer.seed, {static_cast<uint64_t>(step), kWordMask});
    if (o_.word_dropout > 0)
      for (float& m : word_mask_)
        m = random.uniform() < o_.word_dropout ? 0.0F : static_cast<float>(1 / (1 - o_.word_dropout));
    return trainer_.step(step, learning_rate, piece_.fresh, work_) * double{scale()};
  }

 private:
  float scale() const { return 1.0F / static_cast<float>(o_.batch * o_.steps); }

  double loss(size_t s, std::span<const float> outputs, std::span<float> slopes, RecurrentNetwork& sums) {
    const RecurrentNetwork& network = trainer_.network();
    const auto of_decoder = [&](std::span<const float> in, std::span<float> in_slopes) {
      return decoder_loss(network, trainer_.decoder(), in, targets_[s], scale(), in_slopes, sums, logits_[s]);
    };
    if (network.projection.empty()) return of_decoder(outputs, slopes);
    project(network, outputs, projected_[s]);
    projected_slopes_[s].assign(projected_[s].size(), 0.0F);
    const double sum = of_decoder(projected_[s], projected_slopes_[s]);
    project_back(network, outputs, projected_slopes_[s], slopes, sums);
    return sum;
  }

  template <class Visit>
  void for_tokens(int shard, Visit visit) const {
    const int64_t n = trainer_.shard_batch();
    for (int64_t t = 0, row = 0; t < o_.steps; ++t)
      for (int64_t i = 0; i < n; ++i, ++row) visit(size_of(row), shard * n + i, t);
  }

  void fill(int shard, std::span<float> inputs) {
    std::vector<int32_t>& targets = targets_[size_of(shard)];
    targets.resize(size_of(o_.steps * trainer_.shard_batch()));
    const RecurrentNetwork& network = trainer_.network();
    const auto width = size_of(network.inputs());
    for_tokens(shard, [&](size_t row, int64_t stream, int64_t t) {
      const auto word = size_of(batches_.token(piece_, stream, t));
      const std::span<const float> from = network.embedded(word);
      for (size_t k = 0; k < width; ++k) inputs[row * width + k] = from[k] * word_mask_[word];
      targets[row] = batches_.token(piece_, stream, t + 1);
    });
  }

  void take(int shard, std::span<const float> slopes, RecurrentNetwork& sums) {
    const auto width = size_of(trainer_.network().inputs());
    for_tokens(shard, [&](size_t row, int64_t stream, int64_t t) {
      const auto word = size_of(batches_.token(piece_, stream, t));
      for (size_t k = 0; k < width; ++k) sums.embedding[word * width + k] += slopes[row * width + k] * word_mask_[word];
    });
  }

  RecurrentTrainer& trainer_;
  const Batches& batches_;
  const LanguageOptions& o_;
  ShardWork work_;
  Batches::Piece piece_{};
  std::vector<float> word_mask_;
  std::vector<std::vector<int32_t>> targets_;
  std::vector<std::vector<float>> logits_, projected_, projected_slopes_;
};

/// One part of a text, several streams of it side by side, read from beginning to end.
class Reading {
 public:
  Reading(const RecurrentNetwork& network, const std::vector<PackedLayer<float>>& packed, const PackedDecoder& decoder)
      : network_(network), packed_(packed), decoder_(decoder), count(network), tapes_(network.layers.size()) {}

  /// Streams of `length` tokens to predict, `first` the place of the first one's first.
  void read(const std::vector<int32_t>& tokens, int64_t first, int64_t streams, int64_t length) {
    for (int64_t t = 0; t < length; t += kStepsTogether)
      read_piece(tokens, first + t, streams, length, std::min(kStepsTogether, length - t));
  }

 private:
  static constexpr int64_t kStepsTogether = 64;

  void read_piece(const std::vector<int32_t>& tokens, int64_t first, int64_t streams, int64_t length, int64_t steps) {
    std::vector<float> inputs;
    std::vector<int32_t> targets;
    for (int64_t t = 0; t < steps; ++t) {
      for (int64_t s = 0; s < streams; ++s) {
        const int32_t* at = tokens.data() + first + s * length + t;
        const std::span<const float> row = network_.embedded(size_of(at[0]));
        inputs.insert(inputs.end(), row.begin(), row.end());
        targets.push_back(at[1]);
      }
    }
    std::span<const float> in = inputs;
    for (size_t l = 0; l < network_.layers.size(); ++l) {
      const RecurrentLayer<float>& layer = network_.layers[l];
      LayerTape<float> before = std::move(tapes_[l]);
      tapes_[l] = {};
      tapes_[l].resize(layer, steps, streams);
      if (before.steps > 0) {
        before.carry_on(layer);
        std::copy_n(before.outputs.begin(), streams * layer.hidden, tapes_[l].outputs.begin());
        std::copy_n(before.memories.begin(), streams * layer.hidden, tapes_[l].memories.begin());
      }
      forward<float>(layer, packed_[l], in, tapes_[l], buffers_);
      count.add(l, in, std::span(tapes_[l].outputs).first(size_of(steps * streams * layer.hidden)));
      in = tapes_[l].layer_outputs(layer);
    }
    gather_outputs(network_, tapes_, read_);
    count.add_decoded(read_);
    nats += decoder_loss(network_, decoder_, read_, targets, logits_);
    predicted += steps * streams;
  }

  const RecurrentNetwork& network_;
  const std::vector<PackedLayer<float>>& packed_;
  const PackedDecoder& decoder_;

 public:
  ActivityCount count;
  double nats = 0;
  int64_t predicted = 0;

 private:
  std::vector<LayerTape<float>> tapes_;
  PassBuffers<float> buffers_;
  std::vector<float> read_, logits_;
};

nlohmann::ordered_json as_json(const LanguageOptions& o, const LanguageRun& run,
                               const std::vector<EpochRecord>& history) {
  const LanguageFigures& f = run.figures;
  nlohmann::ordered_json json = {
      {"task", "language"},     {"cell", name_in(kCellNames, o.cell)}, {"words", run.network.names.size()},
      {"weights", run.weights}, {"tokens_trained_on", run.tokens},     {"valid_perplexity", f.valid_perplexity}};
  if (f.test_perplexity > 0) json["test_perplexity"] = f.test_perplexity;
  json["activity"] = f.activity;
  json["macs_a_token"] = f.macs;
  json["dense_macs_a_token"] = f.dense_macs;
  json["decoder_macs_a_token"] = f.decoder_macs;
  json["zero_weights"] = f.zero_weights;
  json["validations"] = nlohmann::json::array();
  for (const EpochRecord& r : history) json["validations"].push_back({{"loss", r.loss}, {"perplexity", r.figure}});
  return json;
}

class LanguageTraining {
 public:
  LanguageTraining(const LanguageOptions& options, const std::atomic<bool>& stop,
                   const std::function<void(const LanguageProgress&)>& listen)
      : o_(rounded(options)), stop_(stop), listen_(listen), path_((fs::path(o_.output) / kCheckpointFile).string()) {}

  LanguageRun run() {
    const Texts texts = read_texts(o_.data);
    const Vocabulary vocabulary = make_vocabulary(texts.train, static_cast<size_t>(o_.most_words), texts.name);
    valid_ = tokens_of(texts.valid, vocabulary, texts.name + ", validation text");
    std::vector<int32_t> test;
    if (!texts.test.empty()) test = tokens_of(texts.test, vocabulary, texts.name + ", test text");
    const Batches batches(tokens_of(texts.train, vocabulary, texts.name), o_.batch, o_.steps, o_.trainer.seed,
                          texts.name);
    RecurrentNetwork network = make_network(o_, vocabulary.words());
    begin_with_frequencies(network, batches.tokens());
    const int64_t steps = steps_of(o_, network);
    o_.trainer.activity_steps = std::llround(o_.activity_by * static_cast<double>(steps));
    RecurrentTrainer trainer(std::move(network), o_.trainer, o_.steps, o_.batch / kShards);
    start(trainer, fingerprint(o_, batches.tokens(), steps));
    LanguageRun run;
    train(trainer, batches, steps, run);
    run.network = trainer.network();
    for (const LearnedNumbers& p : parameters_of(run.network)) run.weights += static_cast<int64_t>(p.numbers->size());
    run.network = without_projection(std::move(run.network));
    if (!run.finished) return run;
    measure(test, run);
    return run;
  }

 private:
  static LanguageOptions rounded(LanguageOptions o) {
    o.batch = (o.batch + kShards - 1) / kShards * kShards;
    if (o.last == 0) o.last = o.embedding;
    return o;
  }

  void start(RecurrentTrainer& trainer, uint64_t fingerprint) {
    checkpoint_.fingerprint = fingerprint;
    std::error_code error;
    fs::create_directories(o_.output, error);
    if (o_.restart) fs::remove(path_, error);
    if (auto found = load_checkpoint(path_, fingerprint)) {
      trainer.load(found->tensors, path_);
      checkpoint_ = std::move(*found);
    }
  }

  void save_checkpoint(RecurrentTrainer& trainer) {
    checkpoint_.tensors = trainer.save();
    save(checkpoint_, path_);
    checkpoint_.tensors.clear();
  }

  void prune(RecurrentTrainer& trainer, int64_t step, int64_t steps) const {
    if (o_.pruned <= 0 || step % kStepsAPruning != 0) return;
    prune_layers(trainer.network(), cubic_share(step, steps / 5, steps * 3 / 4, o_.pruned));
  }

  void train(RecurrentTrainer& trainer, const Batches& batches, int64_t steps, LanguageRun& run) {
    using Clock = std::chrono::steady_clock;
    LanguageWork work(trainer, batches, o_);
    const auto begin = Clock::now();
    auto saved = begin;
    const std::clock_t processor = std::clock();
    LanguageProgress p{0, steps, 0, checkpoint_.epoch_loss, 0};
    int64_t& step = checkpoint_.step;
    double seconds = 0;
    for (; step < steps; ++p.steps_here) {
      prune(trainer, step, steps);
      const auto step_begin = Clock::now();
      const double loss = work.step(step, learning_rate(o_.learning_rate, step, steps, steps / 20));
      seconds += std::chrono::duration<double>(Clock::now() - step_begin).count();
      ++step;
      checkpoint_.epoch_loss = step == 1 ? loss : 0.98 * checkpoint_.epoch_loss + 0.02 * loss;
      p.step = step;
      p.loss = checkpoint_.epoch_loss;
      p.valid_perplexity = 0;
      if (step * kValidations / steps != (step - 1) * kValidations / steps && step < steps) {
        p.valid_perplexity = std::exp(evaluate(without_projection(trainer.network()), valid_, o_.trainer.threads).nats);
        checkpoint_.history.push_back({p.loss, 0, p.valid_perplexity});
      }
      listen_(p);
      run.finished = !stop_;
      if (!run.finished || std::chrono::duration<double>(Clock::now() - saved).count() > o_.checkpoint_seconds) {
        save_checkpoint(trainer);
        saved = Clock::now();
      }
      if (!run.finished) break;
    }
    run.tokens = step * o_.batch * o_.steps;
    if (p.steps_here > 0) run.tokens_a_second = static_cast<double>(p.steps_here * o_.batch * o_.steps) / seconds;
    run.processor_seconds = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
    if (run.finished) save_checkpoint(trainer);
  }

  void measure(const std::vector<int32_t>& test, LanguageRun& run) {
    LanguageFigures& f = run.figures;
    const Evaluation valid = evaluate(run.network, valid_, o_.trainer.threads);
    f.valid_perplexity = std::exp(valid.nats);
    if (!test.empty()) f.test_perplexity = std::exp(evaluate(run.network, test, o_.trainer.threads).nats);
    f.activity = valid.activity;
    f.macs = valid.macs;
    f.decoder_macs = valid.decoder_macs;
    f.dense_macs = dense_macs(run.network);
    f.zero_weights = zero_share(run.network);
    checkpoint_.history.push_back({checkpoint_.epoch_loss, 0, f.valid_perplexity});
    FileGroup files(o_.output);
    files.add(kNetworkFile, network_bytes(run.network));
    files.add(kMetricsFile, json_text(as_json(o_, run, checkpoint_.history)) + "\n");
    files.write();
  }

  LanguageOptions o_;
  const std::atomic<bool>& stop_;
  const std::function<void(const LanguageProgress&)>& listen_;
  std::string path_;
  std::vector<int32_t> valid_;
  Checkpoint checkpoint_;
};

}  // namespace

LanguageOptions default_language_options(Cell cell) {
  LanguageOptions o;
  o.cell = cell;
  RecurrentTrainerOptions& t = o.trainer;
  t.dropout = {0.1, 0.1, 0.1, 0, 0};
  t.surrogate = {0.7F, 3.6F};
  t.activity_weight = cell == Cell::egru ? 10 : 0;
  t.activity_target = 0.2;
  t.activity_least = cell == Cell::egru ? 0.1 : 0;
  t.adam.weight_decay = 1e-2;
  t.adam.clip = 1;
  t.adam.train_thresholds = false;
  return o;
}

LanguageRun train_language(const LanguageOptions& options, const std::atomic<bool>& stop,
                           const std::function<void(const LanguageProgress&)>& listen) {
  return LanguageTraining(options, stop, listen).run();
}

Evaluation evaluate(const RecurrentNetwork& network, const std::vector<int32_t>& tokens, int threads) {
  const auto size = static_cast<int64_t>(tokens.size());
  const int64_t parts = size < 64 ? 1 : kShards, streams = size < 4096 ? 1 : 4;
  const int64_t length = (size - 1) / (parts * streams);
  if (length < 1) throw ModelError("a text of fewer than two words cannot be predicted");
  std::vector<PackedLayer<float>> packed;
  for (const RecurrentLayer<float>& layer : network.layers) packed.emplace_back(layer);
  const PackedDecoder decoder(network);
  std::vector<Reading> readings(size_of(parts), Reading(network, packed, decoder));
  run_in_parallel(threads, static_cast<int>(parts),
                  [&](int part) { readings[size_of(part)].read(tokens, part * streams * length, streams, length); });
  ActivityCount count(network);
  double nats = 0;
  for (const Reading& reading : readings) {
    nats += reading.nats / static_cast<double>(parts * streams * length);
    count.add(reading.count);
  }
  Evaluation e{nats, {}, count.macs(), count.decoder_macs()};
  for (size_t l = 0; l < network.layers.size(); ++l) e.activity.push_back(count.activity(l));
  return e;
}

std::string generate(const RecurrentNetwork& network, const std::string& name, const std::string& prompt, int words,
                     double temperature, uint64_t seed) {
  if (network.embedding.empty()) throw ModelError(name + ": is no language model: it has no embedding");
  const Vocabulary vocabulary(network.names);
  NetworkState state(network);
  std::vector<int32_t> read{std::max(0, vocabulary.number(Vocabulary::kEnd))};
  size_t known = 0;
  for (const std::string_view word : words_of(prompt)) {
    if (word == Vocabulary::kEnd) continue;
    known += vocabulary.contains(word) ? 1 : 0;
    if (vocabulary.number(word) >= 0) read.push_back(vocabulary.number(word));
  }
  if (!prompt.empty() && known == 0)
    throw ModelError(
        fmt::format("'{}': the network knows no word of it; it was trained on another alphabet or language", prompt));
  std::vector<float> logits(size_of(network.outputs())), shares(logits.size());
  std::string text = prompt;
  const auto say = [&](const std::string& word) {
    const bool end = word == Vocabulary::kEnd;
    if (!text.empty() && text.back() != '\n' && !end) text += ' ';
    text += end ? "\n" : word;
  };
  Random random(seed, {kSample});
  for (int i = 0; i <= words; ++i) {
    for (const int32_t token : read) step(network, network.embedded(size_of(token)), state);
    if (i == words) break;
    decode(network, state, logits);
    for (float& x : logits) x = static_cast<float>(x / temperature);
    // Nobody wants to read what stands for words that were left out.
    if (vocabulary.contains(Vocabulary::kUnknown) && logits.size() > 1)
      logits[size_of(vocabulary.number(Vocabulary::kUnknown))] = -INFINITY;
    exponentials(logits.data(), *std::max_element(logits.begin(), logits.end()), shares.data(),
                 static_cast<int64_t>(shares.size()));
    double sum = 0;
    for (const float share : shares) sum += share;
    double left = random.uniform() * sum;
    size_t chosen = 0;
    while (chosen + 1 < shares.size() && (left -= shares[chosen]) >= 0) ++chosen;
    read = {static_cast<int32_t>(chosen)};
    say(network.names[chosen]);
  }
  return text;
}

}  // namespace flashcell::quant
