#include "pipeline/track_tally.hpp"

#include <algorithm>

namespace flashcell {
namespace {

constexpr double kEdge = 1.5;  // px between a box and the picture's edge where it lies at it

}  // namespace

bool TrackTally::at_edge(const tracking::Box& box) const {
  if (width_ <= 0 || height_ <= 0) return false;
  return box.left < kEdge || box.top < kEdge || box.left + box.width > width_ - kEdge ||
         box.top + box.height > height_ - kEdge;
}

void TrackTally::take(const tracking::TrackRow& row) {
  if (row.id == 0 || row.state == tracking::TrackState::predicted) return;
  ++seen_;
  merged_ += row.state == tracking::TrackState::merged ? 1 : 0;
  if (by_id_.size() < row.id) by_id_.resize(row.id);
  Life& life = by_id_[row.id - 1];
  if (life.sightings == 0 || row.frame < life.first) {
    life.first = row.frame;
    life.from_edge = at_edge(row.box);
  }
  if (life.sightings == 0 || row.frame > life.last) {
    life.last = row.frame;
    life.to_edge = at_edge(row.box);
  }
  ++life.sightings;
}

TrackLives TrackTally::lives(uint64_t frames) const {
  TrackLives lives;
  lives.rows_seen = seen_;
  lives.rows_merged = merged_;
  lives.few = std::min<uint64_t>(TrackLives::kFew, frames / 4);
  for (const Life& life : by_id_) {
    if (life.sightings == 0 || life.from_edge || life.to_edge) continue;
    const auto span = static_cast<uint64_t>(life.last - life.first + 1);
    if (life.sightings < lives.few || 2 * uint64_t{life.sightings} < span) ++lives.doubtful;
  }
  return lives;
}

}  // namespace flashcell
