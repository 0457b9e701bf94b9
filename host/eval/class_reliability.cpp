#include "host/eval/class_reliability.hpp"

#include <algorithm>
#include <map>

namespace flashcell::host {
namespace {

constexpr double kLeastOverlap = 0.5;
constexpr const char* kUnnamed = "unknown";  ///< as tracks.csv says it

double overlap(const tracking::Box& a, const tracking::Box& b) {
  const double width = std::min(a.left + a.width, b.left + b.width) - std::max(a.left, b.left);
  const double height = std::min(a.top + a.height, b.top + b.height) - std::max(a.top, b.top);
  if (!(width > 0) || !(height > 0)) return 0;
  return width * height / (a.area() + b.area() - width * height);
}

}  // namespace

std::optional<Reliability> class_reliability(const ObjectList& truth, const ObjectList& tracks, int64_t frames) {
  if (truth.names.empty() || tracks.names.empty() || !truth.has_boxes || !tracks.has_boxes) return std::nullopt;
  std::map<int64_t, std::vector<size_t>> of_frame;
  for (size_t i = 0; i < truth.objects.size(); ++i) of_frame[truth.objects[i].frame].push_back(i);
  Reliability reliability;
  for (size_t i = 0; i < tracks.objects.size(); ++i) {
    const ObjectList::Name& name = tracks.names[i];
    const auto frame = of_frame.find(tracks.objects[i].frame);
    if (name.text == kUnnamed || frame == of_frame.end() || frame->first > frames) continue;
    double most = kLeastOverlap;
    const ObjectList::Name* nearest = nullptr;
    for (const size_t t : frame->second) {
      const double each = overlap(truth.objects[t].box, tracks.objects[i].box);
      if (each < most) continue;
      most = each;
      nearest = &truth.names[t];
    }
    if (nearest != nullptr) reliability.add(name.confidence, nearest->text == name.text);
  }
  if (reliability.weight() <= 0) return std::nullopt;
  return reliability;
}

}  // namespace flashcell::host
