#include "tracking/row_writer.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::tracking {
namespace {

// Where a gap's two ends agree.
constexpr double kMostGrowth = 2.5;    ///< of the area
constexpr double kStraySizes = 0.75;   ///< object sizes by which the second end may be off
constexpr double kStrayGrowth = 0.15;  ///< and that much more with every frame
constexpr double kMostStraySizes = 2.5;

/// The row of an object that is seen alone.
void measure(const Detection& detection, TrackRow& row) {
  row.state = TrackState::visible;
  row.x = detection.x;
  row.y = detection.y;
  row.box = detection.box;
  row.area = detection.area;
  if (detection.has_shape) row.spread = {detection.cov_xx, detection.cov_xy, detection.cov_yy};
}

double mix(double a, double b, double share) {
  return a + share * (b - a);
}
/// Between two rows of a track; what does not mix is the earlier one's, but for the id, which that may lack yet.
TrackRow interpolate(const TrackRow& a, const TrackRow& b, int64_t frame) {
  const double share = static_cast<double>(frame - a.frame) / static_cast<double>(b.frame - a.frame);
  TrackRow row = a;
  row.frame = frame;
  row.id = b.id;
  row.state = TrackState::predicted;
  row.detection = -1;
  row.x = mix(a.x, b.x, share);
  row.y = mix(a.y, b.y, share);
  row.vx = mix(a.vx, b.vx, share);
  row.vy = mix(a.vy, b.vy, share);
  row.box = {mix(a.box.left, b.box.left, share), mix(a.box.top, b.box.top, share), mix(a.box.width, b.box.width, share),
             mix(a.box.height, b.box.height, share)};
  row.area = mix(a.area, b.area, share);
  return row;
}

/// The object was one and the same all the while: of like size at both ends, and at the second where it would have gone
/// on to, or where it had stayed.
bool agree(const TrackRow& a, const TrackRow& b, double seconds) {
  const double steps = static_cast<double>(b.frame - a.frame);
  const double larger = std::max(a.area, b.area), smaller = std::min(a.area, b.area);
  if (larger > kMostGrowth * smaller) return false;
  const double strayed = std::hypot(a.x + seconds * a.vx - b.x, a.y + seconds * a.vy - b.y);
  const double moved = std::hypot(a.x - b.x, a.y - b.y);
  return std::min(strayed, moved) <= std::min(kStraySizes + kStrayGrowth * steps, kMostStraySizes) * std::sqrt(larger);
}

/// Where a blob's middle is farther from where the object should be than its own size, it is not the object.
bool is_near(const Track& track, const Detection& blob) {
  return std::hypot(blob.x - track.x.position(), blob.y - track.y.position()) <= track.size;
}

/// Pixel centres are whole numbers.
void keep_inside(const Box& box, TrackRow& row) {
  row.x = std::clamp(row.x, box.left, std::max(box.left, box.left + box.width - 1));
  row.y = std::clamp(row.y, box.top, std::max(box.top, box.top + box.height - 1));
}

/// By frame, then id. Tracks begin in the order of their ids, mostly, and rows are large: often nothing is to be moved.
void sort_rows(std::vector<TrackRow>& rows) {
  const auto before = [](const TrackRow& a, const TrackRow& b) {
    return a.frame != b.frame ? a.frame < b.frame : a.id < b.id;
  };
  if (!std::is_sorted(rows.begin(), rows.end(), before)) std::sort(rows.begin(), rows.end(), before);
}

}  // namespace

void RowWriter::remember_frame(int64_t frame, double time) {
  frames_.push_back(frame);
  times_.push_back(time);
  // Forget in large steps, so that it costs nothing a frame.
  const double oldest = time - (parameters_.lost_ms + parameters_.confirm_ms) / 1000;
  const size_t past = std::lower_bound(times_.begin(), times_.end(), oldest) - times_.begin();
  // Three frames more: the gap starts before the time that a track may be lost.
  if (past > 3 && past - 3 > times_.size() / 2) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<ptrdiff_t>(past) - 3);
    times_.erase(times_.begin(), times_.begin() + static_cast<ptrdiff_t>(past) - 3);
  }
}

