#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace flashcell::app {

/// A place in a recording that a person has named.
struct Mark {
  int64_t frame = 0;    ///< from 0
  double x = 0, y = 0;  ///< px
  int class_index = 0;
  int64_t line = 0;  ///< in the file, for messages
};

struct Marks {
  std::vector<std::string> classes;  ///< in order of first mention
  std::vector<Mark> marks;           ///< sorted by frame
};

/// CSV with the header `frame,x,y,class`: a point in or near the object in that frame.
/// Or `id,class`: whole tracks of a tracks.csv, given as `tracks_file`; of each at most `kMarksOfTrack` visible rows,
/// evenly spread. Throws Error(Fault::input) naming file and line.
Marks read_marks(const std::string& file, const std::string& tracks_file);

/// The same from texts; `name` and `tracks_name` stand in messages, `tracks` is asked for where ids are named.
Marks parse_marks(std::string_view text, const std::string& name, const std::function<std::string()>& tracks,
                  const std::string& tracks_name);

constexpr size_t kMarksOfTrack = 50;

}  // namespace flashcell::app
