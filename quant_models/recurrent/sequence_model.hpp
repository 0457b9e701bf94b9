#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "quant_models/recurrent/sequences.hpp"
#include "quant_models/recurrent/trainer.hpp"

// Networks that name sequences: digits line by line, what an event camera saw.
namespace flashcell::quant {

struct SequenceOptions {
  std::string output;
  Cell cell = Cell::egru;
  SequenceFormat format = SequenceFormat::rows;  ///< of the file that is written: its `task`
  std::vector<int> hidden = {128};               ///< of each layer
  std::vector<int> head;                         ///< channels of each convolution in front; none
  int epochs = 10;
  int64_t batch = 64;  ///< sequences; rounded up to a multiple of kShards
  double learning_rate = 2e-3;
  double threshold_mean = 0.3;
  double pruned = 0;
  RecurrentTrainerOptions trainer;
  double checkpoint_seconds = 20;
  bool restart = false;
};

struct SequenceFigures {
  double accuracy = 0;           ///< on the test sequences
  std::vector<double> activity;  ///< of each layer
  double macs = 0;               ///< a step of all layers, events times weights that are not zero
  double dense_macs = 0;
  double head_macs = 0;  ///< a step of the convolutions in front, numbers that are not zero times weights
  double dense_head_macs = 0;
  double zero_weights = 0;
};

struct SequenceProgress {
  int64_t step = 0, steps = 0;
  int epoch = 0;
  double loss = 0;
  double accuracy = -1;  ///< where an epoch has just been tested
};

struct SequenceRun {
  RecurrentNetwork network;
  SequenceFigures figures;
  bool finished = true;
  double processor_seconds = 0, sequences_a_second = 0;
};

/// Trains, or goes on training, into options.output: network.npz, metrics.json, training.checkpoint. The decoder reads
/// the mean of the last layer's outputs over all steps. Throws ModelError.
SequenceRun train_sequences(const SequenceSet& set, const SequenceOptions& options, const std::atomic<bool>& stop,
                            const std::function<void(const SequenceProgress&)>& listen);

/// How often the network names a sequence right, and what it does for that.
SequenceFigures measure(const RecurrentNetwork& network, const Sequences& sequences, int threads);

}  // namespace flashcell::quant
