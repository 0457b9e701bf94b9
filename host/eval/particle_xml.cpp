#include "host/eval/particle_xml.hpp"

#include <fmt/format.h>
#include <tinyxml2.h>

#include <map>
#include <numeric>
#include <unordered_map>

#include "base/xml.hpp"
#include "host/eval/text_fields.hpp"

namespace flashcell::host {
namespace {

using tinyxml2::XMLElement;

constexpr size_t kMostBytes = size_t{1} << 30;

class Reader {
 public:
  explicit Reader(const std::string& name) { list_.name = name; }

  [[noreturn]] void fail(const XMLElement& element, const std::string& what) const {
    fail_at(list_.name, element.GetLineNum(), fmt::format("<{}>: {}", element.Name(), what));
  }

  std::string_view attribute(const XMLElement& element, const char* key) const {
    const char* value = element.Attribute(key);
    if (!value) fail(element, std::string("has no ") + key);
    return trim(value);
  }

  int64_t whole(const XMLElement& element, const char* key) const {
    const std::string_view text = attribute(element, key);
    int64_t value = 0;
    if (!parse_integer(text, value)) fail(element, std::string(key) + " " + quoted(text) + " is not a whole number");
    return value;
  }

  int64_t frame(const XMLElement& element, const char* key) const {
    const int64_t value = whole(element, key);
    if (value < 0 || value >= kMaxFrameNumber) fail(element, std::string(key) + " is not from 0 to 999999999");
    return value + 1;
  }

  double pixels(const XMLElement& element, const char* key) const {
    return pixels_in(attribute(element, key), std::string(key) + " ", list_.name, element.GetLineNum());
  }

  void add(const XMLElement& element, const tracking::LabelledObject& object) {
    list_.objects.push_back(object);
    list_.lines.push_back(element.GetLineNum());
  }

  ObjectList finish() {
    list_.has_points = true;
    check_unique_ids(list_);
    return std::move(list_);
  }

 private:
  ObjectList list_;
};

/// Calls take(child) for every child element of that name.
template <class Take>
void each(const XMLElement& parent, const char* name, const Take& take) {
  for (const XMLElement* e = parent.FirstChildElement(name); e; e = e->NextSiblingElement(name)) take(*e);
}

ObjectList read_particles(const XMLElement& parent, Reader& reader) {
  int64_t id = 0;
  each(parent, "particle", [&](const XMLElement& particle) {
    ++id;
    each(particle, "detection", [&](const XMLElement& detection) {
      tracking::LabelledObject object;
      object.frame = reader.frame(detection, "t");
      object.id = id;
      object.x = reader.pixels(detection, "x");
      object.y = reader.pixels(detection, "y");
      reader.add(detection, object);
    });
  });
  return reader.finish();
}

/// Size of a pixel in the file's unit; 1 where it does not say.
double pixel_size(const XMLElement& root, const char* key, const Reader& reader) {
  const XMLElement* settings = root.FirstChildElement("Settings");
  const XMLElement* image = settings ? settings->FirstChildElement("ImageData") : nullptr;
  if (!image || !image->Attribute(key)) return 1;
  const double size = reader.pixels(*image, key);
  if (!(size > 1e-9)) reader.fail(*image, std::string(key) + " is not above 0");
  return size;
}

ObjectList read_trackmate(const XMLElement& root, Reader& reader) {
  const XMLElement* model = root.FirstChildElement("Model");
  const XMLElement* spots = model ? model->FirstChildElement("AllSpots") : nullptr;
  const XMLElement* tracks = model ? model->FirstChildElement("AllTracks") : nullptr;
  if (!spots || !tracks) reader.fail(root, "holds no Model with AllSpots and AllTracks");
  std::unordered_map<int64_t, int64_t> track_of;
  int64_t id = 0;
  each(*tracks, "Track", [&](const XMLElement& track) {
    ++id;
    each(track, "Edge", [&](const XMLElement& edge) {
      track_of[reader.whole(edge, "SPOT_SOURCE_ID")] = id;
      track_of[reader.whole(edge, "SPOT_TARGET_ID")] = id;
    });
  });
  const double width = pixel_size(root, "pixelwidth", reader), height = pixel_size(root, "pixelheight", reader);
  each(*spots, "SpotsInFrame", [&](const XMLElement& frame) {
    std::map<int64_t, int> seen;
    each(frame, "Spot", [&](const XMLElement& spot) {
      const auto found = track_of.find(reader.whole(spot, "ID"));
      // Where a track splits, the arm that the file names first keeps the id.
      if (found == track_of.end() || seen[found->second]++ > 0) return;
      tracking::LabelledObject object;
      object.frame = reader.frame(spot, "FRAME");
      object.id = found->second;
      object.x = reader.pixels(spot, "POSITION_X") / width;
      object.y = reader.pixels(spot, "POSITION_Y") / height;
      reader.add(spot, object);
    });
  });
  return reader.finish();
}

}  // namespace

ObjectList parse_particle_xml(std::string_view text, const std::string& name) {
  tinyxml2::XMLDocument document;
  if (const std::string wrong = read_xml(text, document, 1, kMostBytes); !wrong.empty())
    throw Error(Fault::input, name + ": " + wrong);
  Reader reader(name);
  const XMLElement* root = document.RootElement();
  if (!root) throw Error(Fault::input, name + ": holds no XML element");
  if (std::string_view(root->Name()) == "TrackMate") return read_trackmate(*root, reader);
  if (root->FirstChildElement("particle")) return read_particles(*root, reader);
  const XMLElement* contest = root->FirstChildElement("TrackContestISBI2012");
  if (!contest) reader.fail(*root, "expected particles of the ISBI challenge or a TrackMate file");
  return read_particles(*contest, reader);
}

}  // namespace flashcell::host
