#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "pipeline/sink.hpp"

namespace flashcell::host {

struct CsvOptions {
  bool host_time = true;        ///< column host_time_ns; without it a run's file is the same bytes every time
  bool header_comments = true;  ///< the `#` lines; some readers (ImageJ) want the column names in the first line
};

/// `tracks.csv`: one row for each track and frame, rising by (frame, id). `#` lines state the run, every column's unit
/// and meaning; then a line of column names. Columns that the run does not have (device time, classes, mean grey) are
/// left out. Numbers are locale-independent: positions to 1e-4 px. Written in whole lines at least every 100 ms
/// (LineFile), so that a killed run leaves a readable file. Lengths are in px; where the run has another unit, places,
/// speeds and areas follow in that too, in columns that name it.
std::unique_ptr<Sink> make_csv_sink(std::filesystem::path path, CsvOptions options = {});

/// `tracks.txt`, MOTChallenge result format: frame (from 1), id, left, top, width, height, 1, -1, -1, -1; boxes in px
/// with the outer edge of the frame's first pixel at (0, 0). Predicted rows are written like all others.
std::unique_ptr<Sink> make_mot_sink(std::filesystem::path path);

}  // namespace flashcell::host