/// False where it has to wait for one.
bool RowWriter::take_id(Track& track, double time, std::vector<Track>& tracks, std::span<const int32_t> alive) {
  if (!keeps_count()) {
    track.id = next_id_++;
    return true;
  }
  const TrackName name = kept_count_.name(track, time, log_.tracklets());
  if (name.id == 0) return false;
  // Who had it is not seen, and is this one.
  for (const int32_t index : alive) {
    if (tracks[index].id == name.id) tracks[index].id = 0;
  }
  track.id = name.id;
  track.id_confidence = name.confidence;
  log_.begin(track.id, track.appearance);
  return true;
}

void RowWriter::confirm(Track& track, double time, std::vector<Track>& tracks, std::span<const int32_t> alive) {
  if (track.id != 0 || track.sightings < 2 || time - track.first_time < parameters_.confirm_ms / 1000) return;
  if (!take_id(track, time, tracks, alive)) {
    track.pending.clear();
    return;
  }
  for (TrackRow& row : track.pending) {
    row.id = track.id;
    row.id_confidence = track.id_confidence;
    give_out(row, time_of(row.frame), backfill_);
  }
  track.pending.clear();
}

/// All of it: rows are too large to be cleared each time.
void RowWriter::fill_row(int64_t frame, const Track& track, const Observations& view, TrackRow& row) const {
  row.frame = frame;
  row.id = track.id;
  row.id_confidence = track.id_confidence;
  row.detection = track.detection;
  row.vx = track.x.speed();
  row.vy = track.y.speed();
  row.colour_class = track.appearance.look().colour_class;
  row.class_id = track.name.belief().best;
  row.class_confidence = track.name.belief().confidence;
  if (is_alone(track.match) || is_whole_blob(track, view)) {
    row.spread = {};
    measure(view.detections[track.detection], row);
    return;
  }
  row.state = track.match != Match::merged ? TrackState::predicted
              : is_only_one(track)         ? TrackState::visible
                                           : TrackState::merged;
  row.x = track.x.position();
  row.y = track.y.position();
  // The estimate may run past what is seen.
  if (track.match == Match::merged)
    keep_inside(track.part.shown ? track.part.box : view.detections[track.detection].box, row);
  if (track.match == Match::merged && track.part.shown) {
    row.box = track.part.box;
    row.area = track.part.area;
    row.spread = track.part.spread;
    return;
  }
  row.box = box_at(row.x, row.y, track.reach);
  row.area = track.area();
  row.spread = track.spread;
}

/// Nobody else with an id is in its blob.
bool RowWriter::is_only_one(const Track& track) const {
  return sharers_[track.detection] - (track.id != 0 ? 1 : 0) < 1;
}

/// A blob that nobody else with an id is in is this object.
bool RowWriter::is_whole_blob(const Track& track, const Observations& view) const {
  return track.match == Match::merged && is_only_one(track) && is_near(track, view.detections[track.detection]);
}

double RowWriter::time_of(int64_t frame) const {
  const auto found = std::lower_bound(frames_.begin(), frames_.end(), frame);
  return times_[std::min<size_t>(found - frames_.begin(), times_.size() - 1)];
}

void RowWriter::count_sharers(const std::vector<Track>& tracks, std::span<const int32_t> alive,
                              const Observations& view) {
  sharers_.assign(view.detections.size(), 0);
  written_sharers_.assign(named_ ? view.detections.size() : 0, 0);
  newcomer_.assign(view.detections.size(), -1);
  for (int32_t index : alive) {
    const Track& track = tracks[index];
    if (!track.seen()) continue;
    if (track.id == 0) {
      int32_t& newcomer = newcomer_[track.detection];
      if (newcomer < 0 || (tracks[newcomer].match == Match::merged && track.match != Match::merged)) newcomer = index;
      continue;
    }
    ++sharers_[track.detection];
    if (named_ && is_written(track)) ++written_sharers_[track.detection];
  }
}

/// Of several tracks without an id in one blob one may have it for its own: which of them will ever be given out is not
/// known yet, and a blob is one object or several that say so.
bool RowWriter::is_doubtful(int32_t index, const Track& track) const {
  return track.id == 0 && track.match == Match::merged && sharers_[track.detection] == 0 &&
         newcomer_[track.detection] != index;
}

