#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "host/app/command.hpp"
#include "host/app/event_sensor_options.hpp"
#include "host/app/interruption.hpp"
#include "host/app/messages.hpp"
#include "host/app/progress.hpp"
#include "host/app/synth_events.hpp"
#include "host/app/synth_parts.hpp"
#include "host/run/run_folder.hpp"
#include "host/synth/write_scene.hpp"

namespace flashcell::app {
namespace {

struct SceneOptions {
  std::string spec, output = "scene", events;
  host::SceneFile format = host::SceneFile::video;
  host::EventSensor sensor;
  double threshold = 0.2, light = 1000, fps = 0;
};

bool is_scene_name(std::string_view name) {
  constexpr std::string_view kNames[] = {"scene.txt", "gt.txt", "truth.csv", "actions.csv", "scene.mov", "scene.raw"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool is_image_of_scene(std::string_view name) {
  return name.size() >= host::image_name(0).size() && name.ends_with(".png") &&
         name.find_first_not_of("0123456789") == name.size() - std::string_view(".png").size();
}

host::RunFiles scene_files(const host::SceneParameters& scene, host::SceneFile format) {
  host::RunFiles files{"synth", {"scene.txt", "gt.txt", "truth.csv"}, is_scene_name};
  if (scene.actions) files.names.emplace_back("actions.csv");
  if (format == host::SceneFile::video) files.names.emplace_back("scene.mov");
  if (format == host::SceneFile::raw) files.names.emplace_back("scene.raw");
  return files;
}

/// The folder of images, this scene's or an earlier one's, which goes.
void hold_images(const SceneOptions& options, int64_t frames, std::optional<host::RunFolder>& folder) {
  const std::filesystem::path path = std::filesystem::path(options.output) / "frames";
  host::RunFiles files{"synth", {}, is_image_of_scene};
  std::error_code error;
  if (options.format == host::SceneFile::images) {
    for (int64_t i = 0; i < frames; ++i) files.names.push_back(host::image_name(i));
  } else if (!std::filesystem::exists(path / ".flashcell-synth", error)) {
    return;
  }
  folder.emplace(path, files, std::vector<std::filesystem::path>{});
}

int synth_video(const SceneOptions& options, const host::EventSensor& sensor) {
  const Interruption interruption;
  const int64_t events = write_video_events(options.spec, options.fps, options.events, sensor);
  if (Interruption::asked()) {
    say(fmt::format("interrupted; {} holds the events so far, {}", options.events, events));
    return Interruption::exit_code();
  }
  fmt::print("{} events are in {}\n", events, options.events);
  return 0;
}

int synth(const SceneOptions& options) {
  const host::EventSensor sensor = given_sensor(options.sensor, options.threshold, options.light);
  host::check(sensor);
  if (!host::is_scene(options.spec)) {
    if (!options.events.empty()) return synth_video(options, sensor);
    throw Error(Fault::usage, fmt::format("{}: is no generated scene (synth:…); of a recording, --events makes events",
                                          options.spec));
  }
  const host::SceneParameters scene = host::parse_scene(options.spec);
  const host::RunFolder folder(options.output, scene_files(scene, options.format), {});
  std::optional<host::RunFolder> images;
  hold_images(options, scene.frames, images);
  const Interruption interruption;
  Progress progress("drawing", scene.frames);
  const int64_t written = host::write_scene(
      scene, options.output, options.format, [&](int64_t done, int64_t) { progress.update(done); },
      &Interruption::asked());
  progress.clear();
  int64_t events = 0;
  if (!options.events.empty() && !Interruption::asked()) events = write_scene_events(scene, options.events, sensor);
  if (Interruption::asked()) {
    say(fmt::format("interrupted, {} of {} frames; what was written is whole", written, scene.frames));
    return Interruption::exit_code();
  }
  fmt::print("{} frames of {} objects and their ground truth are in {}; scene.txt there says how to open them\n",
             scene.frames, scene.objects, options.output);
  if (!options.events.empty()) fmt::print("{} events are in {}\n", events, options.events);
  return 0;
}

}  // namespace

void add_synth(Command& app, Action& action) {
  Command& command = app.add_subcommand(
      "synth",
      "Write a generated high-speed scene with exact ground truth; events of it or of a video; drives, gestures");
  command.footer(
      "SPEC is synth:SHAPES?key=value&key=value. SHAPES: discs, polygons, digits, patterns, ellipses, or several "
      "joined by +.\n"
      "Keys: size=WxH, objects, frames, fps, seed, radius=A..B, speed=A..B (px/frame), crossing=on|off, "
      "start=apart|anywhere,\n"
      "occluders, noise, blur, light=A..B and light_hz (a swing of the light), shutter, background, foreground, "
      "colour=on|off, edges=smooth|binary, actions=on|off (objects stop, walk, turn, spin and jump; actions.csv says "
      "when), dropped. The same "
      "SPEC gives the same bytes everywhere;\n"
      "`flashcell track SPEC` takes it without a file.\n"
      "With --events FILE also what an event camera would see of the scene, or of a recording that is named instead "
      "of\n"
      "SPEC: FILE.aedat4 (AEDAT 4) or FILE.raw (EVT3). Scenes are drawn as often as objects move by a pixel; of a\n"
      "recording light changes evenly from frame to frame: take fast ones. docs/events_simulation.md");
  auto options = std::make_shared<SceneOptions>();
  const Option spec = command.add_option(
      "SPEC", options->spec,
      "Scene, e.g. 'synth:discs?objects=100&fps=2000&frames=2000&seed=1'; with --events also a recording");
  command.add_option("-o,--output", options->output, "Folder for frames and ground truth");
  command.add_choice<host::SceneFile>(
      "-f,--format", options->format,
      {{"video", host::SceneFile::video}, {"images", host::SceneFile::images}, {"raw", host::SceneFile::raw}},
      "video (lossless FFV1), images (PNG) or raw");
  command.add_option("--events", options->events, "Write the events of it into this file, .aedat4 or .raw")
      .type_name("FILE");
  command
      .add_option("--fps", options->fps,
                  "With a recording: its frames a second, where it does not say or is slowed down")
      .type_name("HZ");
  command.add_option("--seed", options->sensor.seed, "With --events: of the camera's noise");
  add_event_sensor_options(command, options->sensor, options->threshold, options->light, true);
  add_synth_driving(command, action);
  add_synth_gestures(command, action);
  command.callback([options, spec, &command, &action] {
    if (command.subcommand_given()) return;
    if (!spec.given()) throw ValueMissing{"SPEC"};
    action = [options] { return synth(*options); };
  });
}

}  // namespace flashcell::app
