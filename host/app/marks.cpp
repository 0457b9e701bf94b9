#include "host/app/marks.hpp"

#include <algorithm>
#include <map>

#include "host/eval/text_fields.hpp"

namespace flashcell::app {
namespace {

using host::fail_at;

/// A CSV with a header, as rows of fields with their line numbers; comment and empty lines left out.
struct CsvRows {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<int64_t> lines;

  size_t column(const std::string& name, const std::string& file) const {
    const auto it = std::find(header.begin(), header.end(), name);
    if (it == header.end()) fail_at(file, 1, "the header has no column " + name);
    return static_cast<size_t>(it - header.begin());
  }
  bool has(const std::string& name) const { return std::find(header.begin(), header.end(), name) != header.end(); }
};

CsvRows parse_rows(std::string_view text, const std::string& file) {
  std::string_view line;
  std::vector<std::string_view> fields;
  CsvRows csv;
  for (int64_t number = 1; host::next_line(text, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    split_csv(line, fields);
    std::vector<std::string> row;
    for (const std::string_view field : fields) row.push_back(csv_text(field));
    if (csv.header.empty()) {
      csv.header = std::move(row);
      continue;
    }
    if (row.size() != csv.header.size()) {
      fail_at(file, number,
              "has " + std::to_string(row.size()) + " fields, the header " + std::to_string(csv.header.size()));
    }
    csv.rows.push_back(std::move(row));
    csv.lines.push_back(number);
  }
  if (csv.header.empty()) fail_at(file, 1, "is empty; it needs the header frame,x,y,class or id,class");
  return csv;
}

double number_at(const CsvRows& csv, size_t row, size_t column, const std::string& file) {
  return host::pixels_in(csv.rows[row][column], csv.header[column] + " ", file, csv.lines[row]);
}

int64_t integer_at(const CsvRows& csv, size_t row, size_t column, const std::string& file) {
  int64_t value = 0;
  if (!host::parse_integer(csv.rows[row][column], value) || value < 0) {
    fail_at(file, csv.lines[row], csv.header[column] + " is no whole number: " + host::quoted(csv.rows[row][column]));
  }
  return value;
}

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
  const CsvRows csv = parse_rows(text, file);
  const size_t frame = csv.column("frame", file), id = csv.column("id", file), x = csv.column("x", file),
               y = csv.column("y", file), state = csv.column("state", file);
  std::map<int64_t, std::vector<Mark>> tracks;
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    if (csv.rows[i][state] != "visible") continue;
    tracks[integer_at(csv, i, id, file)].push_back(
        {integer_at(csv, i, frame, file), number_at(csv, i, x, file), number_at(csv, i, y, file), 0, csv.lines[i]});
  }
  return tracks;
}

void add_track_marks(Marks& marks, const CsvRows& csv, const std::string& file, const std::string& tracks_text,
                     const std::string& tracks_file) {
  const auto tracks = parse_tracks(tracks_text, tracks_file);
  const size_t id = csv.column("id", file), name = csv.column("class", file);
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    const auto it = tracks.find(integer_at(csv, i, id, file));
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
  const CsvRows csv = parse_rows(text, file);
  Marks marks;
  if (csv.has("id") && !csv.has("frame")) {
    if (tracks_file.empty()) fail_at(file, 1, "names tracks by id; add --tracks with the tracks.csv they are in");
    add_track_marks(marks, csv, file, tracks(), tracks_file);
  } else {
    const size_t frame = csv.column("frame", file), x = csv.column("x", file), y = csv.column("y", file),
                 name = csv.column("class", file);
    for (size_t i = 0; i < csv.rows.size(); ++i) {
      marks.marks.push_back({integer_at(csv, i, frame, file), number_at(csv, i, x, file), number_at(csv, i, y, file),
                             class_of(marks, csv.rows[i][name], file, csv.lines[i]), csv.lines[i]});
    }
  }
  if (marks.marks.empty()) fail_at(file, 1, "marks nothing");
  std::stable_sort(marks.marks.begin(), marks.marks.end(),
                   [](const Mark& a, const Mark& b) { return a.frame < b.frame; });
  return marks;
}

}  // namespace flashcell::app