bool RowWriter::is_written(const Track& track) const {
  return track.id != 0 && (!named_ || (track.id <= names_.size() && names_[track.id - 1].id != 0));
}

/// Who was merged with tracks that are left out is alone. Only what is given out changes: tracks go on as without
/// names.
void RowWriter::settle_company(const Track& track, const Observations& view, TrackRow& row) const {
  if (!named_ || row.state != TrackState::merged) return;
  const int32_t others = written_sharers_[row.detection] - (is_written(track) ? 1 : 0);
  if (others >= 1) return;
  row.state = TrackState::visible;
  if (is_near(track, view.detections[row.detection])) measure(view.detections[row.detection], row);
}

void RowWriter::give_out(const TrackRow& row, double time, std::vector<TrackRow>& rows) {
  if (parameters_.counted()) log_.take(row, time);
  const TrackName name = !named_                   ? TrackName{row.id, row.id_confidence}
                         : row.id <= names_.size() ? names_[row.id - 1]
                                                   : TrackName{};
  if (name.id == 0) {
    ++rows_left_out_;
    return;
  }
  if (row.state == TrackState::predicted && row.frame >= name.end_frame) return;
  rows.push_back(row);
  rows.back().id = name.id;
  rows.back().id_confidence = name.confidence;
}

/// Whether a row says where the lost track should be. Nobody is where somebody else is seen, unless hidden there, of
/// which blobs know: from then on the prediction is wrong.
bool RowWriter::is_foretold(Track& track, double time, const Observations& view) const {
  if (track.id == 0 || track.astray || parameters_.predicted != PredictedRows::all) return false;
  if (time - track.last_time > parameters_.predict_ms / 1000) return false;
  const Box box = box_at(track.x.position(), track.y.position(), track.reach);
  const int region = track.appearance.look().region;
  track.astray =
      region != RegionMap::kNone && parameters_.regions->at(track.x.position(), track.y.position()) != region;
  view.grid.visit(box, [&](int32_t index) {
    const Detection& other = view.detections[index];
    track.astray = track.astray || (other.x >= box.left && other.x <= box.left + box.width && other.y >= box.top &&
                                    other.y <= box.top + box.height);
  });
  return !track.astray;
}

void RowWriter::fill_gap(Track& track, const TrackRow& row) {
  const size_t known = frames_.size();  // the row's own is the newest
  if (known < 2 || track.last_row.frame >= frames_[known - 2]) return;
  if (parameters_.predicted == PredictedRows::none) return;
  const double seconds = time_of(row.frame) - time_of(track.last_row.frame);
  if (!agree(track.last_row, row, seconds)) return;
  const auto first = std::upper_bound(frames_.begin(), frames_.end(), track.last_row.frame);
  for (auto frame = first; frame != frames_.end() && *frame < row.frame; ++frame) {
    const TrackRow filled = interpolate(track.last_row, row, *frame);
    if (track.id != 0) {
      give_out(filled, time_of(filled.frame), backfill_);
    } else {
      track.pending.push_back(filled);
    }
  }
}

void RowWriter::write(int64_t frame, double time, std::vector<Track>& tracks, std::span<const int32_t> alive,
                      const Observations& view) {
  rows_.clear();
  backfill_.clear();
  remember_frame(frame, time);
  if (keeps_count()) kept_count_.start(tracks, alive, log_.tracklets());
  for (int32_t index : alive) {
    if (tracks[index].seen()) confirm(tracks[index], time, tracks, alive);
  }
  count_sharers(tracks, alive, view);
  TrackRow row;
  for (int32_t index : alive) {
    Track& track = tracks[index];
    const bool predicted = !track.seen();
    if (predicted && !is_foretold(track, time, view)) continue;
    if (!predicted && is_doubtful(index, track)) continue;
    if (!predicted) track.astray = false;
    fill_row(frame, track, view, row);
    const bool new_track = track.last_row.box.width == 0;
    if (!predicted && !new_track) fill_gap(track, row);
    track.last_row = row;
    settle_company(track, view, row);
    if (track.id != 0) {
      give_out(row, time, rows_);
      if (parameters_.counted()) log_.set_appearance(track.id, track.appearance);
    } else {
      track.pending.push_back(row);
    }
  }
  sort_rows(rows_);
  sort_rows(backfill_);
}

}  // namespace flashcell::tracking
