#include "tracking/tracker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "tracking/association.hpp"
#include "tracking/identity.hpp"
#include "tracking/merge.hpp"
#include "tracking/row_writer.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kSplitTolerance = 0.2;  ///< by which the parts' area may differ from the whole's
constexpr double kWholeShare = 0.95;     ///< of its area with which a track has lost no part

void check_parameters(const TrackerParameters& p, double fps) {
  const auto require = [](bool good, const char* what) {
    if (!good) throw std::invalid_argument(std::string("tracker: ") + what);
  };
  require(std::isfinite(fps) && fps > 0, "fps must be above 0");
  require(p.confirm_ms >= 0 && std::isfinite(p.confirm_ms), "confirm_ms must be 0 or more");
  require(p.lost_ms >= 0 && std::isfinite(p.lost_ms), "lost_ms must be 0 or more");
  require(p.predict_ms >= 0 && std::isfinite(p.predict_ms), "predict_ms must be 0 or more");
  require(p.max_speed >= 0 && std::isfinite(p.max_speed), "max_speed must be 0 or more");
  require(p.gate >= 0 && std::isfinite(p.gate), "gate must be 0 or more");
  require(p.measurement_noise > 0 && std::isfinite(p.measurement_noise), "measurement_noise must be above 0");
  require(p.process_noise >= 0 && std::isfinite(p.process_noise), "process_noise must be 0 or more");
  require(std::isfinite(p.min_confidence), "min_confidence must be a number");
  for (double weight : {p.weight_position, p.weight_shape, p.weight_hlac, p.weight_hue}) {
    require(weight >= 0 && std::isfinite(weight), "weights must be 0 or more");
  }
}

/// True when `part`, that nobody has, lies where the track's box was.
bool lies_in(const Detection& part, const Track& track) {
  const Box& box = track.last_box;
  const double margin = 0.25 * track.size;
  return part.x > box.left - margin && part.x < box.left + box.width + margin && part.y > box.top - margin &&
         part.y < box.top + box.height + margin && part.area < 1.1 * track.area();
}

}  // namespace

struct Tracker::Impl {
  Impl(const TrackerParameters& parameters, double fps)
      : motion(parameters, fps),
        association(motion),
        merges(motion),
        identity(parameters),
        writer(parameters),
        // One frame at each end may lie only partly within the time.
        backfill_frames(static_cast<int64_t>(std::ceil((parameters.lost_ms + parameters.confirm_ms) * 1e-3 * fps)) +
                        2) {}

  void predict(double time);
  bool anybody_missing() const;
  void find_splits();
  void start_tracks(std::span<const ClassBelief> names);
  void correct_tracks(std::span<const ClassBelief> names);
  void learn_name(Track& track, std::span<const ClassBelief> names);
  bool has_left(const Track& track) const;
  void end_tracks();
  void remember_places();

  Motion motion;
  Association association;
  Merges merges;
  Identity identity;
  RowWriter writer;
  int64_t backfill_frames;
  Observations frame;
  std::vector<Track> tracks;           ///< recycled
  std::vector<int32_t> alive, unused;  ///< indices into tracks; alive ones in order of their beginning
  std::vector<int32_t> free_parts;     ///< detections that nobody has
  int64_t last_frame = std::numeric_limits<int64_t>::min();
  double last_time = 0;
  const Recognizer* recognizer = nullptr;
  NamedSightings named;
};

void Tracker::Impl::predict(double time) {
  for (int32_t index : alive) {
    Track& track = tracks[index];
    track.previous_match = track.match;
    track.measured_before = is_alone(track.match) || (track.match == Match::merged && track.part.shown);
    track.previous_detection = track.detection;
    track.match = Match::none;
    track.detection = -1;
    track.part.shown = false;
    motion.predict(track, time - last_time);
  }
}

bool Tracker::Impl::anybody_missing() const {
  return std::any_of(alive.begin(), alive.end(),
                     [this](int32_t index) { return !tracks[index].seen() && tracks[index].established(); });
}

