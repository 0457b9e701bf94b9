#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/config_options.hpp"
#include "host/app/crop_folder.hpp"
#include "host/app/learn_actions.hpp"
#include "host/app/marked_objects.hpp"
#include "host/app/terminal_observer.hpp"
#include "host/inference/network.hpp"
#include "host/recognition/recognition_file.hpp"
#include "host/run/input_files.hpp"
#include "host/run/recording.hpp"
#include "tracking/recognition_training.hpp"

namespace flashcell::app {
namespace {

struct LearningOptions {
  std::string input, marks, tracks, output, crops;
  bool json = false;
  ActionLearning actions;
  bool names_actions = false;
  std::vector<std::string> also;  // of actions: input, marks, tracks of each further recording
  std::unique_ptr<ConfigOptions> config;
};

std::vector<tracking::Example> collect(const LearningOptions& options, const Marks& marks, host::Recording& recording,
                                       const host::Config& config) {
  const SourceInfo& info = recording.source->info();
  const uint8_t features = host::plan_device(config, info).label.features;
  std::vector<tracking::Example> examples;
  const std::vector<int> objects =
      find_marked_objects(options.marks, marks, recording, config,
                          [&](const Frame&, const ObjectTable& table, size_t object, int class_index) {
                            const tracking::Detection seen =
                                tracking::make_detection(table.objects[object], table.features_of(object), {features});
                            examples.push_back({tracking::recognition_features(seen), class_index});
                          });
  for (size_t i = 0; i < examples.size(); ++i) examples[i].object = objects[i];
  return examples;
}

/// What the network of [classify] will see; without one, what the recipe roi_crops.toml trains on.
host::inference::Resampler crop_resampler(const host::Config& config, int significant_bits) {
  constexpr int kSide = 28;
  if (config.classify.model.empty()) return {kSide, kSide, host::inference::PictureChannels::grey, significant_bits};
  const host::inference::Resampler wanted =
      host::resampler_for(host::read_network(config.classify.model), significant_bits);
  const bool grey = wanted.channels() == 1;
  // Picture files are written from blue, green, red.
  return {wanted.width(), wanted.height(),
          grey ? host::inference::PictureChannels::grey : host::inference::PictureChannels::bgr, significant_bits};
}

int write_crops(const LearningOptions& options, const Marks& marks, host::Recording& recording,
                const host::Config& config) {
  const SourceInfo& info = recording.source->info();
  CropFolder folder(options.crops, marks.classes,
                    {crop_resampler(config, info.significant_bits), config.classify.crop});
  folder.finish(find_marked_objects(options.marks, marks, recording, config,
                                    [&](const Frame& frame, const ObjectTable& table, size_t object, int class_index) {
                                      folder.add(frame.view, frame.number, table.objects[object], class_index);
                                    }));
  if (options.json) {
    fmt::print("{}\n", json_text(nlohmann::json({{"folder", options.crops},
                                                 {"classes", marks.classes},
                                                 {"train", folder.train_pictures()},
                                                 {"test", folder.test_pictures()}})));
    return 0;
  }
  fmt::print("{}: {} pictures of {} classes to train, {} to test\n", printable(options.crops), folder.train_pictures(),
             marks.classes.size(), folder.test_pictures());
  fmt::print("train with  flashcell train quant_models/recipes/roi_crops.toml --data {} -o network\n",
             printable(options.crops));
  fmt::print("then        flashcell track INPUT --classify.model network/int8.fcnn\n");
  return 0;
}

/// The classes' examples in number, and what they told of the model.
void print_learned(const LearningOptions& options, const Marks& marks, std::span<const tracking::Example> examples,
                   const tracking::CalibratedRecognition& learned) {
  std::vector<size_t> counts(marks.classes.size());
  for (const tracking::Example& example : examples) ++counts[static_cast<size_t>(example.class_index)];
  const Calibration& calibration = learned.model.calibration;
  const double error = learned.fit.reliability.error();
  if (options.json) {
    nlohmann::json j = {{"file", options.output},
                        {"left_out_tried", learned.left_out},
                        {"left_out_right", learned.right},
                        {"left_out_objects", calibration.objects},
                        {"left_out_share_right", learned.fit.share_right},
                        {"calibration_error", error},
                        {"most_confidence", 1 - calibration.doubt}};
    for (size_t c = 0; c < counts.size(); ++c) j["examples"][marks.classes[c]] = counts[c];
    fmt::print("{}\n", json_text(j));
    return;
  }
  for (size_t c = 0; c < counts.size(); ++c) fmt::print("{}: {} examples\n", printable(marks.classes[c]), counts[c]);
  fmt::print("{} of {} examples, of {:.0f} objects, are named right when their object is left out of the training\n",
             learned.right, learned.left_out, calibration.objects);
  if (learned.left_out > 0)
    fmt::print("confidence is {:.3f} off on average, and never above {:.3f}: more annotated objects can prove more\n",
               error, 1 - calibration.doubt);
  fmt::print("use it with  flashcell track INPUT --track.classes {}\n", printable(options.output));
}

void keep_files(const LearningOptions& options, const host::Config& config, const std::vector<std::string>& recordings,
                const std::vector<std::string>& files) {
  std::vector<std::filesystem::path> inputs(files.begin(), files.end());
  for (const std::string& recording : recordings) {
    for (const std::filesystem::path& file : host::recording_files(recording)) inputs.push_back(file);
  }
  for (const std::filesystem::path& file : host::named_files(config)) inputs.push_back(file);
  inputs.insert(inputs.end(), options.config->files().begin(), options.config->files().end());
  host::keep_inputs(inputs, {options.output});
}

int learn_what_is_done(const LearningOptions& options) {
  if (options.tracks.empty())
    throw Error(Fault::usage, "learn --actions: add --tracks with the tracks.csv that the ids in MARKS come from");
  if (options.also.size() % 3 != 0)
    throw Error(Fault::usage, "learn --also: takes three files each time: INPUT MARKS TRACKS");
  ActionLearning learning = options.actions;
  learning.output = options.output;
  learning.json = options.json;
  learning.recordings = {{options.input, options.marks, options.tracks}};
  for (size_t i = 0; i < options.also.size(); i += 3)
    learning.recordings.push_back({options.also[i], options.also[i + 1], options.also[i + 2]});
  const host::Config config = options.config->load();
  std::vector<std::string> recordings, files;
  for (const MarkedRecording& recording : learning.recordings) {
    recordings.push_back(recording.input);
    files.insert(files.end(), {recording.marks, recording.tracks});
  }
  keep_files(options, config, recordings, files);
  return learn_actions(learning, config);
}

int learn(LearningOptions options) {
  if (options.output.empty()) options.output = options.names_actions ? "actions.npz" : "classes.json";
  if (options.names_actions) return learn_what_is_done(options);
  host::Config config = options.config->load();
  config.label.features |= contract::kFeatureHlac;
  keep_files(options, config, {options.input}, {options.marks, options.tracks});
  const Marks marks = read_marks(options.marks, options.tracks);
  TerminalObserver observer(Told::progress);
  host::Recording recording = host::open_recording(options.input, config);
  host::settle_segmentation(recording, config, observer);
  if (!options.crops.empty()) return write_crops(options, marks, recording, config);
  const std::vector<tracking::Example> examples = collect(options, marks, recording, config);
  if (marks.classes.size() < 2) {
    throw Error(Fault::input, fmt::format("{}: names only one class, {}; recognition needs at least two to tell apart",
                                          options.marks, marks.classes[0]));
  }
  const tracking::CalibratedRecognition learned = tracking::train_calibrated_recognition(marks.classes, examples);
  host::write_recognition(options.output, learned.model);
  print_learned(options, marks, examples, learned);
  return 0;
}

}  // namespace

void add_learn(Command& app, Action& action) {
  Command& command = app.add_subcommand("learn", "Make named classes, or actions, from a few marked examples");
  command.footer(
      "MARKS is a CSV file: `frame,x,y,class` names the object at a point of a frame; `id,class` with --tracks names "
      "whole tracks of an\n"
      "earlier run (look up their ids in its overlay or report). Ten examples a class are a good start.\n"
      "With --actions it says what tracks do: `id,first,last,action`, from frame to frame, both included.");
  auto options = std::make_shared<LearningOptions>();
  command.add_option("INPUT", options->input, "Recording, as for track").required();
  command.add_option("MARKS", options->marks, "CSV file of marked examples").required();
  command.add_option("--tracks", options->tracks, "tracks.csv that the ids in MARKS come from").type_name("FILE");
  command.add_option("-o,--output", options->output, "File to write to; classes.json or actions.npz");
  command
      .add_option("--crops", options->crops,
                  "Write the marked objects as pictures in class folders, to train a network, instead of OUTPUT")
      .type_name("DIR");
  const Option actions =
      command.add_flag("--actions", options->names_actions, "Learn what tracks do, for [actions] (docs/actions.md)");
  command
      .add_option("--also", options->also, "With --actions: INPUT MARKS TRACKS of one more recording; may be repeated")
      .type_name("FILES")
      .needs(actions);
  command.add_option("--step-ms", options->actions.step_ms, "With --actions: of the network; 0: as the marks suggest")
      .at_least_zero()
      .needs(actions);
  command.add_option("--delay-ms", options->actions.delay_ms, "With --actions: that it may wait; 0: four steps")
      .at_least_zero()
      .needs(actions);
  command.add_option("--updates", options->actions.updates, "With --actions: of the network's weights")
      .range(1, 100000)
      .needs(actions);
  command.add_flag("--json", options->json, "Print the findings as JSON");
  options->config = std::make_unique<ConfigOptions>(command);
  command.callback([options, &action] { action = [options] { return learn(std::move(*options)); }; });
}

}  // namespace flashcell::app
