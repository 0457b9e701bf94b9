#include "host/run/batch_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/page/style.hpp"
#include "base/text.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

/// Percent-escaped where a link would end or mean something else.
std::string link(const fs::path& path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string escaped;
  for (const char c : path.generic_string()) {
    if (kPlain.find(c) != std::string_view::npos)
      escaped += c;
    else
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

bool was_tracked(const BatchResult& r) {
  return r.state == BatchState::done || r.state == BatchState::done_before;
}

std::string row(const BatchResult& r, const fs::path& folder) {
  const fs::path report = r.item.folder / "report.html";
  std::error_code error;
  std::string name = markup_escape(r.item.input);
  if (fs::exists(report, error))
    name = fmt::format("<a href=\"{}\">{}</a>", link(report.lexically_relative(folder)), name);
  const bool bad = r.state == BatchState::failed || r.state == BatchState::interrupted;
  const std::string warnings = r.warnings.empty() ? "" : "<small>" + markup_escape(r.warnings) + "</small>";
  return fmt::format(
      "<tr><td>{}</td><td><span{}>{}{}</span>{}</td><td>{}</td><td>{:.1f}</td><td>{}</td><td>{}</td><td>{:.1f}</td>"
      "</tr>\n",
      name, bad ? " class=\"bad\"" : "", name_of(r.state), r.error.empty() ? "" : ": " + markup_escape(r.error),
      warnings, r.tracks, r.objects_mean, r.frames, r.dropped, r.wall_s);
}

}  // namespace

const char* name_of(BatchState state) {
  switch (state) {
    case BatchState::waiting:
      return "not begun";
    case BatchState::done:
      return "done";
    case BatchState::done_before:
      return "done before";
    case BatchState::interrupted:
      return "interrupted";
    case BatchState::failed:
      return "failed";
  }
  return "";
}

std::string batch_table(const std::vector<BatchResult>& results) {
  std::string table =
      "recording,folder,state,frames,dropped,tracks,objects_per_frame,recording_fps,wall_s,error,warnings\n";
  for (const BatchResult& r : results) {
    table += fmt::format("{},{},{},{},{},{},{:.3f},{:g},{:.3f},{},{}\n", csv_field(to_utf8(r.item.input)),
                         csv_field(to_utf8(r.item.folder.filename().string())), name_of(r.state), r.frames, r.dropped,
                         r.tracks, r.objects_mean, r.fps, r.wall_s, csv_field(to_utf8(r.error)), csv_field(r.warnings));
  }
  return table;
}

std::string batch_page(const std::vector<BatchResult>& results, const fs::path& folder) {
  uint64_t frames = 0, tracks = 0;
  for (const BatchResult& r : results) frames += r.frames, tracks += r.tracks;
  const auto whole = std::count_if(results.begin(), results.end(), was_tracked);
  const auto figure = [](const std::string& value, const char* what) {
    return fmt::format("<div class=\"figure\"><b>{}</b><span>{}</span></div>", value, what);
  };
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>{0} – flashcell</title><style>{1}"
      ".wide{{overflow-x:auto}}.bad{{color:var(--warn)}}td:nth-child(-n+2),th:nth-child(-n+2){{text-align:left}}"
      "td:nth-child(-n+2){{white-space:normal}}td:first-child{{min-width:9em;overflow-wrap:anywhere}}"
      "td:has(small),td:has(.bad){{min-width:14em}}small{{display:block;color:var(--soft)}}a{{color:var(--accent)}}"
      "@media(max-width:600px){{td,th,td:first-child,th:first-child{{padding-left:0;padding-right:10px}}"
      "td:first-child{{min-width:7em}}td:has(small),td:has(.bad){{min-width:9em}}}}</style></head><body>"
      "<main>\n<header><p class=\"kicker\">flashcell</p><h1>{0}</h1></header>\n<div class=\"figures\">{2}{3}"
      "{4}</div>\n<section><h2>Recordings</h2><p>A name leads to its report.</p><div class=\"wide\"><table><thead><tr>"
      "<th>recording</th><th>state</th><th>tracks</th><th>objects a frame</th><th>frames</th><th>dropped</th>"
      "<th>took [s]</th></tr></thead><tbody>\n",
      fmt::format("{} recording{}", results.size(), results.size() == 1 ? "" : "s"), kPageStyle,
      figure(fmt::format("{} of {}", whole, results.size()), "tracked whole"), figure(std::to_string(frames), "frames"),
      figure(std::to_string(tracks), "tracks"));
  for (const BatchResult& r : results) page += row(r, folder);
  return page + "</tbody></table></div></section>\n</main></body></html>\n";
}

}  // namespace flashcell::host
