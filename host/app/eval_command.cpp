#include <algorithm>
#include <cmath>
#include <iostream>

#include "base/error.hpp"
#include "host/app/command.hpp"
#include "host/eval/evaluate.hpp"

namespace flashcell::app {
namespace {

struct EvaluationOptions {
  std::vector<std::string> files;
  host::EvalOptions eval;
  int64_t truth_first = 0, track_first = 0;
  tracking::OverlayOptions overlay;
  std::vector<double> shift;
  double latency_ms = 5, spread_ms = 0, window_ms = 20;
};

}  // namespace

void add_eval(Command& app, Action& action) {
  Command& command = app.add_subcommand("eval", "Compare tracks with ground truth: HOTA, CLEAR and identity metrics");
  command.footer(
      "Read: MOTChallenge text, CSV with a header, tables of idTracker, ToxTrac and Tracktor, XML of the ISBI "
      "particle\n"
      "challenge and of TrackMate, SLEAP's analysis files, folders of label images as the Cell Tracking Challenge "
      "lays\n"
      "them out: of two such folders (01_GT 01_RES, or a run's with --output.labels) SEG, DET and TRA, too.\n"
      "Several sequences: GT TRACKS GT TRACKS …; OVERALL combines them as TrackEval does.\n"
      "With --points, objects are points and similarity is 1 - distance / max-distance; CLEAR and identity match at "
      "0.5,\n"
      "that is within half of --max-distance.");
  auto options = std::make_shared<EvaluationOptions>();
  host::EvalOptions& eval = options->eval;
  command.add_option("FILES", options->files, "Ground truth and tracks, in turn; see below").required();
  const Option points =
      command.add_flag("--points", eval.points, "Compare points by distance instead of boxes by overlap");
  const Option distance =
      command.add_option("--max-distance", eval.max_distance, "Distance at which similarity is 0, px").positive();
  const Option gate =
      command
          .add_option("--particle-gate", eval.particle_gate,
                      "Also alpha, beta, JSC and RMSE of the particle tracking challenge, with this gate, "
                      "px; the challenge's is 5")
          .type_name("PX")
          .positive();
  gate.needs(points);
  points.needs(distance);
  distance.needs(points);
  command
      .add_option("--truth-point", eval.truth_columns.point,
                  "Point to take from the ground truth's CSV: NAME reads NAME_x and NAME_y")
      .type_name("NAME");
  command.add_option("--tracks-point", eval.track_columns.point, "The same for the tracks' CSV").type_name("NAME");
  const Option shift =
      command
          .add_option("--truth-shift", options->shift,
                      "Move the ground truth by so many px to the right and down, where it counts from "
                      "another corner than the picture's")
          .type_name("X,Y")
          .delimiter(',')
          .one_value_each();
  const Option truth_first = command.add_option("--truth-first-frame", options->truth_first,
                                                "Number of the first frame in the ground truth's CSV");
  const Option track_first =
      command.add_option("--tracks-first-frame", options->track_first, "The same for the tracks' CSV");
  command
      .add_option("--frames", eval.frames,
                  "Score only the first N frames, where the recording is shorter than the truth")
      .type_name("N")
      .positive();
  command.add_flag("--json", eval.json, "Print every figure as JSON");
  command.heading("Drawings on a display");
  const Option display = command
                             .add_option("--display", options->overlay.display_hz,
                                         "Also how far drawings laid over the points are off, and how they tremble, on "
                                         "a display of so many pictures a second")
                             .type_name("HZ")
                             .positive();
  command.add_option("--fps", options->overlay.fps, "Of the camera").type_name("HZ").positive().needs(display);
  command.add_option("--latency", options->latency_ms, "From a frame to its tracks, ms")
      .type_name("MS")
      .at_least_zero()
      .needs(display);
  command.add_option("--latency-spread", options->spread_ms, "Up to so much more, by chance")
      .type_name("MS")
      .at_least_zero()
      .needs(display);
  command
      .add_option("--predict-from", options->window_ms,
                  "Of a track: what the place at the picture's time is predicted from, ms")
      .type_name("MS")
      .positive()
      .needs(display);
  command.callback([=, &action] {
    action = [=] {
      if (options->files.size() % 2 != 0)
        throw Error(Fault::usage, "eval: files come in pairs, ground truth and tracks; the last one stands alone");
      host::EvalOptions e = options->eval;
      for (size_t i = 0; i < options->files.size(); i += 2)
        e.pairs.push_back({options->files[i], options->files[i + 1]});
      if (shift.given()) {
        const auto is_wrong = [](double px) { return !(std::abs(px) <= 1e7); };
        if (options->shift.size() != 2 || std::any_of(options->shift.begin(), options->shift.end(), is_wrong))
          throw Error(Fault::usage, "eval: --truth-shift wants two numbers of px, as in --truth-shift 72.5,-3");
        e.shift_x = options->shift[0];
        e.shift_y = options->shift[1];
      }
      if (truth_first.given()) e.truth_columns.first_frame = options->truth_first;
      if (track_first.given()) e.track_columns.first_frame = options->track_first;
      if (display.given()) {
        e.overlay = options->overlay;
        e.overlay->max_distance = e.max_distance;
        e.overlay->latency = 1e-3 * options->latency_ms;
        e.overlay->latency_spread = 1e-3 * options->spread_ms;
        e.overlay->window = 1e-3 * options->window_ms;
      }
      return host::eval_command(e, std::cout);
    };
  });
}

}  // namespace flashcell::app
