#include "host/eval/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>

#include "host/eval/class_reliability.hpp"
#include "host/eval/read_tracks.hpp"
#include "host/eval/text_fields.hpp"

namespace flashcell::host {
namespace {

std::string sequence_name(const std::string& truth) {
  const std::filesystem::path path(truth);
  if (path.filename() != "gt.txt") return path.stem().string();
  // MOTChallenge: SEQUENCE/gt/gt.txt, or SEQUENCE/gt.txt.
  std::filesystem::path folder = path.parent_path();
  if (folder.filename() == "gt") folder = folder.parent_path();
  return folder.filename().empty() ? path.stem().string() : folder.filename().string();
}

/// Of what holds no object: 0 to 0.
FrameSpan frames_of(const ObjectList& list) {
  FrameSpan span;
  for (const tracking::LabelledObject& object : list.objects) {
    span.first = span.first == 0 ? object.frame : std::min(span.first, object.frame);
    span.last = std::max(span.last, object.frame);
  }
  return span;
}

/// Where tracks are of an excerpt, what is outside of it counts as missed.
std::optional<FrameSpan> excerpt(const ObjectList& truth, const ObjectList& tracks) {
  constexpr double kMuch = 0.1;
  const FrameSpan whole = frames_of(truth), part = frames_of(tracks);
  if (part.last == 0) return std::nullopt;
  const auto length = static_cast<double>(whole.last - whole.first + 1);
  const int64_t outside = std::max<int64_t>(0, part.first - whole.first) + std::max<int64_t>(0, whole.last - part.last);
  if (static_cast<double>(outside) < kMuch * length) return std::nullopt;
  return part;
}

/// Leaves out what comes after frame `frames`.
void keep_first(ObjectList& list, int64_t frames) {
  size_t kept = 0;
  for (size_t i = 0; i < list.objects.size(); ++i) {
    if (list.objects[i].frame > frames) continue;
    list.objects[kept] = list.objects[i];
    list.lines[kept++] = list.lines[i];
  }
  list.objects.resize(kept);
  list.lines.resize(kept);
}

void move(ObjectList& list, double x, double y) {
  for (tracking::LabelledObject& object : list.objects) {
    object.x += x;
    object.y += y;
    object.box.left += x;
    object.box.top += y;
  }
}

std::vector<tracking::LabelledObject> centres_of_boxes(std::vector<tracking::LabelledObject> objects) {
  for (tracking::LabelledObject& o : objects) {
    o.x = o.box.left + o.box.width / 2;
    o.y = o.box.top + o.box.height / 2;
  }
  return objects;
}

/// Also where it is so large that nothing is matched.
std::optional<tracking::ConstantShift> needed_shift(const ObjectList& truth, const ObjectList& tracks,
                                                    const EvalOptions& options) {
  if (options.points) return tracking::constant_shift(truth.objects, tracks.objects, options.max_distance);
  std::vector<double> sides;
  for (const tracking::LabelledObject& object : truth.objects) sides.push_back(std::sqrt(object.box.area()));
  if (sides.empty()) return std::nullopt;
  const auto middle = sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2);
  std::nth_element(sides.begin(), middle, sides.end());
  return tracking::constant_shift(centres_of_boxes(truth.objects), centres_of_boxes(tracks.objects), *middle);
}

void check_frames(const ObjectList& tracks, int64_t frames) {
  for (size_t i = 0; i < tracks.objects.size(); ++i) {
    if (tracks.objects[i].frame > frames) {
      fail_at(tracks.name, tracks.lines[i],
              "frame " + std::to_string(tracks.objects[i].frame) +
                  " is out of range: the ground truth ends with frame " + std::to_string(frames) + "; --frames " +
                  std::to_string(frames) + " leaves out what is beyond");
    }
  }
}

SequenceScores evaluate_pair(const EvalPair& pair, const EvalOptions& options) {
  ObjectList truth = read_tracks(pair.truth, options.truth_columns);
  ObjectList tracks = read_tracks(pair.tracks, options.track_columns);
  for (const ObjectList* list : {&truth, &tracks}) {
    if (!options.points && !list->has_boxes) {
      throw Error(Fault::usage, list->name + ": holds points, no boxes; evaluate with --points --max-distance PX");
    }
  }
  move(truth, options.shift_x, options.shift_y);
  const int64_t frames = options.frames > 0 ? options.frames : frames_of(truth).last;
  const std::optional<Reliability> names = class_reliability(truth, tracks, frames);
  if (options.frames > 0) {
    keep_first(truth, frames);
    keep_first(tracks, frames);
  }
  check_frames(tracks, frames);
  SequenceScores scores = score_sequence(
      sequence_name(pair.truth),
      options.points ? tracking::score_points(truth.objects, tracks.objects, options.max_distance, frames)
                     : tracking::score_boxes(truth.objects, tracks.objects, frames));
  scores.names = names;
  scores.shift = needed_shift(truth, tracks, options);
  scores.tracked = excerpt(truth, tracks);
  if (options.particle_gate > 0)
    scores.particles = tracking::score_particles(truth.objects, tracks.objects, options.particle_gate);
  if (options.overlay) scores.overlay = tracking::judge_overlay(truth.objects, tracks.objects, *options.overlay);
  if (are_label_folders(pair.truth, pair.tracks))
    scores.cells = score_label_folders(pair.truth, pair.tracks, options.frames);
  return scores;
}

/// Combines what every sequence has; nothing where one has none.
template <class Scores>
std::optional<Scores> combined(const std::vector<SequenceScores>& sequences,
                               std::optional<Scores> SequenceScores::*part) {
  std::vector<Scores> all;
  for (const SequenceScores& s : sequences) {
    if (!(s.*part)) return std::nullopt;
    all.push_back(*(s.*part));
  }
  using tracking::combine;
  return combine(std::span<const Scores>(all));
}

}  // namespace

