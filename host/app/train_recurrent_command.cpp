#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/random_reader.hpp"
#include "host/app/command.hpp"
#include "host/app/gesture_sequences.hpp"
#include "host/app/interruption.hpp"
#include "host/app/progress.hpp"
#include "quant_models/recurrent/language_model.hpp"
#include "quant_models/recurrent/sequence_model.hpp"

// `train language` and `train sequences`: recurrent networks, by our own backward pass in this program.
namespace flashcell::app {
namespace {

using quant::Cell;

int processors() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

template <class T, size_t kCount>
std::vector<std::pair<std::string, T>> choices(const NamedValue<T> (&names)[kCount]) {
  std::vector<std::pair<std::string, T>> all;
  for (const auto& [value, name] : names) all.emplace_back(name, value);
  return all;
}

/// What both commands take.
struct Common {
  bool json = false, quiet = false;
};

template <class Options>
void add_common(Command& command, Options& o, Common& common) {
  quant::RecurrentTrainerOptions& t = o.trainer;
  command.heading("Learning");
  command.add_option("--learning-rate", o.learning_rate, "The highest; falls along a half cosine").positive();
  command.add_option("--batch", o.batch, "Sequences side by side").range(1, 4096);
  command.add_option("--weight-decay", t.adam.weight_decay, "Decoupled from the gradient").range(0.0, 10.0);
  command.add_option("--clip", t.adam.clip, "Largest norm of the gradient; 0: any").range(0.0, 1e6);
  command.add_option("--dropout-input", t.dropout.input, "Share of what the first layer reads").range(0.0, 0.95);
  command.add_option("--dropout", t.dropout.between, "Share of what further layers read").range(0.0, 0.95);
  command.add_option("--dropout-output", t.dropout.output, "Share of what the decoder reads").range(0.0, 0.95);
  command.add_option("--drop-connect", t.dropout.connect, "Share of recurrent weights").range(0.0, 0.95);
  command.add_option("--zoneout", t.dropout.zoneout, "Share of units that keep their state").range(0.0, 0.95);
  command.add_option("--prune", o.pruned, "Share of the layers' weights that is 0 in the end, by magnitude")
      .range(0.0, 0.99);
  command.heading("Events");
  command.add_option("--threshold-mean", o.threshold_mean, "Of the Beta distribution that thresholds begin with")
      .range(0.001, 0.9);
  command.add_option("--surrogate-width", t.surrogate.width, "Inverse width of an event's pseudo-derivative")
      .positive();
  command.add_option("--surrogate-height", t.surrogate.dampening, "Its height").positive();
  command.add_option("--activity", t.activity_target, "Share of units a step above which activity is penalized")
      .range(0.0, 1.0);
  command.add_option("--activity-weight", t.activity_weight, "Of that penalty").range(0.0, 1e6);
  command
      .add_option("--activity-least", t.activity_least,
                  "Share of the steps below which a unit that hardly speaks is woken; 0: none is")
      .range(0.0, 1.0);
  command.heading("Run");
  command.add_option("-o,--output", o.output, "Folder for network.npz, metrics.json and the checkpoint");
  command.add_option("--seed", t.seed, "The same seed gives the same bytes");
  command.add_option("--threads", t.threads, "At most 4 are of use; the result does not depend on it").range(1, 1024);
  command.add_option("--checkpoint-seconds", o.checkpoint_seconds, "From one checkpoint to the next").at_least_zero();
  command.add_flag("--restart", o.restart, "Begin anew where an unfinished run lies in the output folder");
  command.add_flag("--json", common.json, "Print metrics.json");
  command.add_flag("-q,--quiet", common.quiet, "No progress line");
}

template <class Options>
void settle(Options& o) {
  o.trainer.adam.keep_zeros = o.pruned > 0;
  o.trainer.threads = std::min(o.trainer.threads, quant::kShards);
}

std::string percent(const std::vector<double>& shares) {
  std::string text;
  for (const double share : shares) text += fmt::format("{}{:.1f} %", text.empty() ? "" : ", ", 100 * share);
  return text;
}

int print_metrics(const std::string& folder) {
  const std::vector<uint8_t> text = read_whole(std::filesystem::path(folder) / "metrics.json", uint64_t{1} << 24);
  fmt::print("{}", std::string(text.begin(), text.end()));
  return 0;
}

int stopped(const std::string& folder) {
  fmt::print("stopped; the same command goes on from the checkpoint in {}\n", folder);
  return Interruption::exit_code();
}

int train_language(quant::LanguageOptions o, const Common& common) {
  settle(o);
  if (o.cell != Cell::egru) o.trainer.activity_weight = 0;
  const Interruption interruption;
  quant::LanguageRun run;
  {
    std::optional<Progress> progress;
    run = quant::train_language(o, Interruption::asked(), [&](const quant::LanguageProgress& p) {
      if (!progress) progress.emplace("training", p.steps, common.quiet);
      progress->update(p.step);
      if (p.valid_perplexity <= 0 || common.quiet || common.json) return;
      progress->clear();
      fmt::print("step {} of {}: loss {:.4f} nats a word, validation perplexity {:.2f}\n", p.step, p.steps, p.loss,
                 p.valid_perplexity);
      std::fflush(stdout);
    });
  }
  if (!run.finished) return stopped(o.output);
  if (common.json) return print_metrics(o.output);
  const quant::LanguageFigures& f = run.figures;
  fmt::print("validation perplexity {:.2f}", f.valid_perplexity);
  if (f.test_perplexity > 0) fmt::print(", test perplexity {:.2f}", f.test_perplexity);
  fmt::print("\nevents of each layer: {} of the units a step; {:.1f} % of the layers' weights are 0\n",
             percent(f.activity), 100 * f.zero_weights);
  fmt::print("multiply-accumulates a word: {:.0f} of {:.0f} in the layers, {:.0f} in the decoder\n", f.macs,
             f.dense_macs, f.decoder_macs);
  fmt::print("{} numbers learned from {} words; {:.0f} words/s, {:.0f} s of processor time\n", run.weights, run.tokens,
             run.tokens_a_second, run.processor_seconds);
  fmt::print("network.npz and metrics.json are in {}\n", o.output);
  return 0;
}

int train_sequences(const std::string& data, quant::SequenceOptions o, const quant::EventBins& bins,
                    const Common& common) {
  settle(o);
  if (o.cell != Cell::egru) o.trainer.activity_weight = 0;
  const quant::SequenceSet set = o.format == quant::SequenceFormat::gestures
                                     ? read_gestures(data, bins)
                                     : quant::read_sequences(data, o.format, bins);
  const Interruption interruption;
  quant::SequenceRun run;
  {
    std::optional<Progress> progress;
    run = quant::train_sequences(set, o, Interruption::asked(), [&](const quant::SequenceProgress& p) {
      if (!progress) progress.emplace("training", p.steps, common.quiet);
      progress->update(p.step);
      if (p.accuracy < 0 || common.quiet || common.json) return;
      progress->clear();
      fmt::print("epoch {}: loss {:.4f}, {:.2f} % right\n", p.epoch + 1, p.loss, 100 * p.accuracy);
      std::fflush(stdout);
    });
  }
  if (!run.finished) return stopped(o.output);
  if (common.json) return print_metrics(o.output);
  const quant::SequenceFigures& f = run.figures;
  fmt::print("{:.2f} % of {} test sequences right\n", 100 * f.accuracy, set.test.count);
  fmt::print("events of each layer: {} of the units a step; {:.1f} % of the layers' weights are 0\n",
             percent(f.activity), 100 * f.zero_weights);
  fmt::print("multiply-accumulates a step: {:.0f} of {:.0f}; {:.0f} a sequence of {} steps\n", f.macs, f.dense_macs,
             f.macs * static_cast<double>(set.test.steps), set.test.steps);
  if (f.dense_head_macs > 0)
    fmt::print("and of the convolutions in front: {:.0f} of {:.0f} a step\n", f.head_macs, f.dense_head_macs);
  fmt::print("{:.0f} sequences/s, {:.0f} s of processor time\n", run.sequences_a_second, run.processor_seconds);
  fmt::print("network.npz and metrics.json are in {}\n", o.output);
  return 0;
}

}  // namespace

void add_train_language(Command& train, Action& action) {
  Command& command = train.add_subcommand("language", "Train a language model of recurrent units (EGRU, GRU, LSTM)");
  command.footer(
      "DATA: a .zip, .tar.gz or folder with texts named train, valid and test, or one text. Words are what blanks\n"
      "separate, lines end with a word of their own. A run that was stopped goes on where it was when the same "
      "command\n"
      "is given again, to the same bytes.");
  auto o = std::make_shared<quant::LanguageOptions>(quant::default_language_options(Cell::egru));
  auto common = std::make_shared<Common>();
  o->output = "language";
  o->trainer.threads = processors();
  command.add_option("--data", o->data, "Texts").required();
  command.add_choice("--cell", o->cell, choices(quant::kCellNames), "What the layers are made of");
  command.add_option("--minutes", o->minutes, "About so many of one processor core: fixes the number of steps")
      .positive();
  command.add_option("--embedding", o->embedding, "Numbers a word").range(1, 8192);
  command.add_option("--hidden", o->hidden, "Units of each layer but the last").range(1, 8192);
  command
      .add_option("--last", o->last,
                  "Units of the last layer; 0: --embedding. A tied decoder cannot read another number")
      .range(0, 8192);
  command.add_choice(
      "--decoder", o->decoder, choices(quant::kDecoderNames),
      "What the embedding reads: the last layer directly or through a matrix, or all layers through one");
  command.add_option("--layers", o->layers, "Layers").range(1, 16);
  command.add_option("--words", o->most_words, "Words of the vocabulary, at most; the rest are <unk>")
      .range(2, 1000000);
  command.add_option("--steps", o->steps, "Words that gradients go back through").range(1, 1024);
  command
      .add_option("--activity-by", o->activity_by, "Share of the run by which --activity holds; 0: from its beginning")
      .range(0.0, 1.0);
  command.add_option("--dropout-words", o->word_dropout, "Share of the vocabulary left out of the input")
      .range(0.0, 0.95);
  add_common(command, *o, *common);
  command.callback([o, common, &action] { action = [o, common] { return train_language(*o, *common); }; });
}

void add_train_sequences(Command& train, Action& action) {
  Command& command = train.add_subcommand("sequences", "Train a network of recurrent units to name sequences");
  command.footer(
      "--as rows, pixels: MNIST's folder, line by line or pixel by pixel. nmnist: folder or archive of N-MNIST's\n"
      "saccades with lists train*.txt and test*.txt (number, class), or labels.csv (file, class, train or test).\n"
      "gestures: a folder that `flashcell synth gestures` wrote; of each class every fifth is tested.\n"
      "tensors: .npz with train_values, test_values (8 bits, count x steps x ...), train_labels, test_labels.");
  struct Sequences {
    std::string data;
    quant::SequenceOptions options;
    quant::EventBins bins;
    std::optional<int> steps;
    std::optional<int> pool;
    int bin_milliseconds = 25;
  };
  auto s = std::make_shared<Sequences>();
  auto common = std::make_shared<Common>();
  quant::SequenceOptions& o = s->options;
  o.output = "sequences";
  o.trainer.threads = processors();
  o.trainer.adam.clip = 1;
  o.trainer.activity_weight = 1;
  o.trainer.activity_target = 0.2;
  std::vector<std::pair<std::string, quant::SequenceFormat>> formats;
  for (const auto& [value, name] : quant::kSequenceFormatNames) formats.emplace_back(name, value);
  command.add_option("--data", s->data, "Folder, archive or file").required();
  command.add_choice("--as", o.format, formats, "What lies there");
  command.add_choice("--cell", o.cell, choices(quant::kCellNames), "What the layers are made of");
  command.add_option("--hidden", o.hidden, "Units of each layer: 256,256").delimiter(',');
  command.add_option("--head", o.head, "Events: channels of 3x3 convolutions in front, each halving the sides: 8,16")
      .delimiter(',');
  command.add_option("--epochs", o.epochs, "Passes over the data").range(1, 100000);
  command.add_option("--bin-ms", s->bin_milliseconds, "Events: milliseconds that become a step").range(1, 1000);
  command.add_option("--bins", s->steps, "Events: steps of a sequence; 12, of gestures 60").range(1, 4096);
  command.add_option("--pool", s->pool, "Events: pixels a side that become one; 2, of gestures 4").range(1, 34);
  add_common(command, o, *common);
  command.callback([s, common, &action] {
    const bool gestures = s->options.format == quant::SequenceFormat::gestures;
    s->bins.size = gestures ? 128 : 34;
    s->bins.steps = s->steps.value_or(gestures ? 60 : 12);
    s->bins.pool = s->pool.value_or(gestures ? 4 : 2);
    s->bins.microseconds = static_cast<uint32_t>(s->bin_milliseconds) * 1000;
    action = [s, common] { return train_sequences(s->data, s->options, s->bins, *common); };
  });
}

}  // namespace flashcell::app
