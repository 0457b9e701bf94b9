#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/version.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// What binary outputs store a column's values as.
enum class StoredAs : uint8_t { int64, uint32, uint8, int32, float32, float64 };

/// Stands for an integer that a row does not have.
constexpr int64_t kNoInteger = std::numeric_limits<int64_t>::min();

/// A column of the track outputs: name, unit and meaning stand in the CSV's header and the HDF5 file's attributes. All
/// that any output knows of a column is here: a new one is one entry in the table of track_columns.cpp.
struct TrackColumn {
  std::string name, unit, meaning;
  StoredAs stored_as = StoredAs::float64;
  /// The value: one of the two is set. Integers may be kNoInteger.
  int64_t (*integer)(const AssembledRow& row) = nullptr;
  double (*real)(const AssembledRow& row) = nullptr;
  /// A real's text.
  void (*append_text)(std::string& out, double value) = nullptr;
  /// Texts that stand for an integer's values 0, 1, …; empty: the number itself is written.
  std::vector<std::string> names;
  std::string_view no_name = "unknown";  ///< stands for any other value then
  /// Unit and meaning of the number where `names` stand for it in texts.
  std::string number_unit, number_meaning;

  void append_to(std::string& out, const AssembledRow& row) const;
};

/// The columns that this run has, in the order of the file. Left out: colour class, class, action and region without
/// names in `run`, device time where the first frame has none, mean grey where intensity is not measured, places,
/// speeds and areas in the run's unit of length where that is px.
std::vector<TrackColumn> track_columns(const RunInfo& run, bool device_time, bool host_time);

/// A unit as part of a column's name: what a program might take for something else becomes _.
std::string unit_in_name(const std::string& unit);

/// names[index], or `none` outside.
std::string_view class_name(const std::vector<std::string>& names, int64_t index, std::string_view none = "unknown");

/// Names of the run's regions, by their numbers.
std::vector<std::string> region_names(const RunInfo& run);

}  // namespace flashcell::host
