#include "host/fusion_examples/drive_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/random_reader.hpp"
#include "base/text.hpp"
#include "host/events/event_reader.hpp"
#include "host/fusion_examples/event_planes.hpp"
#include "quant_models/data/picture.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kMostBytes = uint64_t{1} << 30;

struct Labelled {
  std::string picture;
  int64_t time_us = 0;
  bool night = false;
  double width = 0, height = 0;
  struct Mark {
    double left, top, width, height, visible;
    int category;
  };
  std::vector<Mark> marks;
};

/// What boxes.json says: pictures by the file of their events.
struct Labels {
  std::vector<std::string> classes;
  std::map<std::string, std::vector<Labelled>> scenes;
};

Labels read_labels(const fs::path& path) {
  const std::vector<uint8_t> bytes = read_whole(path, kMostBytes);
  const json file = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  Labels labels;
  try {
    std::map<int64_t, int> categories;
    for (const json& category : file.at("categories")) {
      categories[category.at("id")] = static_cast<int>(labels.classes.size());
      labels.classes.push_back(category.at("name"));
    }
    std::map<int64_t, std::vector<Labelled::Mark>> marks;
    for (const json& a : file.at("annotations")) {
      const std::array<double, 4> box = a.at("bbox");
      marks[a.at("image_id")].push_back(
          {box[0], box[1], box[2], box[3], a.value("visible", 1.0), categories.at(a.at("category_id"))});
    }
    for (const json& image : file.at("images"))
      labels.scenes[image.at("events")].push_back({image.at("file_name"), image.at("time_us"), image.at("night"),
                                                   image.at("width"), image.at("height"), marks[image.at("id")]});
  } catch (const std::exception& e) {
    throw Error(Fault::input, path.string() + ": is no label file of drives (" + e.what() + ")");
  }
  return labels;
}

std::vector<Event> read_events(const fs::path& path, EventRecordingInfo& info) {
  const std::unique_ptr<EventReader> reader = open_events(path);
  std::vector<Event> events;
  std::array<Event, 4096> block;
  for (size_t count = reader->read(block); count > 0; count = reader->read(block))
    events.insert(events.end(), block.begin(), block.begin() + static_cast<ptrdiff_t>(count));
  info = reader->info();
  return events;
}

class SceneReader {
 public:
  SceneReader(const fs::path& folder, const DrivingExampleOptions& options, const std::string& events)
      : folder_(folder), o_(options), events_(read_events(folder / events, info_)) {
    if (info_.width < 1 || info_.height < 1)
      throw Error(Fault::input, (folder / events).string() + ": does not say how large its sensor is");
    if (events_.empty()) throw Error(Fault::input, (folder / events).string() + ": holds no event");
    for (Event& e : events_) {
      e.x = static_cast<decltype(e.x)>(e.x * o_.columns / info_.width);
      e.y = static_cast<decltype(e.y)>(e.y * o_.rows / info_.height);
    }
  }

  quant::FusionExample read(const Labelled& labelled) const {
    const fs::path path = folder_ / labelled.picture;
    check_clock(path, labelled.time_us);
    const quant::Picture picture =
        quant::resize(quant::decode_picture(read_whole(path, kMostBytes), path.string(), 3), o_.rows, o_.columns);
    quant::FusionExample example{picture.pixels, event_planes(events_, labelled.time_us, o_), {}, labelled.night};
    const double across = o_.columns / labelled.width, down = o_.rows / labelled.height;
    for (const Labelled::Mark& m : labelled.marks) {
      const auto side = [](double pixels) { return static_cast<float>(pixels); };
      example.objects.push_back({{side(m.left * across), side(m.top * down), side((m.left + m.width) * across),
                                  side((m.top + m.height) * down)},
                                 m.category,
                                 m.visible < o_.least_visible || m.height * down < o_.least_height});
    }
    return example;
  }

 private:
  // A picture that no event can be of has a time of another clock.
  void check_clock(const fs::path& picture, int64_t time_us) const {
    const int64_t first = events_.front().time_us, last = events_.back().time_us;
    if (time_us >= first && time_us - std::llround(1e6 * o_.window) <= last) return;
    throw Error(Fault::input,
                fmt::format("{}: is of {} us, its events are from {} to {} us: pictures and events have different "
                            "clocks; state time_us in boxes.json in the events' clock",
                            printable(picture.string()), time_us, first, last));
  }

  const fs::path& folder_;
  const DrivingExampleOptions& o_;
  EventRecordingInfo info_;
  std::vector<Event> events_;
};

}  // namespace

quant::FusionSet read_drives(const fs::path& folder, const DrivingExampleOptions& o, int test_every,
                             const std::function<void(int64_t)>& progress) {
  const Labels labels = read_labels(folder / "boxes.json");
  if (static_cast<int>(labels.scenes.size()) < test_every || test_every < 2)
    throw Error(Fault::input, folder.string() + ": holds " + std::to_string(labels.scenes.size()) +
                                  " scenes; it takes " + std::to_string(test_every) + " to learn and to test");
  quant::FusionSet set{labels.classes, o.rows, o.columns, o.event_bins, {}, {}};
  int64_t pictures = 0;
  int number = 0;
  for (const auto& [events, scene] : labels.scenes) {
    const SceneReader reader(folder, o, events);
    std::vector<quant::FusionExample>& part = ++number % test_every == 0 ? set.test : set.train;
    for (const Labelled& labelled : scene) {
      part.push_back(reader.read(labelled));
      if (progress) progress(++pictures);
    }
  }
  return set;
}

}  // namespace flashcell::host
