#include "host/sink/report/page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/version.hpp"
#include "host/sink/report/sections.hpp"

namespace flashcell::host {
namespace {

std::string pair(const std::string& left, const std::string& right) {
  return "<div class=\"pair\">" + left + right + "</div>\n";
}

std::string tail(const RunInfo& run) {
  std::string out;
  if (!run.segmentation.empty()) {
    out += fmt::format("<section><h2>Segmentation</h2><p>Chosen from the recording: {}</p></section>\n",
                       markup_escape(run.segmentation));
  }
  if (!run.config_toml.empty()) {
    out +=
        fmt::format("<section><details><summary>Effective configuration</summary><pre>{}</pre></details></section>\n",
                    markup_escape(run.config_toml));
  }
  if (!run.command.empty()) {
    out +=
        fmt::format("<section><h2>Command</h2><pre class=\"command\">{}</pre></section>\n", markup_escape(run.command));
  }
  return out + fmt::format("<footer>{} · source: {}</footer>\n</main></body></html>\n", program_version(),
                           markup_escape(run.source.name));
}

}  // namespace

std::string report_page(const RunInfo& run, const RunSummary& summary, const ReportData& data) {
  std::string page = page_head(run, data);
  page += warning_box(run, summary);
  page += key_figures(summary);
  page += trajectories(run, data);
  page += pair(objects_over_time(run, data), position_map(run, data));
  page += pair(track_states(run, data), "<div>" + track_lengths(run, data) + track_gaps(run, data) + "</div>");
  if (!run.actions.empty()) page += pair(track_actions(run, data), action_totals(run, data));
  page += track_table(run, data);
  page += tracks_over_time(run, data);
  page += pair(mean_squared_displacement(run, data), speed_histogram(run, data));
  page += latencies(run, summary, data);
  return page + tail(run);
}

}  // namespace flashcell::host
