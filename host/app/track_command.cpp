#include <memory>
#include <utility>

#include "base/error.hpp"
#include "host/app/command.hpp"
#include "host/app/config_options.hpp"
#include "host/app/findings.hpp"
#include "host/app/interruption.hpp"
#include "host/app/terminal_observer.hpp"
#include "host/app/track_batch.hpp"
#include "host/run/batch.hpp"
#include "host/run/run.hpp"

namespace flashcell::app {
namespace {

struct TrackingOptions {
  std::vector<std::string> inputs;
  std::string output = "out", detections;
  int jobs = 0;
  bool again = false;
  bool quiet = false, json = false, realtime = false, emulated = false;
  std::unique_ptr<ConfigOptions> config;
};

int track(const TrackingOptions& options) {
  host::Config config = options.config->load();
  if (options.realtime) config.pipeline.realtime = true;
  if (options.emulated) config.xrt.emulated = true;
  if (host::is_batch(options.inputs)) {
    if (!options.detections.empty()) throw Error(Fault::usage, "track --detections takes one recording at a time");
    return track_batch({options.inputs, options.output, options.config->files(), options.jobs, options.again,
                        options.quiet, options.json},
                       config);
  }
  const Interruption interruption;
  host::RunOptions run;
  run.folder = options.output;
  run.also_read.assign(options.config->files().begin(), options.config->files().end());
  run.command = typed_command();
  run.stop = &Interruption::asked();
  TerminalObserver observer(options.quiet ? Told::warnings : options.json ? Told::progress : Told::all);
  const host::RunOutcome outcome =
      host::run({options.inputs.empty() ? "" : options.inputs[0], options.detections}, config, run, observer);
  if (outcome.begun && !options.quiet) print_findings(outcome.info, outcome.summary, options.output, options.json);
  if (!outcome.error) print_warnings(outcome.info, outcome.summary);
  if (outcome.error) std::rethrow_exception(outcome.error);
  return outcome.summary.end == RunEnd::interrupted ? Interruption::exit_code() : 0;
}

}  // namespace

void add_track(Command& app, Action& action) {
  Command& command = app.add_subcommand("track", "Find, measure and follow the objects of a recording");
  command.footer(
      "INPUT is a video file, a folder or glob of images, a multi-page TIFF, Phantom .cine, Photron .mraw/.cihx/.cih, "
      "raw frames\n"
      "(--input.raw_width and --input.raw_height state the geometry), a recording of an event camera ([events] says "
      "how\n"
      "it becomes frames; EVT, AEDAT, DAT, N-MNIST, Event Stream, DSEC), or a generated scene: "
      "synth:discs?objects=100&seed=1 .\n"
      "Without a configuration the segmentation is proposed from the recording; `flashcell tune INPUT` draws it.\n"
      "Several recordings, or a pattern of videos ('dir/*.mp4'), get a folder each in -o, as many at a time as there "
      "are\n"
      "cores; what is done already is not done again. recordings.csv and index.html sum up.\n"
      "Ctrl-C (or SIGTERM, SIGHUP) ends the run early: everything so far is written, the exit code is 130 (143, 129).\n"
      "A second one ends it at once.");
  auto options = std::make_shared<TrackingOptions>();
  const Option input = command.add_option("INPUT", options->inputs, "Recording, or several");
  command.add_option("-o,--output", options->output, "Folder for the results; made when it is not there");
  const Option detections =
      command.add_option("--detections", options->detections,
                         "Take boxes from this MOTChallenge detection file instead of finding objects in INPUT");
  detections.type_name("FILE");
  command.add_option("-j,--jobs", options->jobs, "Of several recordings, so many at a time (0: one a core)")
      .type_name("N");
  command.add_flag("--again", options->again, "Of several recordings, track also those that are done already");
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