/// A blob that was followed as one object and now lies in parts, one of which at least nobody has, held several
/// objects: its track goes on with the part that it was given, else with the largest, and is measured anew.
void Tracker::Impl::find_splits() {
  free_parts.clear();
  for (size_t i = 0; i < frame.detections.size(); ++i) {
    if (frame.taken_by[i] < 0 && frame.detections[i].has_shape) free_parts.push_back(static_cast<int32_t>(i));
  }
  for (int32_t index : alive) {
    Track& track = tracks[index];
    if (free_parts.empty()) return;
    double area = track.seen() ? frame.detections[track.detection].area : 0;
    if (track.match == Match::merged || area > kWholeShare * track.area()) continue;
    int32_t largest = -1;
    for (int32_t part : free_parts) {
      const Detection& detection = frame.detections[part];
      if (frame.taken_by[part] >= 0 || !lies_in(detection, track)) continue;
      if (!may_be_one(frame.looks[part], track.appearance.look())) continue;
      area += detection.area;
      if (largest < 0 || detection.area > frame.detections[largest].area) largest = part;
    }
    if (largest < 0 || std::abs(area - track.area()) > kSplitTolerance * track.area()) continue;
    if (!track.seen()) {
      if (frame.detections[largest].area > (1 - kSplitTolerance) * track.area()) continue;
      track.match = Match::regained;
      track.detection = largest;
      frame.taken_by[largest] = index;
    }
    remeasure(track, frame.detections[track.detection], frame.looks[track.detection]);
  }
}

void Tracker::Impl::start_tracks(std::span<const ClassBelief> names) {
  for (size_t i = 0; i < frame.detections.size(); ++i) {
    const Detection& detection = frame.detections[i];
    if (frame.taken_by[i] >= 0 || detection.confidence < motion.parameters().min_confidence) continue;
    if (unused.empty()) {
      unused.push_back(static_cast<int32_t>(tracks.size()));
      tracks.emplace_back();
    }
    const int32_t index = unused.back();
    unused.pop_back();
    Track& track = tracks[index];
    std::vector<TrackRow> pending = std::move(track.pending);
    pending.clear();
    track = Track();
    track.pending = std::move(pending);
    motion.start(track, detection);
    track.appearance = Appearance(frame.looks[i]);
    track.first_time = track.last_time = frame.time;
    track.sightings = 1;
    track.match = Match::predicted;
    track.detection = static_cast<int32_t>(i);
    learn_name(track, names);
    alive.push_back(index);
  }
}

void Tracker::Impl::correct_tracks(std::span<const ClassBelief> names) {
  for (int32_t index : alive) {
    Track& track = tracks[index];
    if (track.match != Match::predicted && track.match != Match::regained) continue;
    const Detection& detection = frame.detections[track.detection];
    motion.correct(track, detection);
    const Look& look = frame.looks[track.detection];
    const bool whole = !off_size(track, detection);
    learn_size(track, detection);
    if (whole) track.appearance.learn(look);
    if (size_has_changed(track)) remeasure(track, detection, look);
    track.doubt = 0;
    track.blob = {};
    track.last_time = frame.time;
    ++track.sightings;
    if (whole) learn_name(track, names);
  }
}

void Tracker::Impl::learn_name(Track& track, std::span<const ClassBelief> names) {
  const auto detection = static_cast<size_t>(track.detection);
  if (!names.empty()) {
    track.name.learn(names[detection], track.id != 0, named);
  } else if (recognizer != nullptr) {
    track.name.learn(recognizer->classify(frame.detections[detection]), track.id != 0, named);
  }
}

/// A lost track's prediction is out of sight. What comes in there later is another object.
bool Tracker::Impl::has_left(const Track& track) const {
  const Box& field = motion.parameters().field;
  if (track.seen() || !(field.width > 0)) return false;
  const double x = track.x.position(), y = track.y.position();
  return x < field.left || y < field.top || x > field.left + field.width || y > field.top + field.height;
}

