#include "host/app/marks.hpp"

#include <algorithm>
#include <map>

#include "host/eval/csv_rows.hpp"
#include "host/eval/text_fields.hpp"

namespace flashcell::app {
namespace {

using host::CsvRows;
using host::fail_at;

constexpr const char* kWanted = "frame,x,y,class or id,class";

int class_of(Marks& marks, const std::string& name, const std::string& file, int64_t line) {
  if (name.empty()) fail_at(file, line, "the class has no name");
  if (!is_utf8(name)) fail_at(file, line, "class '" + name + "' is not UTF-8: save the file as UTF-8");
  const auto it = std::find(marks.classes.begin(), marks.classes.end(), name);
  if (it != marks.classes.end()) return static_cast<int>(it - marks.classes.begin());
  marks.classes.push_back(name);
  return static_cast<int>(marks.classes.size()) - 1;
}

/// Visible rows of each track, in order.
std::map<int64_t, std::vector<Mark>> parse_tracks(std::string_view text, const std::string& file) {
  const CsvRows csv = host::parse_csv_rows(text, file, kWanted);
  const size_t frame = csv.column("frame"), id = csv.column("id"), x = csv.column("x"), y = csv.column("y"),
               state = csv.column("state");
  std::map<int64_t, std::vector<Mark>> tracks;
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    if (csv.rows[i][state] != "visible") continue;
    tracks[csv.integer(i, id)].push_back({csv.integer(i, frame), csv.number(i, x), csv.number(i, y), 0, csv.lines[i]});
  }
  return tracks;
}

void add_track_marks(Marks& marks, const CsvRows& csv, const std::string& file, const std::string& tracks_text,
                     const std::string& tracks_file) {
  const auto tracks = parse_tracks(tracks_text, tracks_file);
  const size_t id = csv.column("id"), name = csv.column("class");
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    const auto it = tracks.find(csv.integer(i, id));
    if (it == tracks.end())
      fail_at(file, csv.lines[i], tracks_file + " has no visible row of track " + csv.rows[i][id]);
    const std::vector<Mark>& rows = it->second;
    const size_t count = std::min(rows.size(), kMarksOfTrack);
    const int class_index = class_of(marks, csv.rows[i][name], file, csv.lines[i]);
    for (size_t k = 0; k < count; ++k) {
      Mark mark = rows[k * rows.size() / count];
      mark.class_index = class_index;
      mark.line = csv.lines[i];
      marks.marks.push_back(mark);
    }
  }
}

}  // namespace

Marks read_marks(const std::string& file, const std::string& tracks_file) {
  return parse_marks(
      host::read_text(file), file, [&] { return host::read_text(tracks_file); }, tracks_file);
}

Marks parse_marks(std::string_view text, const std::string& file, const std::function<std::string()>& tracks,
                  const std::string& tracks_file) {
  const CsvRows csv = host::parse_csv_rows(text, file, kWanted);
  Marks marks;
  if (csv.has("id") && !csv.has("frame")) {
    if (tracks_file.empty()) fail_at(file, 1, "names tracks by id; add --tracks with the tracks.csv they are in");
    add_track_marks(marks, csv, file, tracks(), tracks_file);
  } else {
    const size_t frame = csv.column("frame"), x = csv.column("x"), y = csv.column("y"), name = csv.column("class");
    for (size_t i = 0; i < csv.rows.size(); ++i) {
      marks.marks.push_back({csv.integer(i, frame), csv.number(i, x), csv.number(i, y),
                             class_of(marks, csv.rows[i][name], file, csv.lines[i]), csv.lines[i]});
    }
  }
  if (marks.marks.empty()) fail_at(file, 1, "marks nothing");
  std::stable_sort(marks.marks.begin(), marks.marks.end(),
                   [](const Mark& a, const Mark& b) { return a.frame < b.frame; });
  return marks;
}

}  // namespace flashcell::app
