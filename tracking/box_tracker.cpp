#include "tracking/box_tracker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tracking/box_association.hpp"
#include "tracking/box_motion.hpp"
#include "tracking/box_row_writer.hpp"
#include "tracking/camera_motion.hpp"

namespace flashcell::tracking {
namespace {

/// s that a track which is not confirmed may go unseen: a detector that finds an object finds it again soon.
constexpr double kDoubtfulLost = 0.3;
constexpr double kMostInside = 0.5;  ///< share of a new box that may lie in a confirmed track's: a part, or seen twice

void check_parameters(const BoxTrackerParameters& p, double fps) {
  const auto require = [](bool good, const char* what) {
    if (!good) throw std::invalid_argument(std::string("box tracker: ") + what);
  };
  require(std::isfinite(fps) && fps > 0, "fps must be above 0");
  const std::pair<double, const char*> times[] = {{p.confirm_ms, "confirm_ms must be 0 or more"},
                                                  {p.lost_ms, "lost_ms must be 0 or more"},
                                                  {p.smooth_ms, "smooth_ms must be 0 or more"},
                                                  {p.predict_ms, "predict_ms must be 0 or more"}};
  for (const auto& [time, what] : times) require(time >= 0 && std::isfinite(time), what);
  require(p.least_trust >= 0 && p.least_trust <= 0.99, "least_trust must be from 0 to 0.99");
  require(p.least_overlap >= 0 && p.least_overlap <= 1, "least_overlap must be from 0 to 1");
  require(std::isfinite(p.min_confidence), "min_confidence must be a number");
}

/// Share of `part` that lies in `whole`.
double share_inside(const Box& part, const Box& whole) {
  const double width = std::min(part.left + part.width, whole.left + whole.width) - std::max(part.left, whole.left);
  const double height = std::min(part.top + part.height, whole.top + whole.height) - std::max(part.top, whole.top);
  return std::max(0.0, width) * std::max(0.0, height) / part.area();
}

}  // namespace

struct BoxTracker::Impl {
  Impl(const BoxTrackerParameters& p, double fps, ScoreModel score_model)
      : parameters(p),
        scores(std::move(score_model)),
        motion(fps),
        association(p.least_overlap, p.least_trust),
        writer(p),
        // One frame at each end may lie only partly within the time.
        backfill_frames(static_cast<int64_t>(std::ceil(writer.reach() * fps)) + 2) {}

  void look(double time, std::span<const Detection> detections);
  void predict(double dt);
  void follow_camera(double dt);
  void correct(std::span<const ClassBelief> names);
  void learn_name(BoxTrack& track, std::span<const ClassBelief> names);
  bool may_start(size_t index) const;
  void start_tracks(std::span<const ClassBelief> names);
  bool is_over(const BoxTrack& track) const;
  void write(int64_t number);

  /// s of sighting in full trust, or against the track, that one sighting is worth.
  double worth(double trust) const {
    return motion.frame_time() * (trust - parameters.least_trust) / (1 - parameters.least_trust);
  }

