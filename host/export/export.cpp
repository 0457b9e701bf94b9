#include "host/export/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "host/export/sleap_analysis.hpp"

namespace flashcell::host {
namespace {

using tracking::LabelledObject;

/// A field in quotes, its own doubled, as RFC 4180 has it.
std::string quoted_field(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
}

std::string via_csv(const ObjectList& tracks, const ExportFacts& facts) {
  if (!tracks.has_boxes) throw Error(Fault::usage, tracks.name + ": holds points, no boxes, which VIA's tracks need");
  std::map<int64_t, std::vector<const LabelledObject*>> frames;
  for (const LabelledObject& object : tracks.objects) frames[object.frame].push_back(&object);
  const std::string stem = facts.recording.empty() ? "frame" : std::filesystem::path(facts.recording).stem().string();
  std::string csv =
      "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n";
  for (const auto& [frame, objects] : frames) {
    for (size_t i = 0; i < objects.size(); ++i) {
      const tracking::Box& box = objects[i]->box;
      csv += fmt::format("{},0,{},{},{},{},{}\n", csv_field(to_utf8(fmt::format("{}_{:06}.png", stem, frame - 1))),
                         quoted_field(fmt::format("{{\"frame\":{}}}", frame - 1)), objects.size(), i,
                         quoted_field(fmt::format("{{\"name\":\"rect\",\"x\":{},\"y\":{},\"width\":{},\"height\":{}}}",
                                                  box.left, box.top, box.width, box.height)),
                         quoted_field(fmt::format("{{\"track\":\"{}\"}}", objects[i]->id)));
    }
  }
  return csv;
}

std::string trackmate_xml(const ObjectList& tracks, const ExportFacts& facts) {
  std::map<int64_t, std::vector<const LabelledObject*>> particles;
  for (const LabelledObject& object : tracks.objects) particles[object.id].push_back(&object);
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Tracks nTracks=\"{}\" spaceUnits=\"{}\" frameInterval=\"{}\" "
      "timeUnits=\"{}\" from=\"flashcell\">\n",
      particles.size(), facts.unit == "px" ? "pixel" : markup_escape(facts.unit), facts.fps > 0 ? 1 / facts.fps : 1,
      facts.fps > 0 ? "s" : "frame");
  for (auto& [id, spots] : particles) {
    std::sort(spots.begin(), spots.end(), [](const auto* a, const auto* b) { return a->frame < b->frame; });
    xml += fmt::format("  <particle nSpots=\"{}\">\n", spots.size());
    for (const LabelledObject* spot : spots)
      xml += fmt::format("    <detection t=\"{}\" x=\"{}\" y=\"{}\" z=\"0\" />\n", spot->frame - 1, spot->x, spot->y);
    xml += "  </particle>\n";
  }
  return xml + "</Tracks>\n";
}

}  // namespace

void export_tracks(const ObjectList& tracks, ExportFormat format, const ExportFacts& facts,
                   const std::filesystem::path& path) {
  switch (format) {
    case ExportFormat::via:
      return write_file(path, via_csv(tracks, facts));
    case ExportFormat::trackmate:
      return write_file(path, trackmate_xml(tracks, facts));
    case ExportFormat::sleap:
      return write_sleap_analysis(tracks, facts, path);
  }
}

}  // namespace flashcell::host
