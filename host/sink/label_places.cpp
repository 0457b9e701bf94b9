#include "host/sink/label_places.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace flashcell::host {
namespace {

constexpr int kCell = 4;   // px
constexpr int kGap = 3;    // px between an object and its label
constexpr int kRing = 26;  // px that the next ring of places is farther away
constexpr int kPlacesARing = 8;
constexpr int kLargeShare = 8;  // a box larger than one of so many parts of the picture keeps its rim free
constexpr int kRim = 6;         // px

/// The place of a ring's number `direction`, `gap` px from the object.
cv::Rect box_at(const cv::Rect& object, cv::Size label, int direction, int gap) {
  const int right = object.x + object.width, bottom = object.y + object.height;
  const int above = object.y - gap - label.height, below = bottom + gap;
  const int middle = object.y + (object.height - label.height) / 2;
  const std::array<cv::Point, kPlacesARing> corners = {{{object.x, above},
                                                        {object.x, below},
                                                        {right + gap, middle},
                                                        {object.x - gap - label.width, middle},
                                                        {right - label.width, above},
                                                        {right - label.width, below},
                                                        {right + gap, above},
                                                        {object.x - gap - label.width, below}}};
  return {corners[static_cast<size_t>(direction)], label};
}

LabelPlaces::Place place_at(const cv::Rect& object, cv::Size label, int slot) {
  const int ring = slot / kPlacesARing;
  LabelPlaces::Place place{box_at(object, label, slot % kPlacesARing, kGap + ring * kRing), slot, ring > 0, {}, {}};
  const cv::Rect& box = place.box;
  place.from = {std::clamp(box.x + box.width / 2, object.x, object.br().x),
                std::clamp(box.y + box.height / 2, object.y, object.br().y)};
  place.to = {std::clamp(place.from.x, box.x, box.br().x), std::clamp(place.from.y, box.y, box.br().y)};
  return place;
}

}  // namespace

LabelPlaces::LabelPlaces(cv::Size picture)
    : picture_(picture),
      grid_((picture.width + kCell - 1) / kCell, (picture.height + kCell - 1) / kCell),
      edges_(static_cast<size_t>(grid_.width + 1) * static_cast<size_t>(grid_.height + 1)),
      covered_(static_cast<size_t>(grid_.area())) {}

cv::Rect LabelPlaces::cells_of(const cv::Rect& box) const {
  const int left = std::clamp(box.x / kCell, 0, grid_.width), top = std::clamp(box.y / kCell, 0, grid_.height);
  const int right = std::clamp((box.x + box.width + kCell - 1) / kCell, left, grid_.width);
  const int bottom = std::clamp((box.y + box.height + kCell - 1) / kCell, top, grid_.height);
  return {left, top, right - left, bottom - top};
}

void LabelPlaces::add_cover(const cv::Rect& box) {
  const cv::Rect cells = cells_of(box);
  if (cells.empty()) return;
  const auto edge = [&](int x, int y) -> int32_t& {
    return edges_[static_cast<size_t>(y) * static_cast<size_t>(grid_.width + 1) + static_cast<size_t>(x)];
  };
  ++edge(cells.x, cells.y);
  --edge(cells.x + cells.width, cells.y);
  --edge(cells.x, cells.y + cells.height);
  ++edge(cells.x + cells.width, cells.y + cells.height);
}

void LabelPlaces::begin(const std::vector<cv::Rect>& objects) {
  std::fill(edges_.begin(), edges_.end(), 0);
  for (const cv::Rect& o : objects) {
    if (int64_t{o.width} * o.height * kLargeShare <= int64_t{picture_.width} * picture_.height) {
      add_cover(o);
      continue;
    }
    add_cover({o.x, o.y, o.width, kRim});
    add_cover({o.x, o.y + o.height - kRim, o.width, kRim});
    add_cover({o.x, o.y, kRim, o.height});
    add_cover({o.x + o.width - kRim, o.y, kRim, o.height});
  }
  // Sums along rows and columns say how many boxes cover each cell.
  const auto width = static_cast<size_t>(grid_.width) + 1;
  for (int y = 0; y < grid_.height; ++y) {
    int32_t* row = edges_.data() + static_cast<size_t>(y) * width;
    for (int x = 1; x < grid_.width; ++x) row[x] += row[x - 1];
    if (y > 0) {
      for (int x = 0; x < grid_.width; ++x) row[x] += row[x - static_cast<ptrdiff_t>(width)];
    }
    for (int x = 0; x < grid_.width; ++x)
      covered_[static_cast<size_t>(y) * static_cast<size_t>(grid_.width) + static_cast<size_t>(x)] = row[x] > 0;
  }
}

bool LabelPlaces::is_free(const cv::Rect& box) const {
  if ((box & cv::Rect({0, 0}, picture_)) != box) return false;
  const cv::Rect cells = cells_of(box);
  for (int y = cells.y; y < cells.y + cells.height; ++y) {
    const auto row = covered_.begin() + static_cast<ptrdiff_t>(y) * grid_.width;
    if (std::find(row + cells.x, row + cells.x + cells.width, 1) != row + cells.x + cells.width) return false;
  }
  return true;
}

bool LabelPlaces::is_line_free(const Place& place, const cv::Rect& object) const {
  const cv::Point way = place.to - place.from;
  const int steps = std::max(std::abs(way.x), std::abs(way.y)) / (kCell / 2) + 1;
  const cv::Rect own(object.x - kCell, object.y - kCell, object.width + 2 * kCell, object.height + 2 * kCell);
  for (int i = 0; i <= steps; ++i) {
    const cv::Point at = place.from + way * i / steps;
    const cv::Rect cell = cells_of({at, cv::Size(1, 1)});
    if (own.contains(at) || cell.empty()) continue;
    if (covered_[static_cast<size_t>(cell.y) * static_cast<size_t>(grid_.width) + static_cast<size_t>(cell.x)] != 0)
      return false;
  }
  return true;
}

std::optional<LabelPlaces::Place> LabelPlaces::take(const cv::Rect& object, cv::Size label, int wanted_slot) {
  std::array<int, kSlots + 1> order{};
  size_t count = 0;
  // Where it was, unless that was away from the object and there is room beside it now.
  const bool close = wanted_slot < kPlacesARing;
  if (close) order[count++] = wanted_slot;
  for (int slot = 0; slot < kSlots; ++slot) {
    if (slot == kPlacesARing && !close) order[count++] = wanted_slot;
    order[count++] = slot;
  }
  for (const int slot : order) {
    const Place place = place_at(object, label, slot);
    if (!is_free(place.box) || (place.apart && !is_line_free(place, object))) continue;
    const cv::Rect cells = cells_of(place.box);
    for (int y = cells.y; y < cells.y + cells.height; ++y) {
      const auto row = covered_.begin() + static_cast<ptrdiff_t>(y) * grid_.width;
      std::fill(row + cells.x, row + cells.x + cells.width, uint8_t{1});
    }
    return place;
  }
  return std::nullopt;
}

}  // namespace flashcell::host
