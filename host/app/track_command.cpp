#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/error.hpp"
#include "host/app/command.hpp"
#include "host/app/config_options.hpp"
#include "host/app/findings.hpp"
#include "host/app/input_files.hpp"
#include "host/app/interruption.hpp"
#include "host/app/messages.hpp"
#include "host/app/progress.hpp"
#include "host/app/recording.hpp"
#include "host/app/run_folder.hpp"
#include "host/app/sinks.hpp"
#include "host/app/track_detections.hpp"
#include "host/device/device_factory.hpp"
#include "host/device/naming.hpp"
#include "host/recognition/recognition_file.hpp"
#include "pipeline/pipeline.hpp"
#include "tracking/recognition.hpp"

namespace flashcell::app {
namespace {

struct Options {
  std::string input, output = "out", detections;
  bool quiet = false, json = false, realtime = false, emulated = false;
  std::unique_ptr<ConfigOptions> config;
};

/// Everything that is read, and must not be overwritten.
std::vector<std::filesystem::path> inputs_of(const Options& options, const host::Config& config) {
  std::vector<std::filesystem::path> files = recording_files(options.input);
  for (const std::filesystem::path& file : named_files(config)) files.push_back(file);
  files.insert(files.end(), {options.config->file(), options.detections});
  return files;
}

/// A detection file states no frame rate: the configuration does, or the recording that it belongs to.
double detections_fps(const Options& options, const host::Config& config) {
  if (config.input.fps > 0) return config.input.fps;
  if (options.input.empty())
    throw Error(Fault::usage, "track --detections: a detection file states no frame rate; add --fps FRAMES_PER_SECOND");
  return open_recording(options.input, config).fps;
}

/// The objects' polarity decides which pixels weigh in a sub-pixel centroid.
tracking::MeasureParameters measure_parameters(const host::Config& config, const host::DevicePlan& plan,
                                               const SourceInfo& info) {
  tracking::MeasureParameters measure;
  measure.features = plan.label.features;
  const bool boxes = config.detect.objects == host::DetectionUse::instead && !config.detect.model.empty();
  if (boxes && config.track.intensity_centroid)
    throw Error(Fault::usage,
                "track.intensity_centroid needs pixels, but detect.objects = \"instead\" leaves only boxes");
  if (config.track.intensity_centroid) {
    if ((config.label.features & contract::kFeatureIntensity) == 0)
      throw Error(Fault::usage, "track.intensity_centroid needs label.intensity = true");
    const bool dark =
        plan.segment.polarity == host::Polarity::dark && plan.segment.method != host::SegmentMethod::colour;
    measure.centroid = dark ? tracking::CentroidWeight::darkness : tracking::CentroidWeight::grey;
    measure.white = info.format == PixelFormat::grey16 ? (1 << info.significant_bits) - 1 : 255;
  }
  return measure;
}

int track(const Options& options) {
  host::Config config = options.config->load();
  if (options.realtime) config.pipeline.realtime = true;
  if (options.emulated) config.xrt.emulated = true;
  if (!options.detections.empty()) {
    if (!config.classify.model.empty() || !config.detect.model.empty())
      throw Error(Fault::usage,
                  "track --detections: boxes come without pixels, which classify.model and detect.model need");
    return track_detections({options.detections, options.output, options.quiet, options.json},
                            detections_fps(options, config), config, inputs_of(options, config));
  }
  if (config.input.unit == "px" && config.input.units_per_pixel != 1)
    throw Error(Fault::usage,
                "input.units_per_pixel is the size of a pixel in input.unit, which is not given: add "
                "--input.unit mm, or what it is");
  const host::Naming naming(config);
  const std::string reason = naming.replaces_device() ? "" : settle_segmentation(options.input, config);
  if (!reason.empty() && !options.quiet && !options.json) say("segmentation: " + reason);

  Recording recording = open_recording(options.input, config, naming.wants_colour());
  const SourceInfo& info = recording.source->info();
  host::DevicePlan plan = host::plan_device(config, info.width, info.height, info.format);
  if (naming.replaces_device()) plan.label.features = 0;
  const auto make_device = [&] {
    return naming.replaces_device() ? naming.device(info.significant_bits) : host::make_device(plan);
  };
  // What does not fit is said before anything is written. The pipeline takes this device: a board is opened once.
  std::unique_ptr<Device> first_device = make_device();
  std::optional<tracking::Recognizer> recognizer;
  if (!config.track.classes.empty()) recognizer.emplace(host::read_recognition(config.track.classes));

  RunInfo run;
  run.source = info;
  run.fps = recording.fps;
  run.unit = config.input.unit;
  run.units_per_pixel = config.input.units_per_pixel;
  run.features = plan.label.features;
  for (const host::ColourClass& c : plan.segment.classes) run.colour_classes.push_back(c.name);
  if (plan.segment.method != host::SegmentMethod::colour) run.colour_classes.clear();
  run.classes = recognizer ? recognizer->model().classes : naming.classes();
  run.config_toml = host::print_config(config, false);
  run.command = typed_command();

  const tracking::TrackerParameters parameters = host::tracker_parameters(config, recording.fps);
  tracking::Tracker tracker(parameters, recording.fps);
  if (recognizer) tracker.set_recognizer(&*recognizer);
  const auto summary = std::make_shared<RunSummary>();
  const RunFolder folder(options.output, {"track", output_names(config.output), is_output_name},
                         inputs_of(options, config));
  const SinkSet sinks = make_sinks(folder, config, parameters, recording.fps, summary);

  const Interruption interruption;
  Progress progress("tracking", info.frame_count, options.quiet);
  PipelineOptions pipeline;
  pipeline.threads = config.pipeline.threads;
  pipeline.frames_in_flight = config.pipeline.frames_in_flight;
  pipeline.realtime = config.pipeline.realtime;
  pipeline.queue_ms = config.pipeline.queue_ms;
  pipeline.fps = recording.fps;
  pipeline.make_namer = naming.namer(info.significant_bits);
  pipeline.measure = measure_parameters(config, plan, info);
  pipeline.stop = &Interruption::asked();
  pipeline.progress = [&](int64_t frames, int64_t dropped) { progress.update(frames, dropped); };
  const auto error = run_pipeline(
      *recording.source, [&] { return first_device ? std::move(first_device) : make_device(); }, tracker, sinks.list(),
      run, pipeline, *summary);
  progress.clear();
  if (!options.quiet) print_findings(run, *summary, options.output, options.json);
  print_warnings(*summary, config);
  if (error) std::rethrow_exception(error);
  return summary->end == RunEnd::interrupted ? Interruption::exit_code() : 0;
}

}  // namespace

void add_track(Command& app, Action& action) {
  Command& command = app.add_subcommand("track", "Find, measure and follow the objects of a recording");
  command.footer(
      "INPUT is a video file, a folder or glob of images, a multi-page TIFF, Phantom .cine, Photron .mraw/.cihx/.cih, "
      "raw frames\n"
      "(--input.raw_width and --input.raw_height state the geometry), or a generated scene: "
      "synth:discs?objects=100&seed=1 .\n"
      "Without a configuration the segmentation is proposed from the recording; `flashcell tune INPUT` draws it.\n"
      "Ctrl-C (or SIGTERM, SIGHUP) ends the run early: everything so far is written, the exit code is 130 (143, 129).\n"
      "A second one ends it at once.");
  auto options = std::make_shared<Options>();
  const Option input = command.add_option("INPUT", options->input, "Recording");
  command.add_option("-o,--output", options->output, "Folder for the results; made when it is not there");
  const Option detections =
      command.add_option("--detections", options->detections,
                         "Take boxes from this MOTChallenge detection file instead of finding objects in INPUT");
  detections.type_name("FILE");
  command.add_flag("-q,--quiet", options->quiet, "Print nothing but warnings and errors");
  command.add_flag("--json", options->json, "Print the summary as JSON instead of as text");
  command.add_flag("--realtime", options->realtime, "Same as --pipeline.realtime true");
  command.add_flag("--emulated", options->emulated,
                   "With --device xrt: no board, the software device. Same as --xrt.emulated true");
  options->config = std::make_unique<ConfigOptions>(command);
  command.callback([=, &action] {
    if (!input.given() && !detections.given()) throw ValueMissing{"INPUT"};
    action = [options] { return track(*options); };
  });
}

}  // namespace flashcell::app
