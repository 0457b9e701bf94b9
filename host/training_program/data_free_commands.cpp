#include <fmt/format.h>

#include <cstdio>
#include <thread>

#include "base/command_line.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "host/quantization/budget.hpp"
#include "host/quantization/layer_times.hpp"
#include "host/quantization/picture_options.hpp"
#include "host/training_program/commands.hpp"
#include "host/training_program/integer_accuracy.hpp"
#include "host/training_program/status_line.hpp"
#include "quant_models/data_free/run_data_free.hpp"
#include "quant_models/metadata.hpp"

namespace flashcell::quant {
namespace {

/// Tells how far a step of the work is.
Progress listener(StatusLine& line) {
  return [&line](const DrawProgress& p) {
    if (p.steps == 0)
      line.show(p.what);
    else
      line.show(p.what, static_cast<double>(p.step) / static_cast<double>(p.steps),
                fmt::format("{}: {} of {}, loss {:.4f}", p.what, p.step, p.steps, p.loss));
  };
}

int processors() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

constexpr int kMostThreads = 4;  // as many as a batch has parts

/// What both commands take, as the command line has it.
struct CommonOptions {
  host::PictureOptions pictures;
  std::string method;
  int threads = 0;
  bool quiet = false;

  std::optional<PictureMethod> picture_method() const {
    return method.empty() ? std::nullopt : std::optional(value_in(kPictureMethodNames, method).value());
  }
};

template <class Options>
void add_common(Command& app, Options& o, CommonOptions& common) {
  app.add_option("MODEL", o.network.model, "ONNX file of a network in floating point").required();
  add_pixel_options(app, common.pictures);
  add_size_option(app, common.pictures);
  app.add_option("--method", common.method, "Where pictures come from").one_of(names_in(kPictureMethodNames));
  app.add_option("--minutes", o.minutes, "About so many minutes of one processor core").positive();
  app.add_option("--seed", o.seed, "The same seed gives the same result");
  app.add_option("--threads", common.threads,
                 "At most 4 are of use; 0: all processors; the result does not depend on it")
      .range(0, 1024);
  app.add_option("-o,--output", o.output, "Folder");
  app.add_flag("--restart", o.restart, "Begin anew where an unfinished run lies in the output folder");
  app.add_flag("-q,--quiet", common.quiet, "No progress line");
}

template <class Options>
void set_common(const CommonOptions& common, Options& o) {
  host::PixelNumbers numbers = pixel_numbers(common.pictures);
  o.network.channels = common.pictures.channels;
  o.network.mean = std::move(numbers.mean);
  o.network.factor = std::move(numbers.factor);
  o.network.import = import_options_of(common.pictures);
  o.threads = std::min(common.threads > 0 ? common.threads : processors(), kMostThreads);
}

/// What is said of the bits of each layer.
struct SearchWords {
  std::string sensitivity = name_in(kPerturbationModelNames, PerturbationModel::htq), time;
};

void set_search(const SearchWords& words, BitSearch& search) {
  search.model = value_in(kPerturbationModelNames, words.sensitivity).value();
  if (!search.choices.empty()) host::parse_choices(search.choices);  // refused before hours of work
  const contract::Board* board = words.time.empty() ? nullptr : host::time_board(words.time);
  for (const std::string& budget : search.budgets) search.limits.push_back(host::parse_budget(budget, board));
  if (words.time.empty() && !host::bounds_time(search.limits)) return;
  search.times = [board](const Graph& real, const PlanData& data, const PostTrainingOptions& quantization,
                         const BitChoices& choices) {
    return host::measure_layer_times(real, data, quantization, choices, board == nullptr);
  };
}

void print_result(const DataFreeRun& run) {
  if (!run.assumed.empty()) std::printf("%s\n", run.assumed.c_str());
  if (run.test) {
    std::printf("%.2f %% of the test pictures right", 100 * run.test->integer.value_or(run.test->quantized));
    std::printf("%s, %.2f %% in real numbers\n", run.test->integer ? " on the engine" : "", 100 * run.test->real);
  }
  if (!run.refused.empty()) std::printf("no %s.fcnn: %s\n", run.model.c_str(), run.refused.c_str());
  const std::string training = run.training_steps > 0 ? std::to_string(run.training_steps) + " training steps, " : "";
  std::printf("%lld pictures, %s%.1f minutes of processor time; models, pictures and report.html are in %s\n",
              static_cast<long long>(run.images), training.c_str(), run.cpu_minutes, run.folder.c_str());
}

}  // namespace

int data_free_command(int argc, const char* const* argv) {
  Command app("Quantizes a network without its training data.", "flashcell quantize --data-free");
  DataFreeOptions o;
  CommonOptions common;
  SearchWords search;
  add_common(app, o, common);
  add_fit_options(app, common.pictures);
  app.add_option("--calib", o.pictures, "Use these pictures instead of drawn ones");
  app.add_option("--images", o.images, "Pictures to draw; as many as the minutes allow unless stated").range(0, 100000);
  app.add_option("--weights", o.weight_bits, "Bits of weights").range(2, 8);
  app.add_option("--activations", o.activation_bits, "Bits of values that activations make").range(3, 8);
  app.add_option("--budget", o.search.budgets, "The most that it may take: 0.2MB, 1.5GBOPs, 300us, 2000fps")
      .one_value_each();
  app.add_option("--choices", o.search.choices, "Bits of weights and activations to choose from: w:2,4,8;a:4,8");
  app.add_option("--sensitivity", search.sensitivity, "How a choice is judged")
      .one_of(names_in(kPerturbationModelNames));
  app.add_option("--time", search.time, "Time as a fourth axis: cpu or a board's name");
  app.add_option("--sum-bits", o.sum_bits, "Bits of values that no activation makes").range(3, 8);
  app.add_option("--residual-bits", o.residual_bits, "Bits of sums from block to block").one_of_numbers({0, 8, 16});
  app.add_option("--output-bits", o.output_bits, "Bits of the network's outputs")
      .one_of_numbers({3, 4, 5, 6, 7, 8, 16});
  app.add_option("--edge-weights", o.edge_weight_bits, "Bits of the first and last layers' weights; 0: as --weights")
      .one_of_numbers({0, 2, 3, 4, 5, 6, 7, 8});
  app.add_flag("--train", o.trains, "A CNN even where its weights are rounded with care; half of the time is for that");
  app.add_option("--learning-rate", o.learning_rate, "The highest; 4e-3 and more collapse").positive();
  app.add_flag("--repq", o.repq, "A vision transformer: quantize what its matrix products read (RepQ-ViT)");
  app.add_option("--reconstruct", o.reconstruct,
                 "Of transformers: steps for each block towards the real block's values")
      .range(0, 100000);
  app.add_option("--name", o.name, "Name of the written models; that of MODEL unless stated");
  app.add_option("--test", o.test, "Labelled pictures to measure with");
  app.add_option("--checkpoint-seconds", o.checkpoint_seconds, "From one checkpoint to the next").at_least_zero();
  if (const auto answer = app.parse(argc, argv)) return print(*answer) ? 0 : static_cast<int>(Fault::usage);
  set_common(common, o);
  set_search(search, o.search);
  o.method = common.picture_method();
  o.fit.short_side = common.pictures.resize;
  o.network.crop = common.pictures.crop;
  o.integer_accuracy = integer_accuracy;
  o.command = "flashcell quantize --data-free";
  for (int i = 1; i < argc; ++i) o.command.append(" ").append(shell_word(argv[i]));
  DataFreeRun run;
  {
    StatusLine line(common.quiet);
    run = run_data_free(o, listener(line));
  }
  print_result(run);
  return 0;
}

int synthesize_command(int argc, const char* const* argv) {
  Command app("Draws pictures out of a network.", "flashcell synthesize");
  SynthesizeOptions o;
  CommonOptions common;
  add_common(app, o, common);
  app.add_option("--count", o.count, "Pictures").range(1, 100000);
  if (const auto answer = app.parse(argc, argv)) return print(*answer) ? 0 : static_cast<int>(Fault::usage);
  set_common(common, o);
  o.method = common.picture_method();
  int64_t count = 0;
  {
    StatusLine line(common.quiet);
    count = run_synthesize(o, listener(line));
  }
  std::printf("%lld pictures: pictures.npz and sheet.png are in %s\n", static_cast<long long>(count), o.output.c_str());
  return 0;
}

}  // namespace flashcell::quant
