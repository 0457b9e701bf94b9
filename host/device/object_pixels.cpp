#include "host/device/object_pixels.hpp"

#include <algorithm>
#include <utility>

#include "host/label/pixel_labels.hpp"
#include "host/label/unpack_cells.hpp"
#include "host/segment/cell_regions.hpp"
#include "host/segment/segmenter.hpp"

namespace flashcell::host {
namespace {

/// 1 + the index of the object of colour class `colour` that begins at pixel `first`; 0 without one. The table is
/// sorted by both.
uint32_t object_at(const ObjectTable& table, uint32_t colour, uint32_t first) {
  const auto found =
      std::lower_bound(table.objects.begin(), table.objects.end(), std::pair(colour, first),
                       [](const contract::ObjectRecord& object, const std::pair<uint32_t, uint32_t>& at) {
                         return std::pair<uint32_t, uint32_t>(object.class_id, object.first_pixel) < at;
                       });
  const bool is_it = found != table.objects.end() && found->class_id == colour && found->first_pixel == first;
  return is_it ? static_cast<uint32_t>(found - table.objects.begin()) + 1 : 0;
}

}  // namespace

struct ObjectPixels::Parts {
  explicit Parts(const DevicePlan& plan)
      : regions(plan.segment.regions, static_cast<int>(plan.label.width), static_cast<int>(plan.label.height)),
        labels(plan.label) {
    if (!plan.cells) {
      segmenter = make_segmenter(plan.segment, static_cast<int>(plan.label.width), static_cast<int>(plan.label.height),
                                 plan.format);
    }
    masks.resize(plan.cells ? 1 : segmenter->masks());
    for (BitImage& mask : masks) mask.resize(static_cast<int>(plan.label.width), static_cast<int>(plan.label.height));
  }

  void segment(const Frame& frame) {
    if (segmenter)
      segmenter->segment(frame.view, masks.data());
    else
      unpack_cells(regions.inside(frame.cells), masks[0]);
  }

  std::unique_ptr<Segmenter> segmenter;  // null: frames come with their foreground
  CellRegions regions;
  PixelLabels labels;
  std::vector<BitImage> masks;
  std::vector<uint32_t> owner;  // of each label, 1 + its index in the table
};

ObjectPixels::ObjectPixels(const DevicePlan& plan) : parts_(std::make_unique<Parts>(plan)) {
  owners_.resize(static_cast<size_t>(plan.label.width) * plan.label.height);
}

ObjectPixels::~ObjectPixels() = default;

const std::vector<uint32_t>& ObjectPixels::render(const Frame& frame, const ObjectTable& table) {
  Parts& p = *parts_;
  p.segment(frame);
  std::fill(owners_.begin(), owners_.end(), 0);
  for (size_t k = 0; k < p.masks.size(); ++k) {
    const std::vector<uint32_t>& labels = p.labels.render(p.masks[k]);
    // Labels are numbered by their first pixels.
    p.owner.assign(1, 0);
    for (size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == 0) continue;
      if (labels[i] == p.owner.size())
        p.owner.push_back(object_at(table, static_cast<uint32_t>(k), static_cast<uint32_t>(i)));
      if (p.owner[labels[i]] != 0) owners_[i] = p.owner[labels[i]];
    }
  }
  return owners_;
}

}  // namespace flashcell::host