SequenceScores score_sequence(const std::string& name, const tracking::ScoredSequence& sequence) {
  SequenceScores scores;
  scores.name = name;
  scores.hota = tracking::hota(sequence);
  scores.clear = tracking::clear_mot(sequence);
  scores.identity = tracking::identity(sequence);
  return scores;
}

EvalResult evaluate(const EvalOptions& options) {
  if (options.pairs.empty()) throw Error(Fault::usage, "eval: name a ground truth and a file of tracks");
  if (options.points && !(options.max_distance > 0)) {
    throw Error(Fault::usage, "eval: --points needs --max-distance above 0 (px)");
  }
  if (options.particle_gate > 0 && !options.points) {
    throw Error(Fault::usage, "eval: --particle-gate compares points: add --points --max-distance PX");
  }
  if (options.overlay && !options.points)
    throw Error(Fault::usage, "eval: --display follows points: add --points --max-distance PX");
  if (options.overlay && !(options.overlay->fps > 0))
    throw Error(Fault::usage, "eval: --display needs the camera's frames a second: add --fps HZ");
  EvalResult result;
  std::vector<tracking::HotaScores> hota;
  std::vector<tracking::ClearScores> clear;
  std::vector<tracking::IdentityScores> identity;
  for (const EvalPair& pair : options.pairs) {
    result.sequences.push_back(evaluate_pair(pair, options));
    hota.push_back(result.sequences.back().hota);
    clear.push_back(result.sequences.back().clear);
    identity.push_back(result.sequences.back().identity);
  }
  result.overall.name = "OVERALL";
  result.overall.hota = tracking::combine(hota);
  result.overall.clear = tracking::combine(clear);
  result.overall.identity = tracking::combine(identity);
  result.overall.cells = combined(result.sequences, &SequenceScores::cells);
  result.overall.particles = combined(result.sequences, &SequenceScores::particles);
  for (const SequenceScores& scores : result.sequences) {
    if (!scores.names) continue;
    if (!result.overall.names) result.overall.names.emplace();
    result.overall.names->add(*scores.names);
  }
  return result;
}

}  // namespace flashcell::host