void Tracker::Impl::end_tracks() {
  const TrackerParameters& parameters = motion.parameters();
  const auto ended = [&](int32_t index) {
    const Track& track = tracks[index];
    const double patience =
        (track.id != 0 ? parameters.lost_ms : std::min(parameters.lost_ms, parameters.confirm_ms / 2)) / 1000;
    // Half a frame time against rounding of time stamps.
    const bool over =
        has_left(track) || frame.time - track.last_time > patience + (patience > 0 ? motion.frame_time() / 2 : 0);
    if (over) unused.push_back(index);
    return over;
  };
  alive.erase(std::remove_if(alive.begin(), alive.end(), ended), alive.end());
}

void Tracker::Impl::remember_places() {
  for (int32_t index : alive) {
    Track& track = tracks[index];
    if (!track.seen()) continue;
    const Detection& detection = frame.detections[track.detection];
    const bool alone = is_alone(track.match);
    track.last_x = alone ? detection.x : track.x.position();
    track.last_y = alone ? detection.y : track.y.position();
    track.last_box = alone ? detection.box : box_at(track.last_x, track.last_y, track.reach);
  }
}

Tracker::Tracker(const TrackerParameters& parameters, double fps) {
  check_parameters(parameters, fps);
  impl_ = std::make_unique<Impl>(parameters, fps);
}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;

std::span<const TrackRow> Tracker::update(int64_t frame, double time_s, std::span<const Detection> detections,
                                          std::span<const ClassBelief> names, BlobPixels* pixels) {
  Impl& impl = *impl_;
  const bool first = impl.last_frame == std::numeric_limits<int64_t>::min();
  if (!std::isfinite(time_s) || (!first && (frame <= impl.last_frame || !(time_s > impl.last_time)))) {
    throw std::invalid_argument("tracker: frame " + std::to_string(frame) + ": frame numbers and times must rise");
  }
  check_detections(detections);
  if (!names.empty() && names.size() != detections.size())
    throw std::invalid_argument("tracker: names must be as many as detections, or none");

  impl.frame.set(time_s, detections, impl.motion.parameters().regions.get(), pixels);
  impl.predict(time_s);
  impl.association.match_predicted(impl.tracks, impl.alive, impl.frame);
  const bool resolve = impl.motion.parameters().resolve_merges && impl.anybody_missing();
  if (resolve) {
    impl.merges.start(impl.frame);
    impl.merges.join(impl.tracks, impl.alive, Merges::Within::inside, impl.frame);
  }
  impl.association.match_regained(impl.tracks, impl.alive, impl.frame);
  if (resolve) {
    impl.merges.join(impl.tracks, impl.alive, Merges::Within::near, impl.frame);
    impl.merges.keep(impl.tracks, impl.alive, impl.frame);
    impl.merges.finish(impl.tracks, impl.frame);
  }
  impl.find_splits();
  impl.association.match_alone(impl.tracks, impl.alive, impl.frame);
  impl.identity.settle_splits(impl.tracks, impl.alive, impl.frame);
  impl.correct_tracks(names);
  impl.start_tracks(names);
  impl.end_tracks();
  impl.remember_places();
  impl.writer.write(frame, time_s, impl.tracks, impl.alive, impl.frame);
  impl.last_frame = frame;
  impl.last_time = time_s;
  return impl.writer.rows();
}

std::span<const TrackRow> Tracker::backfill() const {
  return impl_->writer.backfill();
}

int64_t Tracker::backfill_frames() const {
  return impl_->backfill_frames;
}

std::span<const Tracklet> Tracker::tracklets() const {
  return impl_->writer.tracklets();
}

void Tracker::set_names(std::vector<TrackName> names) {
  impl_->writer.set_names(std::move(names));
}

uint64_t Tracker::rows_left_out() const {
  return impl_->writer.rows_left_out();
}

NamedSightings Tracker::named() const {
  return impl_->named;
}

void Tracker::set_recognizer(const Recognizer* recognizer) {
  impl_->recognizer = recognizer;
}

}  // namespace flashcell::tracking
