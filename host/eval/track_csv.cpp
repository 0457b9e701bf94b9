#include "host/eval/track_csv.hpp"

#include <algorithm>
#include <array>

#include "host/eval/text_fields.hpp"

namespace flashcell::host {
namespace {

constexpr int kAbsent = -1;

int find_column(const std::vector<std::string_view>& header, std::string_view name) {
  const auto found = std::find(header.begin(), header.end(), name);
  return found == header.end() ? kAbsent : static_cast<int>(found - header.begin());
}

/// Where in a row the values stand.
struct Layout {
  size_t fields = 0;
  int frame = kAbsent, id = kAbsent;
  std::array<int, 2> point{kAbsent, kAbsent};
  std::array<int, 4> box{kAbsent, kAbsent, kAbsent, kAbsent};
  int visible = kAbsent;
  int class_name = kAbsent, class_confidence = kAbsent;

  bool has_point() const { return point[0] != kAbsent && point[1] != kAbsent; }
  bool has_box() const { return std::find(box.begin(), box.end(), kAbsent) == box.end(); }
};

/// Of columns NAME_x and NAME_y the names, as the end of a sentence; empty: there are none.
std::string points_to_name(const std::vector<std::string_view>& header) {
  std::string names;
  for (const std::string_view column : header) {
    if (!column.ends_with("_x")) continue;
    const std::string point(column.substr(0, column.size() - 2));
    if (find_column(header, point + "_y") != kAbsent) names += (names.empty() ? "" : ", ") + point;
  }
  return names.empty() ? "" : "; name one of its points (eval --truth-point, --tracks-point): " + names;
}

Layout read_header(const std::vector<std::string_view>& header, const std::string& point, const std::string& name,
                   int64_t line) {
  std::string prefix = point;
  if (!prefix.empty()) prefix += '_';
  Layout layout;
  layout.fields = header.size();
  layout.frame = find_column(header, "frame");
  layout.id = find_column(header, "id");
  layout.point = {find_column(header, prefix + "x"), find_column(header, prefix + "y")};
  layout.box = {find_column(header, "left"), find_column(header, "top"), find_column(header, "width"),
                find_column(header, "height")};
  layout.visible = find_column(header, "visible");
  layout.class_name = find_column(header, "class");
  layout.class_confidence = find_column(header, "class_confidence");
  if (layout.frame == kAbsent || layout.id == kAbsent) fail_at(name, line, "the header lacks a column frame or id");
  if (!layout.has_point() && (!layout.has_box() || !point.empty())) {
    fail_at(name, line, "the header lacks the columns " + prefix + "x and " + prefix + "y" + points_to_name(header));
  }
  return layout;
}

double number_in(const std::vector<std::string_view>& fields, int column, const std::string& name, int64_t line) {
  return pixels_in(fields[column], "", name, line);
}

tracking::LabelledObject parse_row(const std::vector<std::string_view>& fields, const Layout& layout,
                                   const std::string& name, int64_t line) {
  if (fields.size() != layout.fields) {
    fail_at(name, line,
            "expected " + std::to_string(layout.fields) + " fields, found " + std::to_string(fields.size()));
  }
  tracking::LabelledObject object;
  if (!parse_integer(fields[layout.frame], object.frame) || std::abs(object.frame) > kMaxFrameNumber) {
    fail_at(name, line, "frame " + quoted(fields[layout.frame]) + " is not a whole number up to 1000000000");
  }
  if (!parse_integer(fields[layout.id], object.id)) {
    fail_at(name, line, "id " + quoted(fields[layout.id]) + " is not a whole number");
  }
  if (layout.has_box()) {
    object.box = {number_in(fields, layout.box[0], name, line), number_in(fields, layout.box[1], name, line),
                  number_in(fields, layout.box[2], name, line), number_in(fields, layout.box[3], name, line)};
    check_sides(object.box, name, line);
    object.x = object.box.left + object.box.width / 2;
    object.y = object.box.top + object.box.height / 2;
  }
  if (layout.has_point()) {
    object.x = number_in(fields, layout.point[0], name, line);
    object.y = number_in(fields, layout.point[1], name, line);
  }
  return object;
}

/// What a file says without a confidence it is sure of.
ObjectList::Name parse_name(const std::vector<std::string_view>& fields, const Layout& layout, const std::string& name,
                            int64_t line) {
  ObjectList::Name its{csv_text(fields[layout.class_name]), 1};
  if (layout.class_confidence == kAbsent) return its;
  const std::string_view confidence = fields[layout.class_confidence];
  if (!parse_number(confidence, its.confidence) || its.confidence < 0 || its.confidence > 1)
    fail_at(name, line, "class_confidence " + quoted(confidence) + " is no number from 0 to 1");
  return its;
}

/// A row of ground truth for an object that nobody can see: no tracker is asked to find it.
bool is_hidden(const std::vector<std::string_view>& fields, const Layout& layout, const std::string& name,
               int64_t line) {
  return layout.visible != kAbsent && fields.size() == layout.fields &&
         number_in(fields, layout.visible, name, line) == 0;
}

/// The N of a comment "# first_frame: N" (or "="), anywhere in the line's comma- or space-separated text.
std::optional<int64_t> stated_first_frame(std::string_view comment) {
  constexpr std::string_view kKey = "first_frame";
  const size_t at = comment.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = trim(comment.substr(at + kKey.size()));
  if (rest.empty() || (rest[0] != ':' && rest[0] != '=' && rest[0] != ',')) return std::nullopt;
  rest = trim(rest.substr(1));
  int64_t value = 0;
  return parse_integer(rest.substr(0, rest.find_first_of(" ,;\t")), value) ? std::optional<int64_t>(value)
                                                                           : std::nullopt;
}

}  // namespace

ObjectList parse_track_csv(std::string_view text, const std::string& name, const CsvColumns& columns) {
  ObjectList list;
  list.name = name;
  std::optional<Layout> layout;
  std::optional<int64_t> first_frame = columns.first_frame;
  std::string_view line;
  std::vector<std::string_view> fields;
  for (int64_t number = 1; next_line(text, line); ++number) {
    if (line.empty()) continue;
    if (line[0] == '#') {
      if (!first_frame) first_frame = stated_first_frame(line);
      continue;
    }
    split_csv(line, fields);
    if (!layout) {
      layout = read_header(fields, columns.point, name, number);
      continue;
    }
    if (is_hidden(fields, *layout, name, number)) continue;
    tracking::LabelledObject object = parse_row(fields, *layout, name, number);
    const int64_t first = first_frame.value_or(1);
    if (object.frame < first) {
      fail_at(name, number,
              "frame " + std::to_string(object.frame) + " comes before the first, " + std::to_string(first));
    }
    object.frame += 1 - first;
    list.objects.push_back(object);
    list.lines.push_back(number);
    if (layout->class_name != kAbsent) list.names.push_back(parse_name(fields, *layout, name, number));
  }
  if (!layout) throw Error(Fault::input, name + ": no header line; expected columns frame,id,x,y");
  list.has_boxes = layout->has_box();
  list.has_points = true;
  check_unique_ids(list);
  return list;
}

}  // namespace flashcell::host
