#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "host/app/command.hpp"
#include "host/app/config_options.hpp"
#include "host/app/terminal_observer.hpp"
#include "host/calibrate/calibrate.hpp"
#include "host/calibrate/choose_views.hpp"
#include "host/calibrate/plane.hpp"
#include "host/run/input_files.hpp"
#include "host/run/recording.hpp"
#include "host/sink/frame_picture.hpp"

namespace flashcell::app {
namespace {

constexpr int64_t kMostLookedAt = 200;  // frames, spread over the recording
constexpr size_t kMostViews = 40;       // of them are fitted

struct LensOptions {
  std::string input, output = "camera.toml", board, unit = "mm", plane;
  double square = 0;
  bool json = false;
  std::unique_ptr<ConfigOptions> config;
};

cv::Mat grey_picture(const Frame& frame, int bits) {
  cv::Mat colour, grey;
  host::to_picture(frame.view, bits, colour);
  cv::cvtColor(colour, grey, cv::COLOR_BGR2GRAY);
  return grey;
}

/// What the recording shows of the board.
struct BoardFindings {
  std::vector<host::BoardView> views;
  int64_t looked_at = 0;
  cv::Size picture;
  int64_t last_frame = -1;  ///< number of the recording's last frame
};

/// Frames spread over the recording; where its length is not known, every tenth.
BoardFindings look(host::Recording& recording, const host::Checkerboard& board, host::RunObserver& observer) {
  constexpr int64_t kUnknownStep = 10;
  const SourceInfo info = recording.source->info();
  BoardFindings findings;
  findings.picture = {info.width, info.height};
  const int64_t step =
      info.frame_count ? std::max<int64_t>(1, (*info.frame_count + kMostLookedAt - 1) / kMostLookedAt) : kUnknownStep;
  const host::ObservedWork work(observer, "looking for the board", info.frame_count);
  Frame frame;
  for (int64_t i = 0; recording.source->next(frame); ++i) {
    findings.last_frame = frame.number;
    if (i % step == 0 && findings.looked_at < kMostLookedAt) {
      ++findings.looked_at;
      if (auto corners = host::find_board(grey_picture(frame, info.significant_bits), board))
        findings.views.push_back({frame.number, std::move(*corners)});
    }
    recording.source->give_back(frame);
    observer.progress(i + 1, 0);
  }
  return findings;
}

int64_t plane_frame(const std::string& text, int64_t last) {
  if (text == "last") return last;
  int64_t frame = -1;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, frame);
  if (read.ec != std::errc() || read.ptr != end || frame < 0)
    throw Error(Fault::usage, fmt::format("--plane {}: write a frame's number, from 0, or last", text));
  if (frame > last) throw Error(Fault::usage, fmt::format("--plane {}: the last frame is {}", text, last));
  return frame;
}

host::BoardView find_plane(const std::string& input, host::Config config, const host::Checkerboard& board,
                           int64_t number) {
  config.input.start = number;
  config.input.frames = 1;
  const host::Recording recording = host::open_recording(input, config);
  Frame frame;
  if (recording.source->next(frame)) {
    if (auto corners = host::find_board(grey_picture(frame, recording.source->info().significant_bits), board))
      return {frame.number, std::move(*corners)};
  }
  throw Error(Fault::input,
              fmt::format("{}: frame {}, by which the plane is to be known, does not show the whole board "
                          "of {}x{} inner corners",
                          input, number, board.columns, board.rows));
}

struct Result {
  host::CameraCalibration calibration;
  std::optional<host::PlaneFit> plane;
  int64_t plane_frame = 0;
  size_t boards = 0;
  int64_t looked_at = 0;
  double units_per_pixel = 0;  ///< in the picture's middle, with a plane
};

/// What `track -c` reads: only what was found, so that it goes with any other configuration.
std::string as_toml(const Result& result, const LensOptions& options) {
  host::Config config;
  config.lens = result.calibration.lens;
  std::string text = fmt::format(
      "# {}: {}\n# {} pictures of a board of {} inner corners, {} {} squares; reprojection error {:.3f} px\n",
      program_version(), printable(typed_command()), result.calibration.used.size(), options.board, options.square,
      options.unit, result.calibration.error);
  if (result.plane) {
    config.plane.homography.assign(result.plane->homography.begin(), result.plane->homography.end());
    text += fmt::format("# The plane is that of the board in frame {}.\n\n[input]\nunit = {}\n", result.plane_frame,
                        json_string(options.unit));
    return text + "\n" + host::print_config(config, false, {"lens", "plane"});
  }
  return text + "\n" + host::print_config(config, false, {"lens"});
}

void print_text(const Result& r, const LensOptions& options) {
  const host::CameraCalibration& c = r.calibration;
  fmt::print("boards: {} of {} frames looked at show one; {} fitted, {} left out as they fit far worse\n", r.boards,
             r.looked_at, c.used.size(), c.left_out);
  fmt::print("lens: focal length {:.1f} px, known to {:.2f} %; reprojection error {:.3f} px\n", c.lens.fx,
             100 * c.focal_error, c.error);
  fmt::print("the boards covered {:.0f} % of the picture\n", 100 * c.coverage);
  if (r.plane) {
    fmt::print(
        "plane: the board of frame {}; its corners are {:.3g} {} off; 1 px = {:.4g} {} in the picture's middle\n",
        r.plane_frame, r.plane->error, printable(options.unit), r.units_per_pixel, printable(options.unit));
  }
  fmt::print("{}: flashcell track RECORDING -c {}{}\n", printable(options.output), printable(options.output),
             r.plane ? "" : fmt::format(" --input.unit {} --input.units_per_pixel SIZE", printable(options.unit)));
}

void print_json(const Result& r, const LensOptions& options, const std::vector<std::string>& doubts) {
  const host::CameraCalibration& c = r.calibration;
  const Lens& l = c.lens;
  nlohmann::ordered_json json = {{"frames_looked_at", r.looked_at},
                                 {"boards", r.boards},
                                 {"boards_fitted", c.used.size()},
                                 {"reprojection_error_px", c.error},
                                 {"focal_length_error", c.focal_error},
                                 {"coverage", c.coverage},
                                 {"lens",
                                  {{"fx", l.fx},
                                   {"fy", l.fy},
                                   {"cx", l.cx},
                                   {"cy", l.cy},
                                   {"k1", l.k1},
                                   {"k2", l.k2},
                                   {"p1", l.p1},
                                   {"p2", l.p2},
                                   {"k3", l.k3}}},
                                 {"warnings", doubts},
                                 {"file", options.output}};
  if (r.plane) {
    json["plane"] = {{"frame", r.plane_frame},
                     {"unit", options.unit},
                     {"error", r.plane->error},
                     {"units_per_pixel", r.units_per_pixel},
                     {"homography", r.plane->homography}};
  }
  fmt::print("{}\n", json_text(json));
}

int calibrate_lens(const LensOptions& options) {
  const host::Checkerboard board = host::parse_board(options.board, options.square);
  if (options.unit.empty() || options.unit == WorldMap::kPixels)
    throw Error(Fault::usage, "--unit is the unit of --square, as in mm");
  host::Config config = options.config->load();
  config.input.fps = 1;  // what does not say its frame rate will do as well
  std::vector<std::filesystem::path> inputs = host::recording_files(options.input);
  inputs.insert(inputs.end(), options.config->files().begin(), options.config->files().end());
  host::keep_inputs(inputs, {options.output});
  TerminalObserver observer(Told::progress);
  host::Recording recording = host::open_recording(options.input, config);
  const BoardFindings found = look(recording, board, observer);
  Result result;
  result.looked_at = found.looked_at;
  result.boards = found.views.size();
  if (found.views.empty())
    throw Error(Fault::input,
                fmt::format("{}: no board of {}x{} inner corners (where four squares meet) in {} frames looked at; it "
                            "must be seen whole, sharp, and with its white rim",
                            options.input, board.columns, board.rows, found.looked_at));
  result.calibration =
      host::calibrate(host::choose_views(found.views, board, found.picture, kMostViews), board, found.picture);
  const Lens& lens = result.calibration.lens;
  if (!options.plane.empty()) {
    result.plane_frame = plane_frame(options.plane, found.last_frame);
    result.plane = host::fit_plane(find_plane(options.input, config, board, result.plane_frame), board, lens);
    result.units_per_pixel = WorldMap::on_plane(options.unit, result.plane->homography, lens)
                                 .units_per_pixel(0.5 * (lens.width - 1), 0.5 * (lens.height - 1));
  }
  write_file(options.output, as_toml(result, options));
  const std::vector<std::string> doubts = host::doubts(result.calibration);
  if (options.json) {
    print_json(result, options, doubts);
  } else {
    print_text(result, options);
  }
  for (const std::string& doubt : doubts) warn(doubt);
  return 0;
}

}  // namespace

