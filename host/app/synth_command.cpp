#include <fmt/format.h>

#include <memory>

#include "host/app/command.hpp"
#include "host/app/progress.hpp"
#include "host/synth/write_scene.hpp"

namespace flashcell::app {
namespace {

struct Options {
  std::string spec, output = "scene";
  host::SceneFile format = host::SceneFile::video;
};

int synth(const Options& options) {
  const host::SceneParameters scene = host::parse_scene(options.spec);
  Progress progress("drawing", scene.frames);
  host::write_scene(scene, options.output, options.format, [&](int64_t done, int64_t) { progress.update(done); });
  progress.clear();
  fmt::print("{} frames of {} objects and their ground truth are in {}; scene.txt there says how to open them\n",
             scene.frames, scene.objects, options.output);
  return 0;
}

}  // namespace

void add_synth(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("synth", "Write a generated high-speed scene with exact ground truth");
  command->footer(
      "SPEC is synth:SHAPES?key=value&key=value. SHAPES: discs, polygons, digits, patterns, or several joined by +.\n"
      "Keys: size=WxH, objects, frames, fps, seed, radius=A..B, speed=A..B (px/frame), crossing=on|off, "
      "start=apart|anywhere,\n"
      "occluders, noise, blur, shutter, background, foreground, colour=on|off, edges=smooth|binary, dropped. The same "
      "SPEC gives the same bytes everywhere;\n"
      "`flashcell track SPEC` takes it without a file.");
  auto options = std::make_shared<Options>();
  command->add_option("SPEC", options->spec, "Scene, e.g. 'synth:discs?objects=100&fps=2000&frames=2000&seed=1'")
      ->required();
  command->add_option("-o,--output", options->output, "Folder for frames and ground truth");
  const std::map<std::string, host::SceneFile> formats = {
      {"video", host::SceneFile::video}, {"images", host::SceneFile::images}, {"raw", host::SceneFile::raw}};
  command->add_option("-f,--format", options->format, "video (lossless FFV1), images (PNG) or raw")
      ->transform(CLI::CheckedTransformer(formats));
  command->callback([options, &action] { action = [options] { return synth(*options); }; });
}

}  // namespace flashcell::app
