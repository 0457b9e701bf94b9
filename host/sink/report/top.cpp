#include <fmt/format.h>

#include <filesystem>

#include "base/page/chart.hpp"
#include "base/text.hpp"
#include "host/sink/report/parts.hpp"
#include "host/sink/report/sections.hpp"
#include "host/sink/run_warnings.hpp"

namespace flashcell::host {

std::string page_head(const RunInfo& run, const ReportData& data) {
  const std::string name = std::filesystem::path(run.source.name).filename().string();
  const std::string title = name.empty() ? run.source.name : name;
  std::string facts = fmt::format("{} × {} px", run.source.width, run.source.height);
  if (run.fps > 0) {
    const double seconds =
        static_cast<double>(data.frames() ? data.last_frame() - data.first_frame() + 1 : 0) / run.fps;
    facts += fmt::format(" · {} frames/s", short_number(run.fps));
    if (seconds > 0) facts += fmt::format(" · {} of recording", short_duration(seconds * 1e9));
  }
  if (!run.world.in_px()) facts += fmt::format(" · 1 px = {} {}", short_number(run.units_per_pixel()), run.unit());
  if (!run.world.uniform()) facts += fmt::format(" in the middle, corrected for {}", run.world.corrected_for());
  return flashcell::page_head(title + " – flashcell report", "flashcell report", title, facts);
}

std::string warning_box(const RunInfo& run, const RunSummary& summary) {
  std::string lines;
  for (const RunWarning& warning : run_warnings(run, summary)) {
    lines += fmt::format("<li><b>{}</b><br>{}</li>\n", markup_escape(warning.what), markup_escape(warning.advice));
  }
  if (lines.empty()) return "";
  return fmt::format("<section class=\"warnings\"><h2>This looks wrong</h2><ul>\n{}</ul></section>\n", lines);
}

std::string key_figures(const RunSummary& summary) {
  const uint64_t dropped = summary.dropped_frames();
  std::string causes;
  for (const DropCount& d : summary.dropped) {
    if (d.frames > 0) causes += fmt::format("{}{}: {}", causes.empty() ? ": " : ", ", d.cause, count_text(d.frames));
  }
  std::string out = "<div class=\"figures\">";
  if (summary.end != RunEnd::complete) {
    const std::string ending = summary.ending();
    const size_t comma = ending.find(", ");
    out += figure(ending.substr(0, comma), ending.substr(comma + 2), true);
  }
  out += figure(count_text(summary.tracks), fmt::format("track{}", plural(summary.tracks)));
  out += figure(count_text(summary.frames), fmt::format("frame{} processed", plural(summary.frames)));
  out += figure(short_number(summary.objects_mean()),
                fmt::format("objects a frame on average, {} to {}", count_text(summary.objects_min),
                            count_text(summary.objects_max)));
  if (summary.counted()) {
    const std::string missed = summary.missed_regions();
    out += figure(
        fmt::format("{} of {}", count_text(summary.frames_count_met), count_text(summary.frames)),
        fmt::format("frames with {}{}", summary.count_name(), missed.empty() ? "" : "; most often missed: " + missed),
        summary.count_often_missed());
  }
  out += figure(count_text(dropped), fmt::format("frame{} dropped{}", plural(dropped), causes), dropped > 0);
  if (const uint64_t left_out = summary.objects_too_small + summary.objects_too_large; left_out > 0) {
    out += figure(count_text(left_out), "objects left out, smaller than label.min_area or larger than label.max_area",
                  !summary.left_out_warnings().empty());
  }
  if (summary.objects_lost > 0) {
    out += figure(count_text(summary.objects_lost), "objects did not fit into the table", true);
  }
  return out + "</div>\n";
}

}  // namespace flashcell::host