void add_calibrate(Command& app, Action& action) {
  Command& command = app.add_subcommand("calibrate", "Measure a camera's lens by pictures of a checkerboard");
  command.footer(
      "INPUT shows the board in many places of the picture, tilted each time another way: a video, or a folder of\n"
      "pictures. The lens goes with camera and focus, not with the recording: measure it once.\n"
      "--plane: the board lies where the objects will move, in that frame; px are then mm on that plane, also where "
      "the\n"
      "camera looks at it from aside.\n"
      "flashcell track RECORDING -c rig.toml -c camera.toml takes both files; the later one wins.");
  auto options = std::make_shared<LensOptions>();
  command.add_option("INPUT", options->input, "Recording or folder of pictures, as for track").required();
  command.add_option("--board", options->board, "Columns x rows of inner corners, where four squares meet, as in 9x6")
      .required()
      .type_name("CxR");
  command.add_option("--square", options->square, "Side of a square").required().positive().type_name("LENGTH");
  command.add_option("--unit", options->unit, "The unit of that length");
  command
      .add_option("--plane", options->plane, "Frame in which the board lies on the objects' plane: its number, or last")
      .type_name("FRAME");
  command.add_option("-o,--output", options->output, "Configuration file to write");
  command.add_flag("--json", options->json, "Print the findings as JSON");
  options->config = std::make_unique<ConfigOptions>(command);
  command.callback([options, &action] { action = [options] { return calibrate_lens(*options); }; });
}

}  // namespace flashcell::app
