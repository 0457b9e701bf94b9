#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/event_sensor_options.hpp"
#include "host/app/interruption.hpp"
#include "host/app/messages.hpp"
#include "host/app/progress.hpp"
#include "host/app/synth_parts.hpp"
#include "host/driving/driving_set.hpp"
#include "host/run/run_folder.hpp"

namespace flashcell::app {
namespace {

struct DrivingOptions {
  host::DrivingSet set;
  std::string size = "320x240", output = "driving";
  double threshold = 0.2, no_light = 255;
};

bool is_label_file(std::string_view name) {
  return name == "boxes.json" || name == "labels.csv" || name == "labels_map.csv";
}

bool is_scene_file(std::string_view name) {
  return name == "times.csv" || name == "events.aedat4" || name == "events.raw" ||
         (name.size() == host::driving_picture_name(0).size() && name.ends_with(".png") &&
          name.find_first_not_of("0123456789") == name.size() - 4);
}

void read_size(const std::string& text, host::DrivingSet& set) {
  int end = 0;
  if (std::sscanf(text.c_str(), "%dx%d%n", &set.width, &set.height, &end) != 2 || end != static_cast<int>(text.size()))
    throw Error(Fault::usage, fmt::format("--size {}: must be WIDTHxHEIGHT, such as 320x240", text));
}

int synth_driving(DrivingOptions o) {
  host::DrivingSet& set = o.set;
  read_size(o.size, set);
  set.sensor.threshold_on = set.sensor.threshold_off = o.threshold;
  host::check(set);
  const host::RunFolder folder(o.output,
                               {"synth-driving", {"boxes.json", "labels.csv", "labels_map.csv"}, is_label_file}, {});
  const Interruption interruption;
  Progress progress("driving", int64_t{set.scenes} * set.frames);
  std::vector<host::DrivingLabels> labels;
  for (int scene = 0; scene < set.scenes && !Interruption::asked(); ++scene) {
    host::RunFiles files{"synth-driving", {"times.csv", "events" + set.ending}, is_scene_file};
    for (int frame = 0; frame < set.frames; ++frame) files.names.push_back(host::driving_picture_name(frame));
    const std::filesystem::path path = folder.path(host::driving_scene_name(scene));
    const host::RunFolder scene_folder(path, files, {});
    host::write_driving_scene(
        set, scene, path, labels, [&] { progress.update(static_cast<int64_t>(labels.size())); },
        &Interruption::asked());
  }
  host::write_driving_labels(set, o.output, labels);
  progress.clear();
  size_t boxes = 0;
  for (const host::DrivingLabels& picture : labels) boxes += picture.boxes.size();
  if (Interruption::asked()) {
    say(fmt::format("interrupted after {} pictures; what was written is whole", labels.size()));
    return Interruption::exit_code();
  }
  fmt::print("{} scenes, {} pictures, {} boxes are in {}: boxes.json (COCO), labels.csv, scene_*/\n", set.scenes,
             labels.size(), boxes, o.output);
  return 0;
}

}  // namespace

void add_synth_driving(Command& synth, Action& action) {
  Command& command =
      synth.add_subcommand("driving", "Write a data set of generated drives: pictures, events, exact boxes");
  command.footer(
      "In -o: boxes.json (COCO, with track, visible share and distance of each box), labels.csv\n"
      "(picture,x1,y1,x2,y2,class, as DSEC's boxes are published), labels_map.csv, and a folder for each scene with\n"
      "its pictures, events and times. Classes: person, bicycle (with who rides it), car.");
  auto options = std::make_shared<DrivingOptions>();
  host::DrivingSet& set = options->set;
  command.add_option("--scenes", set.scenes, "Drives, each with a street of its own").range(1, 100000);
  command.add_option("--frames", set.frames, "Pictures of each").range(1, 100000);
  command.add_option("--fps", set.fps, "Pictures a second").type_name("HZ");
  command.add_option("--night", set.night, "Share of drives by night").range(0.0, 1.0);
  command.add_option("--size", options->size, "Width and height, px").type_name("WxH");
  command.add_option("--seed", set.seed, "Scene i has seed + i; the same seed gives the same bytes");
  command.add_option("--least-visible", set.least_visible, "Boxes of what is hidden more than that are left out")
      .range(0.0, 1.0);
  command.add_choice<std::string>("--as", set.ending, {{"aedat4", ".aedat4"}, {"evt3", ".raw"}},
                                  "Format of the events");
  command.add_option("-o,--output", options->output, "Folder; made when it is not there");
  add_event_sensor_options(command, set.sensor, options->threshold, options->no_light, false);
  command.callback([options, &action] { action = [options] { return synth_driving(*options); }; });
}

}  // namespace flashcell::app
