#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/version.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

enum class TrackColumn {
  frame,
  id,
  state,
  time,
  x,
  y,
  vx,
  vy,
  left,
  top,
  width,
  height,
  area,
  orientation,
  major_axis,
  minor_axis,
  colour_class,
  recognized_class,
  class_confidence,
  device_time,
  host_time,
  mean_grey,
  x_in_unit,
  y_in_unit,
  vx_in_unit,
  vy_in_unit,
  area_in_unit,
};

/// A column of the track outputs: its name, unit and meaning stand in the CSV's header and the HDF5 file's attributes.
struct TrackColumnInfo {
  TrackColumn column;
  std::string name;
  std::string unit;
  std::string meaning;
};

/// The columns that this run has, in the order of the file. Left out: colour class and class without names in `run`,
/// device time where the first frame has none, mean grey where intensity is not measured, places, speeds and areas in
/// the run's unit of length where that is px.
std::vector<TrackColumnInfo> track_columns(const RunInfo& run, bool device_time, bool host_time);

/// "visible", "merged" or "predicted".
const char* state_name(tracking::TrackState state);

/// names[index], or "unknown" outside.
std::string_view class_name(const std::vector<std::string>& names, int index);

}  // namespace flashcell::host
