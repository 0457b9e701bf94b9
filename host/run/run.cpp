#include "host/run/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "host/actions/track_actions.hpp"
#include "host/device/listed_objects.hpp"
#include "host/device/naming.hpp"
#include "host/device/object_stage.hpp"
#include "host/eval/mot_text.hpp"
#include "host/recognition/recognition_file.hpp"
#include "host/run/input_files.hpp"
#include "host/run/link_tracks.hpp"
#include "host/run/outputs.hpp"
#include "host/run/recording.hpp"
#include "host/run/run_folder.hpp"
#include "host/segment/regions.hpp"
#include "host/source/timeline_source.hpp"
#include "pipeline/pipeline.hpp"
#include "tracking/box_tracker.hpp"
#include "tracking/recognition.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::host {
namespace {

/// A run that is ready to begin.
struct Job {
  Recording recording;
  ObjectStage objects;
  NamerFactory make_namer;
  std::vector<std::string> classes;                  ///< names by class_id
  Calibration named_by;                              ///< of what names
  std::unique_ptr<tracking::Recognizer> recognizer;  ///< the tracker's, where classes were learned
  std::unique_ptr<tracking::FrameTracker> tracker;
  tracking::Tracker* linkable = nullptr;               ///< the tracker, where its tracks can be linked
  tracking::TrackerParameters parameters;              ///< of it
  std::unique_ptr<ActionNamer> action_namer;           ///< where [actions] has a model
  std::vector<std::string> actions;                    ///< names by action
  WorldMap world;                                      ///< to the unit of the outputs
  std::string segmentation;                            ///< why it was chosen
  std::shared_ptr<const tracking::RegionMap> regions;  ///< that rows are in; null: none
};

bool stopped(const RunOptions& options) {
  return options.stop != nullptr && *options.stop;
}

/// Frames are no larger; a detector's boxes may lie anywhere.
constexpr int kMostMappedSide = 8192;

std::shared_ptr<const tracking::RegionMap> region_map(const Config& config, const SourceInfo& info) {
  return make_region_map(config.segment.parameters.regions, std::min(info.width, kMostMappedSide),
                         std::min(info.height, kMostMappedSide));
}

/// Where objects can be seen: the frame, or as much of it as lies around the regions that are let in.
tracking::Box field_of_view(const tracking::RegionMap* regions, const SourceInfo& info) {
  double left = info.width, top = info.height, right = 0, bottom = 0;
  for (size_t i = 0; regions != nullptr && i < regions->regions().size(); ++i) {
    for (const auto& [x, y] : regions->regions()[i].outline) {
      left = std::min(left, x);
      top = std::min(top, y);
      right = std::max(right, x);
      bottom = std::max(bottom, y);
    }
  }
  const bool whole = right <= left || bottom <= top;
  left = whole ? 0 : std::max(left, 0.0);
  top = whole ? 0 : std::max(top, 0.0);
  right = whole ? info.width : std::min<double>(right, info.width);
  bottom = whole ? info.height : std::min<double>(bottom, info.height);
  // Pixel centres are integers.
  return {left - 0.5, top - 0.5, right - left, bottom - top};
}

void follow_measured_objects(const Config& config, Job& job) {
  auto tracker = std::make_unique<tracking::Tracker>(job.parameters, job.recording.fps);
  job.linkable = tracker.get();
  if (!config.track.classes.empty()) {
    job.recognizer = std::make_unique<tracking::Recognizer>(read_recognition(config.track.classes));
    job.classes = job.recognizer->model().classes;
    job.named_by = job.recognizer->model().calibration;
    tracker->set_recognizer(job.recognizer.get());
  }
  job.tracker = std::move(tracker);
}

bool is_hlac_measured(const Job& job) {
  return (job.objects.measure.features & contract::kFeatureHlac) != 0;
}

void name_actions(const ActionModel& model, const std::string& file, Job& job) {
  if (model.inputs.hlac && !is_hlac_measured(job)) {
    throw Error(Fault::usage,
                fmt::format("actions.model: {} was learned with HLAC features, which label.hlac turns off "
                            "here; turn it on",
                            file));
  }
  if (model.inputs.events && !job.recording.source->info().has_events) {
    throw Error(Fault::usage, fmt::format("actions.model: {} was learned from an event camera's events, which {} does "
                                          "not have; learn one from frames",
                                          file, job.recording.source->info().name));
  }
  job.action_namer = make_action_namer(model, job.recording.fps);
  job.actions = model.actions();
}

[[noreturn]] void refuse_actions_of_boxes() {
  throw Error(Fault::usage,
              "actions.model: boxes have no shape to tell actions from; it needs objects that segmentation finds");
}

Job job_of_recording(const RunInput& input, Config& config, const RunOptions& options, RunObserver& observer) {
  const Naming naming(config);
  Job job;
  const bool pictures = !options.sinks.empty() || config.output.overlay || config.output.report || naming.looks();
  std::optional<ActionModel> actions;
  if (!config.actions.model.empty()) {
    if (naming.finds_objects()) refuse_actions_of_boxes();
    actions = read_action_model(config.actions.model);
  }
  job.recording = open_recording(
      input.recording, config,
      {.colour = naming.wants_colour(), .pictures = pictures, .events = actions && actions->inputs.events});
  if (const std::string& note = job.recording.source->info().note; !note.empty()) observer.note(note);
  job.world = world_map(config, job.recording.source->info().width, job.recording.source->info().height);
  if (!naming.finds_objects()) {
    job.segmentation = settle_segmentation(job.recording, config, observer, options.stop);
    if (!job.segmentation.empty()) observer.note("segmentation: " + job.segmentation);
  }
  if (job.recording.source->is_live()) config.pipeline.realtime = true;
  const SourceInfo& info = job.recording.source->info();
  job.objects = naming.finds_objects() ? naming.objects(info.significant_bits) : labelled_objects(config, info);
  job.make_namer = naming.namer(info.significant_bits);
  job.classes = naming.classes();
  job.named_by = naming.calibration();
  job.regions = region_map(config, info);
  if (naming.finds_objects()) {
    job.tracker =
        std::make_unique<tracking::BoxTracker>(box_tracker_parameters(config, job.recording.fps), job.recording.fps);
  } else {
    job.parameters = tracker_parameters(config, job.recording.fps);
    job.parameters.field = field_of_view(job.regions.get(), info);
    if (job.regions && job.regions->counted()) job.parameters.regions = job.regions;
    job.parameters.keep_count = config.pipeline.realtime;
    follow_measured_objects(config, job);
  }
  if (actions) name_actions(*actions, config.actions.model, job);
  return job;
}

/// A detection file states no frame rate: the configuration does, or the recording that it belongs to.
double fps_of_detections(const RunInput& input, const Config& config) {
  if (config.input.fps > 0) return config.input.fps;
  if (input.recording.empty()) {
    throw Error(Fault::usage, "track --detections: a detection file states no frame rate; add --fps FRAMES_PER_SECOND");
  }
  return open_recording(input.recording, config).fps;
}

tracking::ScoreModel learn_scores(const std::vector<FrameDetections>& frames, double fps) {
  std::vector<tracking::FrameOfDetections> views;
  views.reserve(frames.size());
  for (const FrameDetections& f : frames) views.push_back({f.frame, f.detections});
  return tracking::ScoreModel::learn(views, fps);
}

Job job_of_detections(const RunInput& input, const Config& config) {
  if (!config.classify.model.empty() || !config.detect.model.empty()) {
    throw Error(Fault::usage,
                "track --detections: boxes come without pixels, which classify.model and detect.model need");
  }
  if (config.pipeline.device == DeviceKind::cim)
    throw Error(
        Fault::usage,
        "track --detections: boxes are there already, and arrays (pipeline.device = \"cim\") run networks only");
  if (!config.actions.model.empty()) refuse_actions_of_boxes();
  Job job;
  job.recording.fps = fps_of_detections(input, config);
  std::vector<FrameDetections> frames = read_mot_detections(input.detections);
  SourceInfo info = extent_of(frames);
  info.name = input.detections;
  info.fps = job.recording.fps;
  job.regions = region_map(config, info);
  job.recording.source = std::make_unique<TimelineSource>(info);
  job.world = world_map(config, 0, 0);  // boxes do not tell how large the pictures were
  job.tracker = std::make_unique<tracking::BoxTracker>(box_tracker_parameters(config, job.recording.fps),
                                                       job.recording.fps, learn_scores(frames, job.recording.fps));
  job.objects = listed_objects(std::move(frames));
  return job;
}

RunInfo run_info(const Job& job, const Config& config, const RunOptions& options) {
  RunInfo run;
  run.source = job.recording.source->info();
  run.fps = job.recording.fps;
  run.world = job.world;
  run.features = job.objects.measure.features;
  run.colour_classes = job.objects.colour_classes;
  run.classes = job.classes;
  run.actions = job.actions;
  run.regions = job.regions;
  run.linked = job.linkable != nullptr && job.parameters.counted();
  run.config_toml = print_config(config, false);
  run.command = options.command;
  run.segmentation = job.segmentation;
  return run;
}

/// Everything that is read, and must not be overwritten.
std::vector<std::filesystem::path> inputs_of(const RunInput& input, const Config& config, const RunOptions& options) {
  std::vector<std::filesystem::path> files = recording_files(input.recording);
  for (const std::filesystem::path& file : named_files(config)) files.push_back(file);
  files.insert(files.end(), options.also_read.begin(), options.also_read.end());
  files.emplace_back(input.detections);
  return files;
}

PipelineOptions pipeline_options(const Job& job, const Config& config, const RunOptions& options,
                                 RunObserver& observer) {
  PipelineOptions pipeline;
  pipeline.threads = config.pipeline.threads;
  pipeline.frames_in_flight = config.pipeline.frames_in_flight;
  pipeline.realtime = config.pipeline.realtime;
  pipeline.queue_ms = config.pipeline.queue_ms;
  pipeline.fps = job.recording.fps;
  pipeline.make_namer = job.make_namer;
  pipeline.actions = job.action_namer.get();
  pipeline.named_by = job.named_by;
  pipeline.measure = job.objects.measure;
  // Rows of boxes replace each other: they do not count what was followed.
  if (job.linkable != nullptr) {
    pipeline.count = config.track.parameters.count;
    pipeline.count_in_regions = job.parameters.regions != nullptr;
  }
  pipeline.stop = options.stop;
  pipeline.progress = [&observer](int64_t frames, int64_t dropped) { observer.progress(frames, dropped); };
  return pipeline;
}

Job make_job(const RunInput& input, Config& config, const RunOptions& options, RunObserver& observer) {
  return input.detections.empty() ? job_of_recording(input, config, options, observer)
                                  : job_of_detections(input, config);
}

RunFiles run_files(const Config& config) {
  RunFiles files{"track", output_names(config), is_output_name, config.output.labels ? is_claimed_name : nullptr};
  if (links_tracks(config)) {
    for (const std::string& name : output_names(config)) files.names.push_back(next_name(name));
  }
  return files;
}

SinkPlan sink_plan(const Job& job, std::string (*name_of)(const std::string& name)) {
  return {job.recording.fps, job.recording.source->info().frame_count, job.objects.make_pixels, name_of};
}

/// Goes through the frames: the job's tracker follows, the sinks write.
void go_through(Job& job, const Config& config, const RunOptions& options, std::unique_ptr<Device> first_device,
                const SinkSet& sinks, RunObserver& observer, RunOutcome& outcome) {
  const ObservedWork work(observer, "tracking", outcome.info.source.frame_count);
  outcome.error = run_pipeline(
      *job.recording.source, [&] { return first_device ? std::move(first_device) : job.objects.make_device(); },
      *job.tracker, sinks.list(), outcome.info, pipeline_options(job, config, options, observer), outcome.summary);
}

/// The same frames once more, when it is known which tracks are the same object: in every file ids and rows are then
/// those of the objects. Until all files are whole, and where the pass does not come to its end, the first pass's stay.
void write_linked(const RunInput& input, Config config, const RunOptions& options, RunFolder& folder,
                  const std::vector<tracking::TrackName>& names, RunObserver& observer, RunOutcome& outcome) {
  RunOutcome second;
  try {
    Job job = make_job(input, config, options, observer);
    second.info = run_info(job, config, options);
    job.linkable->set_names(names);
    const SinkSet sinks = make_sinks(folder, config, sink_plan(job, next_name), observer);
    go_through(job, config, options, nullptr, sinks, observer, second);
  } catch (...) {
    second.error = std::current_exception();
  }
  if (second.error || second.summary.end != RunEnd::complete) {
    drop_next(folder, config);
    observer.warn("the tracks are not linked: the files hold them as they were followed");
    outcome.error = second.error;
    if (!second.error) outcome.summary.end = RunEnd::interrupted;
    return;
  }
  take_over(folder, config);
  outcome.info = second.info;
  outcome.summary = second.summary;
  observer.note("count: " + describe_names(names, second.summary));
}

RunOutcome run_all(const RunInput& input, Config config, const RunOptions& options, RunObserver& observer) {
  check_counts(config);
  Job job = make_job(input, config, options, observer);
  if (config.track.parameters.count.known() && job.linkable == nullptr) {
    throw Error(Fault::usage,
                "track.count: the number of objects is of no use where a detector's boxes are followed; leave it out");
  }
  if (config.output.labels && !job.objects.make_pixels)
    throw Error(Fault::usage, "output.labels: boxes have no pixels; it needs objects that segmentation finds");
  const bool boxes = job.linkable == nullptr;
  if (const std::string less = unmet_prediction(config, job.recording.fps, boxes); !less.empty()) observer.warn(less);
  if (!boxes) warn_of_empty_regions(job.recording, config, observer);
  RunOutcome outcome;
  outcome.info = run_info(job, config, options);
  if (stopped(options)) {
    outcome.summary.end = RunEnd::interrupted;
    outcome.summary.frames_expected = outcome.info.source.frame_count;
    return outcome;
  }
  // What does not fit is said before anything is written. The pipeline takes this device: a board is opened once.
  std::unique_ptr<Device> first_device = job.objects.make_device();
  if (!outcome.info.source.has_pixels) config.output.overlay = config.output.report = false;
  std::optional<RunFolder> folder;
  SinkSet sinks;
  if (!options.folder.empty()) {
    folder.emplace(options.folder, run_files(config), inputs_of(input, config, options));
    sinks = make_sinks(*folder, config, sink_plan(job, nullptr), observer);
  }
  for (Sink* sink : options.sinks) sinks.add(sink);
  outcome.begun = true;
  go_through(job, config, options, std::move(first_device), sinks, observer, outcome);
  const bool links = job.linkable != nullptr && links_tracks(config);
  if (folder && links && !outcome.error && outcome.summary.end == RunEnd::complete) {
    const std::vector<tracking::TrackName> names = new_names(*job.linkable, job.parameters);
    job = Job();  // a board is opened once
    if (!names.empty() && !can_be_read_twice(inputs_of(input, config, options))) {
      observer.warn(
          "the input cannot be read twice: the tracks are not linked to track.count; save it as a file first");
    } else if (!names.empty()) {
      write_linked(input, config, options, *folder, names, observer, outcome);
    }
  }
  return outcome;
}

}  // namespace

RunOutcome run(const RunInput& input, Config config, const RunOptions& options, RunObserver& observer) {
  const auto start = std::chrono::steady_clock::now();
  RunOutcome outcome = run_all(input, std::move(config), options, observer);
  outcome.summary.whole_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace flashcell::host
