#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "quant_models/recurrent/trainer.hpp"

// Word-level language models: training, perplexity, text.
namespace flashcell::quant {

enum class Decoder {
  tied,        ///< the embedding reads the last layer (Press and Wolf, EACL 2017)
  projected,   ///< reads a projection of it (projection.hpp)
  all_layers,  ///< reads a projection of all layers side by side
};

inline constexpr NamedValue<Decoder> kDecoderNames[] = {
    {Decoder::tied, "tied"}, {Decoder::projected, "projected"}, {Decoder::all_layers, "all-layers"}};

struct LanguageOptions {
  std::string data, output;
  Cell cell = Cell::egru;
  double minutes = 10;  ///< of one processor core, by an estimate: the number of steps follows from it and the sizes
  int embedding = 256;
  int hidden = 512;  ///< of each layer but the last
  int last = 0;      ///< of the last layer; 0: the embedding's size. Another size has a tied decoder projected.
  Decoder decoder = Decoder::all_layers;
  int layers = 2;
  int most_words = 50000;  ///< of the vocabulary
  int64_t batch = 32;      ///< sequences; rounded up to a multiple of kShards
  int64_t steps = 35;      ///< that are propagated back through
  double learning_rate = 7.5e-3;
  double word_dropout = 0.02;  ///< of rows of the embedding
  double threshold_mean = 0.01;
  /// Share of the run by which activity has come down to the trainer's target (activity_target()).
  double activity_by = 0.8;
  double pruned = 0;  ///< share of the layers' weights that is 0 in the end
  RecurrentTrainerOptions trainer;
  double checkpoint_seconds = 20;
  bool restart = false;
};

/// What is published beside other networks trained on the Penn Treebank, fitted to minutes instead of days.
LanguageOptions default_language_options(Cell cell);

struct LanguageFigures {
  double valid_perplexity = 0, test_perplexity = 0;  ///< test: 0 where there is no such text
  std::vector<double> activity;                      ///< of each layer: share of outputs that are not zero
  double macs = 0;          ///< multiply-accumulates of a token's layers, events times weights that are not zero
  double dense_macs = 0;    ///< of the same layers without zeros
  double decoder_macs = 0;  ///< of the decoder, events times rows
  double zero_weights = 0;
};

struct LanguageProgress {
  int64_t step = 0, steps = 0, steps_here = 0;
  double loss = 0;              ///< running mean, nats a token
  double valid_perplexity = 0;  ///< where it has just been measured, else 0
};

struct LanguageRun {
  RecurrentNetwork network;
  LanguageFigures figures;
  bool finished = true;                               ///< false: stopped, with a checkpoint
  int64_t tokens = 0;                                 ///< trained on, in all
  double tokens_a_second = 0, processor_seconds = 0;  ///< of this call
  int64_t weights = 0;                                ///< numbers that learn
};

/// Trains, or goes on training, into options.output: network.npz, metrics.json, training.checkpoint. Throws ModelError.
LanguageRun train_language(const LanguageOptions& options, const std::atomic<bool>& stop,
                           const std::function<void(const LanguageProgress&)>& listen);

/// Nats a token of a text, in `streams` equal parts side by side; activity and multiply-accumulates beside it.
struct Evaluation {
  double nats = 0;
  std::vector<double> activity;
  double macs = 0, decoder_macs = 0;
};
Evaluation evaluate(const RecurrentNetwork& network, const std::vector<int32_t>& tokens, int threads);

/// Multiply-accumulates of a token's layers without zeros.
double dense_macs(const RecurrentNetwork& network);

/// Text that the network writes: `words` words behind the prompt, each drawn with probability ~ exp(logit /
/// temperature). Throws ModelError where the network is no language model or knows no word of the prompt.
std::string generate(const RecurrentNetwork& network, const std::string& name, const std::string& prompt, int words,
                     double temperature, uint64_t seed);

}  // namespace flashcell::quant