  BoxTrackerParameters parameters;
  ScoreModel scores;
  BoxMotion motion;
  BoxAssociation association;
  CameraMotion camera;
  BoxRowWriter writer;
  int64_t backfill_frames;
  BoxFrame frame;
  std::vector<BoxTrack> tracks;        ///< recycled
  std::vector<int32_t> alive, unused;  ///< indices into tracks; alive ones in order of their beginning
  size_t longest_history = 0;          ///< of any track so far: a new one may become as long, and has the room at once
  uint32_t next_id = 1;
  NamedSightings named;
  int64_t last_frame = std::numeric_limits<int64_t>::min();
  double last_time = 0;
};

void BoxTracker::Impl::look(double time, std::span<const Detection> detections) {
  frame.previous_time = last_time;
  frame.time = time;
  frame.detections = detections;
  frame.trust.clear();
  frame.boxes.clear();
  frame.centres.clear();
  frame.widest = frame.tallest = 0;
  for (const Detection& detection : detections) {
    frame.trust.push_back(scores.trust(detection.confidence));
    const Box& box = detection.box;
    frame.boxes.push_back(box);
    frame.centres.push_back({box.left + box.width / 2, box.top + box.height / 2, 0, 0});
    frame.widest = std::max(frame.widest, box.width);
    frame.tallest = std::max(frame.tallest, box.height);
  }
  frame.grid.build(frame.centres);
  frame.taken_by.assign(detections.size(), -1);
}

void BoxTracker::Impl::predict(double dt) {
  for (const int32_t index : alive) {
    tracks[index].detection = -1;
    motion.predict(tracks[index], dt);
  }
}

void BoxTracker::Impl::follow_camera(double dt) {
  for (const BoxPair& pair : association.find_mutual(tracks, alive, frame)) {
    const BoxTrack& track = tracks[pair.track];
    if (track.last_time < frame.previous_time) continue;
    const Box& box = frame.boxes[pair.box];
    camera.add(box.left + box.width / 2 - track.x.position(), box.top + box.height / 2 - track.y.position());
  }
  const CameraMotion::Shift shift = camera.estimate(dt);
  for (const int32_t index : alive) {
    BoxTrack& track = tracks[index];
    track.x.shift(shift.x);
    track.y.shift(shift.y);
    track.last_box.left += shift.x;
    track.last_box.top += shift.y;
  }
}

void BoxTracker::Impl::learn_name(BoxTrack& track, std::span<const ClassBelief> names) {
  if (names.empty()) return;
  track.name.learn(names[track.detection], track.confirmed(), named);
}

void BoxTracker::Impl::correct(std::span<const ClassBelief> names) {
  for (const int32_t index : alive) {
    BoxTrack& track = tracks[index];
    if (!track.seen()) continue;
    track.last_box = frame.boxes[track.detection];
    motion.correct(track, track.last_box);
    track.last_time = frame.time;
    ++track.sightings;
    learn_name(track, names);
    if (track.confirmed()) continue;
    track.evidence += worth(frame.trust[track.detection]);
    if (track.sightings >= 2 && track.evidence >= parameters.confirm_ms / 1000) track.id = next_id++;
  }
}

bool BoxTracker::Impl::may_start(size_t index) const {
  if (frame.taken_by[index] >= 0 || frame.trust[index] < parameters.least_trust) return false;
  if (parameters.min_confidence != 0 && frame.detections[index].confidence < parameters.min_confidence) return false;
  return std::none_of(alive.begin(), alive.end(), [&](int32_t other) {
    const BoxTrack& track = tracks[other];
    return track.confirmed() && track.seen() && share_inside(frame.boxes[index], track.last_box) > kMostInside;
  });
}

void BoxTracker::Impl::start_tracks(std::span<const ClassBelief> names) {
  for (size_t i = 0; i < frame.boxes.size(); ++i) {
    if (!may_start(i)) continue;
    if (unused.empty()) {
      unused.push_back(static_cast<int32_t>(tracks.size()));
      tracks.emplace_back();
    }
    alive.push_back(unused.back());
    unused.pop_back();
    BoxTrack& track = tracks[alive.back()];
    BoxHistory history = std::move(track.history);
    history.clear();
    history.reserve(longest_history);
    track = BoxTrack();
    track.history = std::move(history);
    track.detection = static_cast<int32_t>(i);
    track.last_box = frame.boxes[i];
    track.last_time = frame.time;
    track.sightings = 1;
    track.evidence = worth(frame.trust[i]);
    motion.start(track, track.last_box);
    learn_name(track, names);
  }
}

bool BoxTracker::Impl::is_over(const BoxTrack& track) const {
  const double lost = parameters.lost_ms / 1000;
  // Half a frame time against rounding of time stamps.
  const double patience = (track.confirmed() ? lost : std::min(lost, kDoubtfulLost)) + motion.frame_time() / 2;
  if (frame.time - track.last_time > patience) return true;
  return !track.confirmed() && track.evidence < -parameters.confirm_ms / 1000;
}

void BoxTracker::Impl::write(int64_t number) {
  writer.start(number, frame.time);
  const auto ended = [&](int32_t index) {
    const bool over = is_over(tracks[index]);
    writer.write(tracks[index], frame, over);
    longest_history = std::max(longest_history, tracks[index].history.capacity());
    if (over) unused.push_back(index);
    return over;
  };
  alive.erase(std::remove_if(alive.begin(), alive.end(), ended), alive.end());
  writer.sort();
}

BoxTracker::BoxTracker(const BoxTrackerParameters& parameters, double fps, ScoreModel scores) {
  check_parameters(parameters, fps);
  impl_ = std::make_unique<Impl>(parameters, fps, std::move(scores));
}
BoxTracker::~BoxTracker() = default;

std::span<const TrackRow> BoxTracker::update(int64_t frame, double time_s, std::span<const Detection> detections,
                                             std::span<const ClassBelief> names, BlobPixels* /*pixels*/) {
  Impl& impl = *impl_;
  const bool first = impl.last_frame == std::numeric_limits<int64_t>::min();
  if (!std::isfinite(time_s) || (!first && (frame <= impl.last_frame || !(time_s > impl.last_time)))) {
    throw std::invalid_argument("box tracker: frame " + std::to_string(frame) + ": frame numbers and times must rise");
  }
  check_detections(detections);
  if (!names.empty() && names.size() != detections.size())
    throw std::invalid_argument("box tracker: names must be as many as detections, or none");

  impl.look(time_s, detections);
  if (!first) {
    const double dt = time_s - impl.last_time;
    impl.predict(dt);
    impl.follow_camera(dt);
    impl.association.match(impl.tracks, impl.alive, impl.frame);
  }
  impl.correct(names);
  impl.start_tracks(names);
  impl.write(frame);
  impl.last_frame = frame;
  impl.last_time = time_s;
  return impl.writer.rows();
}

std::span<const TrackRow> BoxTracker::backfill() const {
  return impl_->writer.backfill();
}

NamedSightings BoxTracker::named() const {
  return impl_->named;
}

int64_t BoxTracker::backfill_frames() const {
  return impl_->backfill_frames;
}

std::span<const TrackRow> BoxTracker::finish() {
  impl_->writer.start_end();
  for (const int32_t index : impl_->alive) impl_->writer.finish(impl_->tracks[index]);
  impl_->writer.sort();
  return impl_->writer.backfill();
}

}  // namespace flashcell::tracking
