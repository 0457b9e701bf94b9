#include <fmt/format.h>

#include "base/page/chart.hpp"
#include "base/text.hpp"
#include "host/sink/report/page.hpp"
#include "host/sink/report/parts.hpp"
#include "host/sink/report/sections.hpp"
#include "host/sink/track_columns.hpp"

namespace flashcell::host {
namespace {

/// A column: its head and what stands in it.
struct Column {
  std::string head;
  bool is_text;
  std::string (*cell)(const RunInfo& run, const TrackStory& track);
};

std::string class_cell(const RunInfo& run, const TrackStory& t) {
  const std::string sure = t.class_id >= 0 ? fmt::format(" ({:.0f} %)", 100 * t.class_confidence) : "";
  return std::string(class_name(run.classes, t.class_id)) + sure;
}

std::string region_cell(const RunInfo& run, const TrackStory& t) {
  return std::string(class_name(region_names(run), t.region, "none"));
}

std::string mean_speed_cell(const RunInfo& run, const TrackStory& t) {
  const double seconds = static_cast<double>(t.last_frame - t.first_frame) / run.fps;
  return seconds > 0 ? short_number(t.distance / seconds) : "–";
}

std::vector<Column> columns_of(const RunInfo& run) {
  using Run = const RunInfo&;
  using Track = const TrackStory&;
  const std::string& unit = run.unit();
  std::vector<Column> columns;
  if (!run.classes.empty()) columns.push_back({"class", true, class_cell});
  if (!run.colour_classes.empty()) {
    columns.push_back(
        {"colour", true, [](Run r, Track t) { return std::string(class_name(r.colour_classes, t.colour_class)); }});
  }
  if (run.regions) columns.push_back({"region", true, region_cell});
  columns.push_back({"first frame", false, [](Run, Track t) { return std::to_string(t.first_frame); }});
  columns.push_back({"last frame", false, [](Run, Track t) { return std::to_string(t.last_frame); }});
  if (run.fps > 0) {
    columns.push_back(
        {"duration [s]", false, [](Run r, Track t) { return short_number(static_cast<double>(t.frames()) / r.fps); }});
  }
  columns.push_back({fmt::format("distance [{}]", unit), false, [](Run, Track t) { return short_number(t.distance); }});
  if (run.fps > 0) {
    columns.push_back({fmt::format("mean speed [{}/s]", unit), false, mean_speed_cell});
    columns.push_back(
        {fmt::format("max speed [{}/s]", unit), false, [](Run, Track t) { return short_number(t.max_speed); }});
  }
  columns.push_back(
      {fmt::format("mean area [{}²]", unit), false, [](Run, Track t) { return short_number(t.mean_area()); }});
  columns.push_back({"seen [%]", false, [](Run, Track t) { return short_number(100 * t.share_seen()); }});
  columns.push_back({"gaps", false, [](Run, Track t) { return count_text(t.gaps); }});
  columns.push_back({"merged rows", false, [](Run, Track t) { return count_text(t.merged); }});
  if (run.linked) {
    columns.push_back(
        {"least id confidence", false, [](Run, Track t) { return fmt::format("{:.2f}", t.least_id_confidence); }});
  }
  return columns;
}

std::string table_line(const RunInfo& run, const std::vector<Column>& columns, const TrackStory& track) {
  std::string line =
      fmt::format("<tr><td><i style=\"background:{}\"></i>{}</td>", colour_text(track_colour(track.id)), track.id);
  for (const Column& column : columns) {
    line +=
        fmt::format("<td{}>{}</td>", column.is_text ? " class=\"text\"" : "", markup_escape(column.cell(run, track)));
  }
  return line + "</tr>\n";
}

/// A click on a column's head sorts by it, a second one the other way round.
constexpr const char* kSortScript = R"js(<script>
document.querySelectorAll("table.tracks th").forEach(function (head, column) {
  head.tabIndex = 0;
  head.classList.add("sorts");
  function value(row) {
    var text = row.cells[column].textContent, number = parseFloat(text.replace(/,/g, ""));
    return isNaN(number) ? text : number;
  }
  function sort() {
    var up = head.getAttribute("aria-sort") !== "ascending", body = head.closest("table").tBodies[0];
    var rows = Array.from(body.rows).map(function (row) { return [value(row), row]; });
    rows.sort(function (a, b) {
      if (typeof a[0] !== typeof b[0]) return typeof a[0] === "number" ? -1 : 1;
      var order = a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
      return up ? order : -order;
    });
    head.parentNode.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    rows.forEach(function (row) { body.appendChild(row[1]); });
  }
  head.addEventListener("click", sort);
  head.addEventListener("keydown", function (event) { if (event.key === "Enter") sort(); });
});
</script>)js";

}  // namespace

std::string track_table(const RunInfo& run, const ReportData& data) {
  const uint64_t all = data.all_tracks();
  if (all == 0) return section("Tracks", "", no_data("No object was tracked."), "report_tracks.csv");
  const std::vector<Column> columns = columns_of(run);
  std::string out = "<div class=\"scroll\"><table class=\"tracks\"><thead><tr><th>id</th>";
  for (const Column& column : columns)
    out += fmt::format("<th{}>{}</th>", column.is_text ? " class=\"text\"" : "", markup_escape(column.head));
  out += "</tr></thead><tbody>\n";
  const std::vector<const TrackStory*> tracks = longest_tracks(data, kMostTableRows);
  for (const TrackStory* t : tracks) out += table_line(run, columns, *t);
  std::string note =
      "Distance is the sum of the steps from row to row, mean speed distance by time, max speed the "
      "motion model's. A gap is a time between two sightings.";
  if (all > tracks.size()) {
    note = fmt::format("The {} longest of {} tracks. ", count_text(tracks.size()), count_text(all)) + note;
  }
  return section("Tracks", note, out + "</tbody></table></div>" + kSortScript, "report_tracks.csv");
}

}  // namespace flashcell::host
