#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "pipeline/sink.hpp"

namespace flashcell::host {

struct Hdf5Options {
  bool host_time = true;  ///< datasets host_time_ns; without them a run's file holds the same values every time
  bool objects = true;    ///< group /objects: every measured object of every frame
};

/// `tracks.h5` for h5py, pandas and MATLAB: one 1-D dataset a column, each with attributes `unit` and `meaning`.
///   /tracks   the columns of tracks.csv, rising by (frame, id); state 0 visible, 1 merged, 2 predicted; colour and
///   class as
///             numbers into the attributes `colour_classes` and `classes` (one name a line) of the file, class -1
///             unknown
///   /objects  frame, track (0: none) and every field of contract::ObjectRecord and ObjectFeatures that was measured;
///   hlac is [rows, 25], hue [rows, 16] /frames   frame, time, time stamps, numbers of objects
/// A frame without device time where others have one: INT64_MIN. Attributes of the file: the run (RunInfo).
/// Rows appear together, every second, once all their values are on disk: whatever ends the run, every row that the
/// file shows was written. Single-writer-multiple-reader mode: a program can read along. After a kill the file opens as
/// h5py.File(path, "r", swmr=True), or after `h5clear -s tracks.h5`; after a write error as any other. Needs HDF5 1.10
/// to read (MATLAB R2021b). One such sink at a time: the HDF5 library keeps one state for the whole program.
std::unique_ptr<Sink> make_hdf5_sink(std::filesystem::path path, Hdf5Options options = {});

/// Whether several such sinks may write at once, from threads of their own: the HDF5 library says (Debian's may).
bool hdf5_sinks_run_side_by_side();

}  // namespace flashcell::host
