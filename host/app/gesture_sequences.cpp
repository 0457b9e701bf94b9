#include "host/app/gesture_sequences.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "host/eval/csv_rows.hpp"
#include "host/eval/text_fields.hpp"
#include "host/events/event_reader.hpp"
#include "host/gestures/gesture.hpp"

namespace flashcell::app {
namespace {

constexpr int kTestEvery = 5;

/// What the network sees of a recording: times from its first event on.
std::vector<uint8_t> gesture_values(const std::string& path, const quant::EventBins& bins) {
  const auto reader = open_events(path);
  std::array<Event, 4096> part;
  std::vector<quant::AddressEvent> events;
  int64_t first_us = 0;
  while (const size_t count = reader->read(part)) {
    if (events.empty()) first_us = part[0].time_us;
    for (const Event& e : std::span(part).first(count)) {
      const int64_t time = e.time_us - first_us;
      if (e.x >= bins.size || e.y >= bins.size)
        throw Error(Fault::input, fmt::format("{}: has events outside of {}x{} pixels", path, bins.size, bins.size));
      if (time >= 0 && time < bins.steps * int64_t{bins.microseconds})
        events.push_back({e.x, e.y, e.on, static_cast<uint32_t>(time)});
    }
  }
  return bin_events(events, bins);
}

void add_gesture(const std::vector<uint8_t>& values, int64_t label, quant::Sequences& to) {
  to.values.insert(to.values.end(), values.begin(), values.end());
  to.labels.push_back(static_cast<int32_t>(label));
  ++to.count;
}

}  // namespace

quant::SequenceSet read_gestures(const std::string& folder, const quant::EventBins& bins) {
  const std::filesystem::path path(folder);
  const std::string labels = (path / "labels.csv").string();
  const host::CsvRows csv = host::parse_csv_rows(host::read_text(labels), labels, "file,label");
  const size_t file = csv.column("file"), label = csv.column("label");
  quant::SequenceSet set;
  for (quant::Sequences* part : {&set.train, &set.test}) {
    part->steps = bins.steps;
    part->inputs = bins.inputs();
  }
  for (const std::string_view name : host::kGestureNames) set.names.emplace_back(name);
  std::array<int, host::kGestureNames.size()> seen{};
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    const int64_t class_index = csv.integer(i, label);
    if (class_index >= static_cast<int64_t>(seen.size()))
      host::fail_at(labels, csv.lines[i], fmt::format("{} is none of the {} gestures", class_index, seen.size()));
    const bool tests = seen[static_cast<size_t>(class_index)]++ % kTestEvery == 0;
    add_gesture(gesture_values((path / csv.rows[i][file]).string(), bins), class_index, tests ? set.test : set.train);
  }
  for (size_t c = 0; c < seen.size(); ++c) {
    if (seen[c] == 1)
      throw Error(Fault::input, fmt::format("{}: has only one '{}', which nothing could be learned from", labels,
                                            host::kGestureNames[c]));
  }
  if (set.train.count == 0 || set.test.count == 0) throw Error(Fault::input, labels + ": lists no gestures");
  set.planes = 2;
  set.side = bins.pooled();
  return set;
}

}  // namespace flashcell::app
