#include "host/segment/choice/trial.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "host/label/labeller.hpp"
#include "host/segment/choice/grey_frames.hpp"
#include "host/segment/choice/link.hpp"

namespace flashcell::host {
namespace {

constexpr double kMostForeground = 0.5;  // share of the frame
constexpr int kContrastPixels = 16;      // rows and columns of a box that are looked at
constexpr int kMargin = 2;               // px around the box

/// Difference of mean grey between the foreground and the rest of the box and its margin; or of each foreground pixel
/// from the scene, where that is more: a thing that is brighter than one half of its surroundings and darker than the
/// other.
float contrast_of(const FrameView& grey, const FrameView& scene, const BitImage& mask, const TrialObject& o) {
  const int left = std::max(0, o.left - kMargin), right = std::min(grey.width - 1, o.right + kMargin);
  const int top = std::max(0, o.top - kMargin), bottom = std::min(grey.height - 1, o.bottom + kMargin);
  const int across = std::max(1, (right - left + 1) / kContrastPixels),
            down = std::max(1, (bottom - top + 1) / kContrastPixels);
  double sum[2] = {0, 0}, from_scene = 0;
  int pixels[2] = {0, 0};
  for (int y = top; y <= bottom; y += down) {
    for (int x = left; x <= right; x += across) {
      const int inside = mask.get(x, y) ? 1 : 0;
      const int level = grey_at(grey, x, y);
      sum[inside] += level;
      if (inside == 1) from_scene += std::abs(level - grey_at(scene, x, y));
      ++pixels[inside];
    }
  }
  if (pixels[0] == 0 || pixels[1] == 0) return 0;
  return static_cast<float>(std::max(std::abs(sum[1] / pixels[1] - sum[0] / pixels[0]), from_scene / pixels[1]));
}

void take_objects(const ObjectTable& table, const FrameView& grey, const FrameView& scene, TrialFrame& frame) {
  frame.objects.clear();
  for (const contract::ObjectRecord& record : table.objects) {
    TrialObject o;
    o.area = static_cast<float>(record.m00);
    o.x = static_cast<float>(static_cast<double>(record.m10) / record.m00);
    o.y = static_cast<float>(static_cast<double>(record.m01) / record.m00);
    o.left = record.left;
    o.top = record.top;
    o.right = record.right;
    o.bottom = record.bottom;
    o.at_edge = o.left == 0 || o.top == 0 || o.right + 1 == grey.width || o.bottom + 1 == grey.height;
    o.contrast = contrast_of(grey, scene, frame.mask, o);
    frame.objects.push_back(o);
  }
}

void link_neighbours(const TrialFrames& frames, std::vector<TrialFrame>& trial) {
  for (size_t i = 0; i + 1 < trial.size(); ++i) {
    trial[i].followed = trial[i].usable && trial[i + 1].usable && frames.numbers[i] + 1 == frames.numbers[i + 1];
    if (!trial[i].followed) continue;
    std::vector<TrialObject>& from = trial[i].objects;
    std::vector<TrialObject>& to = trial[i + 1].objects;
    const std::vector<int32_t> links = link_objects(from, to);
    for (size_t k = 0; k < from.size(); ++k) {
      from[k].next = links[k];
      if (links[k] < 0) continue;
      to[links[k]].continued = true;
      from[k].moved = std::hypot(to[links[k]].x - from[k].x, to[links[k]].y - from[k].y);
    }
    const std::vector<int32_t> chance = link_objects(from, mirrored(to, frames.grey[i].width));
    for (size_t k = 0; k < from.size(); ++k) from[k].by_chance = chance[k] >= 0 && chance[k] != links[k];
  }
}

}  // namespace

bool try_segmenter(Segmenter& segmenter, const TrialFrames& frames, const contract::LabelParameters& label,
                   Trial& trial) {
  const FrameView& first = frames.grey[0];
  const std::unique_ptr<Labeller> labeller = make_fast_labeller(label);
  ObjectTable table;
  table.reserve(label);
  const auto take = [&](const FrameView& view, TrialFrame& frame) {
    frame.followed = false;
    frame.objects.clear();
    frame.mask.resize(first.width, first.height);
    segmenter.segment(view, &frame.mask);
    table.clear();
    labeller->label(frame.mask, view, 0, table);
    frame.usable = table.summary.lost == 0 && table.summary.foreground <= kMostForeground * first.width * first.height;
    if (frame.usable) take_objects(table, view, frames.scene, frame);
  };
  trial.frames.resize(frames.grey.size());
  size_t unusable = 0;
  for (size_t i = 0; i < trial.frames.size(); ++i) {
    take(frames.grey[i], trial.frames[i]);
    unusable += trial.frames[i].usable ? 0 : 1;
    if (2 * unusable > trial.frames.size()) return false;
  }
  trial.scene = {};
  if (!segmenter.in_order()) take(frames.scene, trial.scene);
  link_neighbours(frames, trial.frames);
  find_fixed(frames.places, trial.frames);
  return true;
}

}  // namespace flashcell::host
