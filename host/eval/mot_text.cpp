#include "host/eval/mot_text.hpp"

#include <algorithm>
#include <numeric>

#include "host/eval/text_fields.hpp"

namespace flashcell::host {
namespace {

struct MotRow {
  tracking::LabelledObject object;
  double confidence = 1;
  int64_t line = 0;
};

MotRow parse_row(const std::vector<std::string_view>& fields, const std::string& name, int64_t line) {
  if (fields.size() < 6) {
    fail_at(name, line,
            "expected frame,id,left,top,width,height, found " + std::to_string(fields.size()) + " field(s)");
  }
  MotRow row;
  row.line = line;
  if (!parse_integer(fields[0], row.object.frame) || row.object.frame < 1 || row.object.frame > kMaxFrameNumber) {
    fail_at(name, line, "frame " + quoted(fields[0]) + " is not a whole number from 1 to 1000000000");
  }
  if (!parse_integer(fields[1], row.object.id)) {
    fail_at(name, line, "id " + quoted(fields[1]) + " is not a whole number");
  }
  tracking::Box& box = row.object.box;
  double* const values[] = {&box.left, &box.top, &box.width, &box.height, &row.confidence};
  static constexpr const char* kNames[] = {"left", "top", "width", "height", "conf"};
  for (size_t i = 0; i < std::min<size_t>(5, fields.size() - 2); ++i) {
    *values[i] = pixels_in(fields[i + 2], std::string(kNames[i]) + " ", name, line);
  }
  check_sides(box, name, line);
  row.object.x = box.left + box.width / 2;
  row.object.y = box.top + box.height / 2;
  return row;
}

template <class Take>
void for_each_row(std::string_view text, const std::string& name, const Take& take) {
  std::string_view line;
  std::vector<std::string_view> fields;
  for (int64_t number = 1; next_line(text, line); ++number) {
    if (line.empty()) continue;
    split_csv(line, fields);
    take(parse_row(fields, name, number));
  }
}

}  // namespace

void check_unique_ids(const ObjectList& list) {
  std::vector<size_t> order(list.objects.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const tracking::LabelledObject &x = list.objects[a], &y = list.objects[b];
    return x.frame != y.frame ? x.frame < y.frame : x.id != y.id ? x.id < y.id : a < b;
  });
  for (size_t i = 1; i < order.size(); ++i) {
    const tracking::LabelledObject &before = list.objects[order[i - 1]], &object = list.objects[order[i]];
    if (before.frame == object.frame && before.id == object.id) {
      fail_at(list.name, list.lines[order[i]],
              "id " + std::to_string(object.id) + " occurs twice in frame " + std::to_string(object.frame) +
                  " (first in line " + std::to_string(list.lines[order[i - 1]]) + ")");
    }
  }
}

ObjectList parse_mot(std::string_view text, const std::string& name) {
  ObjectList list;
  list.name = name;
  list.has_boxes = list.has_points = true;
  for_each_row(text, name, [&](const MotRow& row) {
    list.objects.push_back(row.object);
    list.lines.push_back(row.line);
  });
  check_unique_ids(list);
  return list;
}

ObjectList read_mot(const std::string& path) {
  return parse_mot(read_text(path), path);
}

std::vector<FrameDetections> parse_mot_detections(std::string_view text, const std::string& name) {
  std::vector<MotRow> rows;
  for_each_row(text, name, [&](const MotRow& row) { rows.push_back(row); });
  std::stable_sort(rows.begin(), rows.end(),
                   [](const MotRow& a, const MotRow& b) { return a.object.frame < b.object.frame; });
  std::vector<FrameDetections> frames;
  for (const MotRow& row : rows) {
    if (frames.empty() || frames.back().frame != row.object.frame) {
      const int64_t before = frames.empty() ? 0 : frames.back().frame;
      if (row.object.frame - before > kMostEmptyFrames) {
        fail_at(name, row.line,
                "frame " + std::to_string(row.object.frame) + " comes more than " + std::to_string(kMostEmptyFrames) +
                    " frames after the one before, " + std::to_string(before) + ": is the frame number right?");
      }
      frames.emplace_back();
      frames.back().frame = row.object.frame;
    }
    tracking::Detection detection;
    detection.x = row.object.x;
    detection.y = row.object.y;
    detection.box = row.object.box;
    detection.area = row.object.box.area();
    detection.confidence = static_cast<float>(row.confidence);
    frames.back().detections.push_back(detection);
  }
  return frames;
}

std::vector<FrameDetections> read_mot_detections(const std::string& path) {
  return parse_mot_detections(read_text(path), path);
}

}  // namespace flashcell::host
