#pragma once
#include <array>
#include <functional>
#include <span>
#include <vector>

#include "quant_models/hash.hpp"
#include "quant_models/recurrent/adam.hpp"
#include "quant_models/recurrent/layer_training.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// A batch is cut into so many parts, whatever the number of threads; their sums are added in their order.
inline constexpr int kShards = 4;

/// Shares of numbers that are left out in training, each drawn anew for every step; 0: none.
struct DropoutOptions {
  double input = 0;    ///< of what the first layer reads; the same numbers at all times of a sequence
  double between = 0;  ///< of what each further layer reads, likewise
  double output = 0;   ///< of what the decoder reads, likewise
  double connect = 0;  ///< of recurrent weights (Wan et al., ICML 2013)
  double zoneout = 0;  ///< of units that keep their state through a step (Krueger et al., ICLR 2017)
};

struct RecurrentTrainerOptions {
  DropoutOptions dropout;
  Surrogate<float> surrogate;
  /// Penalty weight * (activity - target)^2 on each EGRU layer whose share of events is above the target; it reaches
  /// states through the surrogate.
  double activity_weight = 0, activity_target = 1;
  /// Steps by which that target has come down from one half, so that a network learns first and falls silent then; the
  /// first quarter of them does not lower it. 0: it holds from the beginning.
  int64_t activity_steps = 0;
  /// A unit of an EGRU that speaks in a smaller share of the steps is woken: its state is pushed up wherever it is, a
  /// little, which counts where no other gradient reaches the unit. 0: none is.
  double activity_least = 0;
  AdamOptions adam;
  uint64_t seed = 1;
  int threads = 1;
};

/// Adds to `hash` all that decides what is learned: all but the number of threads.
void add_to(Hash& hash, const RecurrentTrainerOptions& options);

/// Share of events above which a layer is penalized at `step`.
double activity_target(const RecurrentTrainerOptions& options, int64_t step);

/// Where a step is in time and what one part of a batch has to do with it.
struct ShardWork {
  /// steps x batch x inputs numbers, for part `shard`.
  std::function<void(int shard, std::span<float> inputs)> fill;
  /// The loss of `outputs` (steps x batch x read_units()), its gradient by them, and by what the decoder is made of
  /// into `gradients`.
  std::function<double(int shard, std::span<const float> outputs, std::span<float> output_gradients,
                       RecurrentNetwork& gradients)>
      loss;
  /// What the gradient by the inputs adds to the embedding's; may be empty.
  std::function<void(int shard, std::span<const float> input_gradients, RecurrentNetwork& gradients)> take;
};

/// Decoder products, laid out once a step.
struct PackedDecoder {
  RowProduct forward, back;
  explicit PackedDecoder(const RecurrentNetwork& network);
  void pack(const RecurrentNetwork& network);
};

/// Trains a network batch by batch. The same network, options and work give the same bytes whatever the number of
/// threads.
class RecurrentTrainer {
 public:
  /// Batches of kShards * shard_batch sequences, `steps` long.
  RecurrentTrainer(RecurrentNetwork network, const RecurrentTrainerOptions& options, int64_t steps,
                   int64_t shard_batch);

  const RecurrentNetwork& network() const { return network_; }
  RecurrentNetwork& network() { return network_; }
  const PackedDecoder& decoder() const { return decoder_; }
  int64_t shard_batch() const { return shard_batch_; }

  /// One step of training, number `step` of all: forward, backward, Adam; the batch's loss. Sequences go on where the
  /// step before left them, unless `fresh`.
  double step(int64_t step, double learning_rate, bool fresh, const ShardWork& work);

  /// Share of outputs that are not zero, a running mean over steps, of each unit of each layer.
  const std::vector<std::vector<float>>& activity() const { return activity_; }

  /// All that a later step depends on, and back. load() throws ModelError, with `name`, where they do not fit.
  std::vector<Tensor> save();
  void load(const std::vector<Tensor>& tensors, const std::string& name);

 private:
  struct Shard;

  void pack(int64_t step);
  void penalize(int64_t step);
  void run_shard(int index, int64_t step, bool fresh, const ShardWork& work);
  void add_gradients();
  void count_events(int64_t step);
  std::vector<std::span<float>> numbers();

  RecurrentNetwork network_;
  RecurrentTrainerOptions options_;
  int64_t steps_, shard_batch_;
  Adam adam_;
  PackedDecoder decoder_;
  std::vector<PackedLayer<float>> packed_;
  std::vector<std::vector<float>> dropped_;  // recurrent weights, some left out
  std::vector<std::vector<float>> activity_;
  std::vector<float> event_gradients_;               // of each layer, by activity_
  std::vector<std::vector<float>> state_gradients_;  // of each unit of each layer, likewise; empty: none

  struct Shard {
    std::vector<LayerTape<float>> tapes;
    std::vector<std::vector<float>> inputs, masks;  // of each layer; masks: one more, of the decoder's input
    std::vector<float> outputs, read_gradients, gradients_above, gradients_below;
    PassBuffers<float> buffers;
    RecurrentNetwork gradients;
    double loss = 0;
  };
  std::array<Shard, kShards> shards_;
};

/// Runs work(0) .. work(count - 1) on so many threads.
void run_in_parallel(int threads, int count, const std::function<void(int)>& work);

}  // namespace flashcell::quant
