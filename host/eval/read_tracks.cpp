#include "host/eval/read_tracks.hpp"

#include <algorithm>
#include <filesystem>

#include "host/eval/label_images.hpp"
#include "host/eval/particle_xml.hpp"
#include "host/eval/sleap_file.hpp"
#include "host/eval/text_fields.hpp"
#include "host/eval/tracker_text.hpp"

namespace flashcell::host {
namespace {

/// The first line that is neither empty nor a comment.
std::string_view first_line(std::string_view text) {
  std::string_view line;
  while (next_line(text, line) && (line.empty() || line[0] == '#')) {
  }
  return line;
}

bool has_words(std::string_view line) {
  return line.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string_view::npos;
}

}  // namespace

ObjectList parse_tracks(std::string_view text, const std::string& name, const CsvColumns& columns) {
  const std::string_view line = first_line(text);
  if (line.starts_with('<')) return parse_particle_xml(text, name);
  if (line.starts_with("X1\tY1")) return parse_idtracker(text, name);
  if (std::count(line.begin(), line.end(), '\t') >= 4 && !has_words(line)) return parse_toxtrac(text, name);
  if (line.find("frame") == std::string_view::npos || !has_words(line)) return parse_mot(text, name);
  return line.find("pos_x") != std::string_view::npos ? parse_tracktor(text, name)
                                                      : parse_track_csv(text, name, columns);
}

ObjectList read_tracks(const std::string& path, const CsvColumns& columns) {
  if (std::filesystem::is_directory(path)) return read_label_images(path);
  if (is_hdf5(path)) return read_sleap_file(path, columns.point);
  return parse_tracks(read_text(path), path, columns);
}

}  // namespace flashcell::host
