#include <fmt/format.h>

#include <algorithm>

#include "base/page/chart.hpp"
#include "base/text.hpp"
#include "host/sink/report/page.hpp"
#include "host/sink/report/parts.hpp"
#include "host/sink/report/sections.hpp"

namespace flashcell::host {
namespace {

// Classes of the style sheet that fill; further actions begin anew.
constexpr const char* kFills[] = {"dot s0", "dot s1", "dot s2", "dot s3", "dot s4", "dot s5", "dot s6"};
constexpr size_t kFillCount = std::size(kFills);

ChartRow action_row(const TrackStory& track, const TimeAxis& time) {
  ChartRow row{std::to_string(track.id), {}};
  const ActionLine& line = track.actions;
  for (size_t i = 0; i < line.cells().size(); ++i) {
    const int8_t action = line.cells()[i];
    if (action == ActionLine::kNone) continue;
    const char* style = kFills[static_cast<size_t>(action) % kFillCount];
    const int64_t from = line.first_frame() + static_cast<int64_t>(i) * line.stride();
    const double low = time.at(from), high = time.at(std::min(from + line.stride(), track.last_frame + 1));
    if (!row.spans.empty() && row.spans.back().style == style && row.spans.back().high >= low)
      row.spans.back().high = high;
    else
      row.spans.push_back({low, high, style});
  }
  return row;
}

std::string action_legend(const RunInfo& run) {
  std::string out = "<p class=\"legend\">";
  for (size_t a = 0; a < run.actions.size(); ++a)
    out += fmt::format("<span><i class=\"s{}\"></i>{}</span>", a % kFillCount, markup_escape(run.actions[a]));
  return out + "</p>";
}

std::string totals_table(const RunInfo& run, const ReportData& data) {
  double all = 0;
  for (const ActionTotal& total : data.action_totals()) all += static_cast<double>(total.rows);
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th class=\"text\">action</th><th>spans</th><th>share of the rows "
      "[%]</th><th>mean length [s]</th><th>mean confidence</th></tr></thead><tbody>\n";
  for (size_t a = 0; a < run.actions.size(); ++a) {
    const ActionTotal& t = data.action_totals()[a];
    const double spans = std::max<double>(1, static_cast<double>(t.spans)),
                 rows = std::max<double>(1, static_cast<double>(t.rows));
    out += fmt::format("<tr><td class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.2f}</td></tr>\n",
                       markup_escape(run.actions[a]), count_text(t.spans),
                       short_number(100 * static_cast<double>(t.rows) / std::max(1.0, all)),
                       short_number(t.seconds / spans), t.confidence_sum / rows);
  }
  return out + "</tbody></table></div>";
}

}  // namespace

std::string track_actions(const RunInfo& run, const ReportData& data) {
  const char* title = "What each track did";
  const std::vector<const TrackStory*> tracks = longest_tracks(data, kMostStateLines);
  if (tracks.empty()) return section(title, "", no_data("No object was tracked."), "actions.csv");
  const TimeAxis time(run.fps, data.last_frame() - data.first_frame());
  std::vector<ChartRow> rows;
  for (const TrackStory* track : tracks) rows.push_back(action_row(*track, time));
  const ChartAxis x{time.label("recording time"), time.at(data.first_frame()), time.at(data.last_frame() + 1), false,
                    short_number};
  std::string note = "By id; what the network of actions.model said.";
  if (data.all_tracks() > tracks.size())
    note = fmt::format("The {} longest of {} tracks. ", tracks.size(), count_text(data.all_tracks())) + note;
  return section(title, note, span_chart(x, rows) + action_legend(run), "actions.csv");
}

std::string action_totals(const RunInfo& run, const ReportData& data) {
  return section("How much of each action", "Of the rows whose action is known.", totals_table(run, data));
}

}  // namespace flashcell::host
