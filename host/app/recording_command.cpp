#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/messages.hpp"
#include "host/events/event_clock.hpp"
#include "host/events/event_reader.hpp"
#include "host/source/open_source.hpp"

namespace flashcell::app {
namespace {

struct RecordingOptions {
  std::string file;
  bool json = false;
};

/// What the events of a recording are, counted.
struct EventCounts {
  uint64_t events = 0, on = 0, outside = 0;
  int64_t first_us = 0, last_us = 0;
  EventClock clock;
  std::string damage;  ///< one line; empty: none

  double duration_s() const { return 1e-6 * static_cast<double>(last_us - first_us); }
  double rate() const { return duration_s() > 0 ? static_cast<double>(events) / duration_s() : 0; }
  double on_share() const { return events > 0 ? static_cast<double>(on) / static_cast<double>(events) : 0; }
};

EventCounts count_events(EventReader& reader) {
  EventCounts counts;
  const EventRecordingInfo& info = reader.info();
  std::vector<Event> part(4096);
  try {
    while (const size_t n = reader.read(part)) {
      for (size_t i = 0; i < n; ++i) {
        counts.last_us = counts.clock(part[i].time_us);
        counts.on += part[i].on;
        counts.outside += part[i].x >= info.width || part[i].y >= info.height;
      }
      counts.events += n;
    }
  } catch (const Error& e) {
    counts.damage = e.what();
  }
  return counts;
}

void print_events(const EventRecordingInfo& info, const EventCounts& counts, const RecordingOptions& options) {
  if (options.json) {
    const nlohmann::json all = {{"file", options.file},
                                {"format", info.format},
                                {"width", info.width},
                                {"height", info.height},
                                {"events", counts.events},
                                {"on_events", counts.on},
                                {"first_us", counts.clock.first_recorded_us()},
                                {"duration_s", counts.duration_s()},
                                {"events_per_s", counts.rate()},
                                {"outside", counts.outside},
                                {"ran_back", counts.clock.ran_back()},
                                {"began_anew", counts.clock.began_anew()},
                                {"damage", counts.damage}};
    fmt::print("{}\n", json_text(all));
    return;
  }
  fmt::print("{}: {}, sensor of {}x{} px\n", printable(options.file), info.format, info.width, info.height);
  fmt::print("{} events in {:.6g} s from {} us on: {:.4g} million a second, {:.1f} % on, {:.1f} % off\n", counts.events,
             counts.duration_s(), counts.clock.first_recorded_us(), 1e-6 * counts.rate(), 100 * counts.on_share(),
             counts.events > 0 ? 100 * (1 - counts.on_share()) : 0.0);
  if (counts.outside > 0) fmt::print("{} events lie outside of the sensor\n", counts.outside);
  if (counts.clock.ran_back() > 0) {
    fmt::print("the times of {} events run back, by {} us at most\n", counts.clock.ran_back(),
               counts.clock.farthest_back_us());
  }
  if (counts.clock.began_anew() > 0) fmt::print("times leap {} times\n", counts.clock.began_anew());
}

int inspect_events(const RecordingOptions& options) {
  const auto reader = open_events(options.file);
  const EventCounts counts = count_events(*reader);
  print_events(reader->info(), counts, options);
  if (!counts.damage.empty()) throw Error(Fault::input, counts.damage);
  return 0;
}

int inspect_frames(const RecordingOptions& options) {
  const auto source = host::open_source(options.file, {});
  const SourceInfo& info = source->info();
  if (options.json) {
    const nlohmann::json all = {{"file", options.file},
                                {"width", info.width},
                                {"height", info.height},
                                {"frames", info.frame_count ? nlohmann::json(*info.frame_count) : nlohmann::json()},
                                {"fps", info.fps},
                                {"colour", is_colour(info.format)},
                                {"bits", info.significant_bits}};
    fmt::print("{}\n", json_text(all));
    return 0;
  }
  fmt::print("{}: frames of {}x{} px, {} of {} bits", printable(options.file), info.width, info.height,
             is_colour(info.format) ? "colour" : "grey", info.significant_bits);
  fmt::print(", {}", info.fps > 0 ? fmt::format("{:g} a second", info.fps) : "of an unknown rate");
  if (info.frame_count) fmt::print(", {} of them", *info.frame_count);
  fmt::print("\n");
  return 0;
}

}  // namespace

void add_inspect_recording(Command& app, Action& action) {
  Command& command =
      app.add_subcommand("inspect", "Say what a recording is: format, size, length, rate, on and off events");
  command.footer(
      "Of a recording of an event camera every event is read: what is counted is what the file holds. A truncated or\n"
      "damaged one is counted up to there, and ends with exit code 3.");
  auto options = std::make_shared<RecordingOptions>();
  command.add_option("INPUT", options->file, "Recording of events or frames, as for `flashcell track`").required();
  command.add_flag("--json", options->json, "Print everything as JSON");
  command.callback([=, &action] {
    action = [=] { return holds_events(options->file) ? inspect_events(*options) : inspect_frames(*options); };
  });
}

}  // namespace flashcell::app
