#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/output_file.hpp"
#include "host/app/command.hpp"
#include "host/app/event_sensor_options.hpp"
#include "host/app/interruption.hpp"
#include "host/app/messages.hpp"
#include "host/app/progress.hpp"
#include "host/app/synth_parts.hpp"
#include "host/events/event_writer.hpp"
#include "host/gestures/gesture.hpp"
#include "host/run/run_folder.hpp"

namespace flashcell::app {
namespace {

struct GestureOptions {
  int count = 110;
  uint64_t seed = 1;
  double seconds = 1.5, threshold = 0.2, light = 500;
  std::string ending = ".aedat4", output = "gestures";
  host::EventSensor sensor;
};

constexpr int kDigits = 6;

std::string recording_name(int index, const std::string& ending) {
  return fmt::format("{:0{}}{}", index, kDigits, ending);
}

bool is_gesture_file(std::string_view name) {
  return name == "labels.csv" ||
         ((name.ends_with(".aedat4") || name.ends_with(".raw")) && name.find_first_not_of("0123456789") == kDigits);
}

int synth_gestures(const GestureOptions& o) {
  host::EventSensor sensor = given_sensor(o.sensor, o.threshold, o.light);
  host::check(sensor);
  host::check(host::GestureParameters{0, o.seed, o.seconds});
  host::RunFiles files{"synth-gestures", {"labels.csv"}, is_gesture_file};
  for (int i = 0; i < o.count; ++i) files.names.push_back(recording_name(i, o.ending));
  const host::RunFolder folder(o.output, files, {});
  const Interruption interruption;
  Progress progress("gestures", o.count);
  std::string labels = "file,label,name,seed,events\n";
  int done = 0;
  for (; done < o.count && !Interruption::asked(); ++done) {
    const host::GestureParameters gesture{done % static_cast<int>(host::kGestureNames.size()),
                                          o.seed + static_cast<uint64_t>(done), o.seconds};
    sensor.seed = gesture.seed;
    const std::vector<Event> events = host::gesture_events(gesture, sensor, 0);
    const std::string name = recording_name(done, o.ending);
    const auto writer = write_events(folder.path(name), host::Gesture::kSide, host::Gesture::kSide);
    writer->write(events);
    writer->finish();
    labels += fmt::format("{},{},{},{},{}\n", name, gesture.label,
                          host::kGestureNames[static_cast<size_t>(gesture.label)], gesture.seed, events.size());
    progress.update(done + 1);
  }
  write_file(folder.path("labels.csv"), labels);
  progress.clear();
  if (Interruption::asked()) {
    say(fmt::format("interrupted after {} of {} gestures; what was written is whole", done, o.count));
    return Interruption::exit_code();
  }
  fmt::print("{} gestures of {} s and labels.csv are in {}\n", o.count, o.seconds, o.output);
  return 0;
}

}  // namespace

void add_synth_gestures(Command& synth, Action& action) {
  Command& command = synth.add_subcommand(
      "gestures", "Write generated gestures as an event camera of 128x128 pixels sees them, eleven classes in turn");
  command.footer(
      "The classes are those of DVS128 Gesture, in its order: hand clapping, waves, arm circles, arm roll, air drums,\n"
      "air guitar, other. One file of events each and labels.csv.");
  auto options = std::make_shared<GestureOptions>();
  command.add_option("--count", options->count, "Gestures; number i is of class i modulo 11").range(1, 999999);
  command.add_option("--seed", options->seed, "Gesture i has seed + i; the same seed gives the same bytes");
  command.add_option("--seconds", options->seconds, "Of each gesture").range(0.01, 60.0);
  command.add_choice<std::string>("--as", options->ending, {{"aedat4", ".aedat4"}, {"evt3", ".raw"}},
                                  "Format of the events");
  command.add_option("-o,--output", options->output, "Folder; made when it is not there");
  add_event_sensor_options(command, options->sensor, options->threshold, options->light, true);
  command.callback([options, &action] { action = [options] { return synth_gestures(*options); }; });
}

}  // namespace flashcell::app
