#include "host/eval/tracker_text.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "host/eval/text_fields.hpp"

namespace flashcell::host {
namespace {

using Fields = std::vector<std::string_view>;

void split_tabs(std::string_view line, Fields& fields) {
  fields.clear();
  for (size_t begin = 0; begin <= line.size();) {
    const size_t end = std::min(line.find('\t', begin), line.size());
    fields.push_back(trim(line.substr(begin, end - begin)));
    begin = end + 1;
  }
}

int64_t frame_in(std::string_view field, int64_t first, const std::string& name, int64_t line) {
  int64_t frame = 0;
  if (!parse_integer(field, frame) || frame < first || frame >= kMaxFrameNumber)
    fail_at(name, line, "frame " + quoted(field) + " is not a whole number from " + std::to_string(first) + " on");
  return frame - first + 1;
}

void add(ObjectList& list, int64_t line, int64_t frame, int64_t id, double x, double y) {
  tracking::LabelledObject object;
  object.frame = frame;
  object.id = id;
  object.x = x;
  object.y = y;
  list.objects.push_back(object);
  list.lines.push_back(line);
}

ObjectList finish(ObjectList& list) {
  list.has_points = true;
  check_unique_ids(list);
  return std::move(list);
}

bool is_missing(std::string_view field) {
  return field == "NaN" || field == "nan" || field.empty();
}

/// Ids by name, in the order of their first rows.
class Names {
 public:
  int64_t id(const std::string& name) {
    return ids_.try_emplace(name, static_cast<int64_t>(ids_.size()) + 1).first->second;
  }

 private:
  std::map<std::string, int64_t> ids_;
};

}  // namespace

ObjectList parse_idtracker(std::string_view text, const std::string& name) {
  ObjectList list;
  list.name = name;
  std::string_view line;
  Fields fields;
  size_t columns = 0;
  int64_t frame = 0;
  for (int64_t number = 1; next_line(text, line); ++number) {
    // An empty cell at a row's end is cut with the line's spaces.
    if (line.empty()) continue;
    split_tabs(line, fields);
    if (columns == 0) {
      columns = fields.size() / 3;
      if (columns == 0) fail_at(name, number, "expected the columns X1, Y1, ProbId1, …");
      continue;
    }
    ++frame;
    if (fields.size() / 3 < columns && fields.size() != columns * 3 - 1)
      fail_at(name, number,
              "expected " + std::to_string(columns * 3) + " fields, found " + std::to_string(fields.size()));
    for (size_t i = 0; i < columns; ++i) {
      const std::string_view x = fields[3 * i], y = fields[3 * i + 1];
      if (is_missing(x) || is_missing(y)) continue;
      add(list, number, frame, static_cast<int64_t>(i) + 1, pixels_in(x, "", name, number),
          pixels_in(y, "", name, number));
    }
  }
  return finish(list);
}

ObjectList parse_toxtrac(std::string_view text, const std::string& name) {
  ObjectList list;
  list.name = name;
  std::string_view line;
  Fields fields;
  Names names;
  for (int64_t number = 1; next_line(text, line); ++number) {
    if (line.empty()) continue;
    split_tabs(line, fields);
    if (fields.size() < 5)
      fail_at(name, number, "expected frame, arena, track, x, y; found " + std::to_string(fields.size()) + " field(s)");
    const int64_t id = names.id(std::string(fields[1]) + '\t' + std::string(fields[2]));
    add(list, number, frame_in(fields[0], 0, name, number), id, pixels_in(fields[3], "", name, number),
        pixels_in(fields[4], "", name, number));
  }
  return finish(list);
}

ObjectList parse_tracktor(std::string_view text, const std::string& name) {
  ObjectList list;
  list.name = name;
  std::string_view line;
  Fields fields;
  Names names;
  size_t columns = 0, frame = 0, x = 0, y = 0, id = 0;
  for (int64_t number = 1; next_line(text, line); ++number) {
    if (line.empty()) continue;
    split_csv(line, fields);
    if (columns == 0) {
      const auto column = [&](std::string_view wanted) {
        const auto found = std::find(fields.begin(), fields.end(), wanted);
        if (found == fields.end()) fail_at(name, number, "the header lacks the column " + std::string(wanted));
        return static_cast<size_t>(found - fields.begin());
      };
      frame = column("frame"), x = column("pos_x"), y = column("pos_y"), id = column("id");
      columns = fields.size();
      continue;
    }
    if (fields.size() != columns)
      fail_at(name, number, "expected " + std::to_string(columns) + " fields, found " + std::to_string(fields.size()));
    if (is_missing(fields[x]) || is_missing(fields[y])) continue;
    add(list, number, frame_in(fields[frame], 1, name, number), names.id(std::string(fields[id])),
        pixels_in(fields[x], "", name, number), pixels_in(fields[y], "", name, number));
  }
  return finish(list);
}

}  // namespace flashcell::host
