#include "host/sink/track_columns.hpp"

#include "base/text.hpp"

namespace flashcell::host {
namespace {

struct FixedColumn {
  TrackColumn column;
  const char* name;
  const char* unit;
  const char* meaning;
};

constexpr FixedColumn kColumns[] = {
    {TrackColumn::frame, "frame", "1", "frame number of the recording, from 0; a gap is a dropped frame"},
    {TrackColumn::id, "id", "1", "track, from 1 without gaps"},
    {TrackColumn::state, "state", "text",
     "visible: measured; merged: shares a blob with other tracks; predicted: not seen"},
    {TrackColumn::time, "time_s", "s",
     "recording time of the frame: its time stamp, else frame number over frame rate"},
    {TrackColumn::x, "x", "px", "centroid, right of the frame's first pixel centre"},
    {TrackColumn::y, "y", "px", "centroid, below the frame's first pixel centre"},
    {TrackColumn::vx, "vx", "px/s", "velocity, right"},
    {TrackColumn::vy, "vy", "px/s", "velocity, down"},
    {TrackColumn::left, "left", "px", "box: outer edge of its first column of pixels"},
    {TrackColumn::top, "top", "px", "box: outer edge of its first row of pixels"},
    {TrackColumn::width, "width", "px", "box"},
    {TrackColumn::height, "height", "px", "box"},
    {TrackColumn::area, "area", "px^2", "foreground pixels"},
    {TrackColumn::orientation, "orientation", "rad", "major axis against +x, in (-pi/2, pi/2]; y points down"},
    {TrackColumn::major_axis, "major", "px", "full length of the ellipse with the same second moments"},
    {TrackColumn::minor_axis, "minor", "px", "full width of the ellipse with the same second moments"},
    {TrackColumn::colour_class, "colour", "text", "colour class"},
    {TrackColumn::recognized_class, "class", "text", "recognized class, fused over the track's life"},
    {TrackColumn::class_confidence, "class_confidence", "1", "confidence of the recognized class, 0..1"},
    {TrackColumn::device_time, "device_time_ns", "ns", "the camera's time stamp of the frame"},
    {TrackColumn::host_time, "host_time_ns", "ns", "host steady clock when the frame arrived"},
    {TrackColumn::mean_grey, "mean_grey", "grey", "mean grey value of the object; NaN where it is not seen"},
};

/// A unit as part of a column's name: what a program might take for something else becomes _.
std::string name_part(const std::string& unit) {
  std::string part = to_utf8(unit);
  for (char& c : part) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
    if (!plain) c = '_';
  }
  return part;
}

void add_columns_in_unit(const std::string& unit, std::vector<TrackColumnInfo>& columns) {
  const std::string part = name_part(unit);
  columns.push_back({TrackColumn::x_in_unit, "x_" + part, unit, "x times units_per_pixel"});
  columns.push_back({TrackColumn::y_in_unit, "y_" + part, unit, "y times units_per_pixel"});
  columns.push_back({TrackColumn::vx_in_unit, "vx_" + part + "_per_s", unit + "/s", "vx times units_per_pixel"});
  columns.push_back({TrackColumn::vy_in_unit, "vy_" + part + "_per_s", unit + "/s", "vy times units_per_pixel"});
  columns.push_back({TrackColumn::area_in_unit, "area_" + part + "2", unit + "^2", "area times units_per_pixel^2"});
}

}  // namespace

std::vector<TrackColumnInfo> track_columns(const RunInfo& run, bool device_time, bool host_time) {
  std::vector<TrackColumnInfo> columns;
  for (const FixedColumn& info : kColumns) {
    bool has = true;
    switch (info.column) {
      case TrackColumn::colour_class:
        has = !run.colour_classes.empty();
        break;
      case TrackColumn::recognized_class:
      case TrackColumn::class_confidence:
        has = !run.classes.empty();
        break;
      case TrackColumn::device_time:
        has = device_time;
        break;
      case TrackColumn::host_time:
        has = host_time;
        break;
      case TrackColumn::mean_grey:
        has = (run.features & contract::kFeatureIntensity) != 0;
        break;
      default:
        break;
    }
    if (has) columns.push_back({info.column, info.name, info.unit, info.meaning});
  }
  if (run.unit != "px") add_columns_in_unit(run.unit, columns);
  return columns;
}

const char* state_name(tracking::TrackState state) {
  switch (state) {
    case tracking::TrackState::visible:
      return "visible";
    case tracking::TrackState::merged:
      return "merged";
    case tracking::TrackState::predicted:
      return "predicted";
  }
  return "visible";
}

std::string_view class_name(const std::vector<std::string>& names, int index) {
  return index >= 0 && static_cast<size_t>(index) < names.size() ? std::string_view(names[static_cast<size_t>(index)])
                                                                 : "unknown";
}

}  // namespace flashcell::host
