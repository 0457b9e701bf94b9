#include <fmt/format.h>

#include <algorithm>

#include "base/page/chart.hpp"
#include "host/sink/report/page.hpp"
#include "host/sink/report/parts.hpp"
#include "host/sink/report/sections.hpp"

namespace flashcell::host {
namespace {

std::string length_chart(const RunInfo& run, const LengthHistogram& lengths, const char* x_label, const char* y_label) {
  int64_t longest = 1;
  double most = 1;
  for (const LengthHistogram::Bin& bin : lengths.bins()) {
    longest = bin.high;
    most = std::max(most, static_cast<double>(bin.count));
  }
  const TimeAxis time(run.fps, longest);
  std::vector<ChartBar> bars;
  // A bin of one number is as wide as the step to the next.
  for (const LengthHistogram::Bin& bin : lengths.bins())
    bars.push_back({time.at(bin.low), time.at(bin.high + 1), static_cast<double>(bin.count)});
  const std::string label = fmt::format("{} [{}] (logarithmic)", x_label, time.unit);
  return bar_chart({label, time.at(1), time.at(longest + 1), true, short_number},
                   {y_label, 0, most * 1.05, false, short_number}, bars, {});
}

/// What is drawn of a cell in which several things happened: the worst that does not hide the rest.
const char* style_of(uint8_t what) {
  if ((what & StateLine::merged) != 0) return "merged";
  if (what == StateLine::seen) return "seen";
  if ((what & StateLine::seen) != 0) return "partly";
  return (what & StateLine::predicted) != 0 ? "predicted" : "";
}

ChartRow row_of(const TrackStory& track, const TimeAxis& time) {
  ChartRow row{std::to_string(track.id), {}};
  const StateLine& states = track.states;
  for (size_t i = 0; i < states.cells().size(); ++i) {
    const char* style = style_of(states.cells()[i]);
    if (*style == '\0') continue;
    const int64_t from = states.first_frame() + static_cast<int64_t>(i) * states.stride();
    const double low = time.at(from), high = time.at(std::min(from + states.stride(), track.last_frame + 1));
    if (!row.spans.empty() && row.spans.back().style == style && row.spans.back().high >= low)
      row.spans.back().high = high;
    else
      row.spans.push_back({low, high, style});
  }
  return row;
}

}  // namespace

std::string track_lengths(const RunInfo& run, const ReportData& data) {
  LengthHistogram lengths;
  for (const auto& [id, track] : data.tracks()) lengths.add(track.frames());
  const char* title = "Lengths of tracks";
  if (lengths.count() == 0) return section(title, "", no_data("No object was tracked."), "report_lengths.csv");
  return section(title, "Time from a track's first row to its last. Many short ones are dirt, or pieces of objects.",
                 length_chart(run, lengths, "length", "tracks"), "report_lengths.csv");
}

std::string track_gaps(const RunInfo& run, const ReportData& data) {
  const char* title = "Gaps in tracks";
  if (data.gaps().count() == 0) return section(title, "", no_data("No track has a gap."), "report_gaps.csv");
  return section(title, "Time for which a track was not seen between two sightings; dropped frames count.",
                 length_chart(run, data.gaps(), "gap", "gaps"), "report_gaps.csv");
}

std::string track_states(const RunInfo& run, const ReportData& data) {
  const char* title = "When each track was seen";
  const std::vector<const TrackStory*> tracks = longest_tracks(data, kMostStateLines);
  if (tracks.empty()) return section(title, "", no_data("No object was tracked."), "report_states.csv");
  const TimeAxis time(run.fps, data.last_frame() - data.first_frame());
  std::vector<ChartRow> rows;
  rows.reserve(tracks.size());
  for (const TrackStory* track : tracks) rows.push_back(row_of(*track, time));
  const ChartAxis x{time.label("recording time"), time.at(data.first_frame()), time.at(data.last_frame() + 1), false,
                    short_number};
  const std::string note = data.all_tracks() > tracks.size() ? fmt::format("The {} longest of {} tracks, by id.",
                                                                           tracks.size(), count_text(data.all_tracks()))
                                                             : "By id.";
  return section(
      title, note,
      span_chart(x, rows) +
          "<p class=\"legend\"><span><i class=\"seen\"></i>seen</span><span><i class=\"partly\"></i>seen in a "
          "part of the frames</span><span><i class=\"merged\"></i>merged with others</span><span><i "
          "class=\"predicted\"></i>predicted only</span></p>",
      "report_states.csv");
}

}  // namespace flashcell::host
