#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "host/app/command.hpp"
#include "host/app/config_options.hpp"
#include "host/app/crop_folder.hpp"
#include "host/app/marks.hpp"
#include "host/app/progress.hpp"
#include "host/app/terminal_observer.hpp"
#include "host/device/device_factory.hpp"
#include "host/inference/network.hpp"
#include "host/recognition/recognition_file.hpp"
#include "host/run/input_files.hpp"
#include "host/run/recording.hpp"
#include "tracking/recognition.hpp"

namespace flashcell::app {
namespace {

constexpr double kReach = 5;  // px between a mark and the box of the object it means

struct Options {
  std::string input, marks, tracks, output = "classes.json", crops;
  bool json = false;
  std::unique_ptr<ConfigOptions> config;
};

/// Detections that were marked, with their class.
struct Examples {
  std::vector<tracking::Detection> detections;
  std::vector<int> classes;
};

double distance_to_box(const contract::ObjectRecord& object, double x, double y) {
  const double dx = std::max({object.left - x, x - object.right, 0.0}),
               dy = std::max({object.top - y, y - object.bottom, 0.0});
  return std::hypot(dx, dy);
}

/// The object that a mark means: the one whose box is nearest, of several the one with the nearest centre; null when
/// none is within reach.
const contract::ObjectRecord* object_at(const ObjectTable& table, const Mark& mark) {
  const contract::ObjectRecord* best = nullptr;
  double best_box = kReach, best_centre = 0;
  for (const contract::ObjectRecord& object : table.objects) {
    const double box = distance_to_box(object, mark.x, mark.y);
    const double centre = std::hypot(mark.x - static_cast<double>(object.m10) / object.m00,
                                     mark.y - static_cast<double>(object.m01) / object.m00);
    if (box < best_box || (best != nullptr && box == best_box && centre < best_centre)) {
      best = &object;
      best_box = box;
      best_centre = centre;
    }
  }
  return best;
}

using MarkedObject = std::function<void(const Frame& frame, const ObjectTable& table, size_t object, int class_index)>;

/// Calls `use` with the object that each mark means, in order of frames.
void look_up(const Options& options, const Marks& marks, host::Recording& recording, const host::DevicePlan& plan,
             const MarkedObject& use) {
  const auto device = host::make_device(plan);
  Frame frame;
  ObjectTable table;
  Progress progress("looking up marks", marks.marks.back().frame + 1);
  size_t next = 0;
  while (next < marks.marks.size() && recording.source->next(frame)) {
    const bool marked = marks.marks[next].frame <= frame.number;
    // A running background has to see the frames between, too.
    if (marked || device->in_order()) device->process(frame, table);
    progress.update(frame.number + 1);
    for (; next < marks.marks.size() && marks.marks[next].frame <= frame.number; ++next) {
      const Mark& mark = marks.marks[next];
      const contract::ObjectRecord* object = mark.frame == frame.number ? object_at(table, mark) : nullptr;
      if (object == nullptr) {
        throw Error(
            Fault::input,
            fmt::format(
                "{}:{}: no object within {:g} px of ({:.1f}, {:.1f}) in frame {}; `flashcell tune` shows what is found",
                options.marks, mark.line, kReach, mark.x, mark.y, mark.frame));
      }
      use(frame, table, static_cast<size_t>(object - table.objects.data()), mark.class_index);
    }
  }
  if (next < marks.marks.size()) {
    throw Error(Fault::input, fmt::format("{}:{}: frame {} is beyond the recording's end", options.marks,
                                          marks.marks[next].line, marks.marks[next].frame));
  }
}

Examples collect(const Options& options, const Marks& marks, host::Recording& recording, const host::Config& config) {
  const SourceInfo& info = recording.source->info();
  const host::DevicePlan plan = host::plan_device(config, info.width, info.height, info.format);
  Examples examples;
  look_up(options, marks, recording, plan, [&](const Frame&, const ObjectTable& table, size_t object, int class_index) {
    examples.detections.push_back(
        tracking::make_detection(table.objects[object], table.features_of(object), {plan.label.features}));
    examples.classes.push_back(class_index);
  });
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

int write_crops(const Options& options, const Marks& marks, host::Recording& recording, const host::Config& config) {
  const SourceInfo& info = recording.source->info();
  const host::DevicePlan plan = host::plan_device(config, info.width, info.height, info.format);
  CropFolder folder(options.crops, marks.classes,
                    {crop_resampler(config, info.significant_bits), config.classify.crop});
  look_up(options, marks, recording, plan,
          [&](const Frame& frame, const ObjectTable& table, size_t object, int class_index) {
            folder.add(frame.view, frame.number, table.objects[object], class_index);
          });
  folder.finish();
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

tracking::RecognitionModel train(const Marks& marks, const Examples& examples, size_t leave_out) {
  std::vector<tracking::Example> kept;
  for (size_t i = 0; i < examples.detections.size(); ++i) {
    if (i != leave_out) kept.push_back({tracking::recognition_features(examples.detections[i]), examples.classes[i]});
  }
  return tracking::train_recognition(marks.classes, kept);
}

/// How many examples a model trained on all others names right: what a person can expect of new objects. Classes of one
/// example cannot be left out and count as wrong. At most `kTried` examples, evenly spread.
struct CrossValidation {
  size_t tried = 0, right = 0;
};

CrossValidation cross_validate(const Marks& marks, const Examples& examples) {
  constexpr size_t kTried = 200;
  const size_t n = examples.detections.size();
  CrossValidation result;
  for (size_t k = 0; k < std::min(n, kTried); ++k) {
    const size_t i = k * n / std::min(n, kTried);
    ++result.tried;
    if (std::count(examples.classes.begin(), examples.classes.end(), examples.classes[i]) < 2) continue;
    result.right +=
        tracking::Recognizer(train(marks, examples, i)).classify(examples.detections[i]).best == examples.classes[i];
  }
  return result;
}

int learn(const Options& options) {
  host::Config config = options.config->load();
  config.label.features |= contract::kFeatureHlac;
  std::vector<std::filesystem::path> inputs = host::recording_files(options.input);
  for (const std::filesystem::path& file : host::named_files(config)) inputs.push_back(file);
  inputs.insert(inputs.end(), {options.marks, options.tracks, options.config->file()});
  host::keep_inputs(inputs, {options.output});
  const Marks marks = read_marks(options.marks, options.tracks);
  TerminalObserver observer(Told::progress);
  host::Recording recording = host::open_recording(options.input, config);
  host::settle_segmentation(recording, config, observer);
  if (!options.crops.empty()) return write_crops(options, marks, recording, config);
  const Examples examples = collect(options, marks, recording, config);
  if (marks.classes.size() < 2) {
    throw Error(Fault::input, fmt::format("{}: names only one class, {}; recognition needs at least two to tell apart",
                                          options.marks, marks.classes[0]));
  }
  host::write_recognition(options.output, train(marks, examples, examples.detections.size()));
  const CrossValidation check = cross_validate(marks, examples);
  std::vector<size_t> counts(marks.classes.size());
  for (const int c : examples.classes) ++counts[c];
  if (options.json) {
    nlohmann::json j = {{"file", options.output}, {"left_out_tried", check.tried}, {"left_out_right", check.right}};
    for (size_t c = 0; c < counts.size(); ++c) j["examples"][marks.classes[c]] = counts[c];
    fmt::print("{}\n", json_text(j));
    return 0;
  }
  for (size_t c = 0; c < counts.size(); ++c) fmt::print("{}: {} examples\n", printable(marks.classes[c]), counts[c]);
  fmt::print("{} of {} examples are named right when left out of the training\n", check.right, check.tried);
  fmt::print("use it with  flashcell track INPUT --track.classes {}\n", printable(options.output));
  return 0;
}

}  // namespace

void add_learn(Command& app, Action& action) {
  Command& command = app.add_subcommand("learn", "Make named classes from a few marked examples");
  command.footer(
      "MARKS is a CSV file: `frame,x,y,class` names the object at a point of a frame; `id,class` with --tracks names "
      "whole tracks of an\n"
      "earlier run (look up their ids in its overlay or report). Ten examples a class are a good start.");
  auto options = std::make_shared<Options>();
  command.add_option("INPUT", options->input, "Recording, as for track").required();
  command.add_option("MARKS", options->marks, "CSV file of marked examples").required();
  command.add_option("--tracks", options->tracks, "tracks.csv that the ids in MARKS come from").type_name("FILE");
  command.add_option("-o,--output", options->output, "File to write the classes to");
  command
      .add_option("--crops", options->crops,
                  "Write the marked objects as pictures in class folders, to train a network, instead of OUTPUT")
      .type_name("DIR");
  command.add_flag("--json", options->json, "Print the findings as JSON");
  options->config = std::make_unique<ConfigOptions>(command);
  command.callback([options, &action] { action = [options] { return learn(*options); }; });
}

}  // namespace flashcell::app
