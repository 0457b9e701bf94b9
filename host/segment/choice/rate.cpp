#include "host/segment/choice/rate.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "host/segment/choice/subjects.hpp"

namespace flashcell::host {
namespace {

constexpr double kMostMotion = 0.3;      // share of a frame; more is a flash, a jolt, a moving camera
constexpr double kLeastInMotion = 0.01;  // share of an object
constexpr double kLikeArea = 2;  // ratio of areas, and of contrasts, within which a resting thing is like a moving
constexpr double kSame = 1.2;    // the same, of areas and contrasts of what is the same kind
constexpr double kNearlyAll = 0.95;
constexpr double kMostSame = 6;            // of those that move: so many that are the same are believed
constexpr double kMostResting = 1.5;       // of what the best way finds
constexpr double kOneSize = 1.4;           // ratio of the quartiles of areas
constexpr double kMostUnproven = 3;        // of those that move, or did before they rested
constexpr double kComparable = 0.7;        // of the best score, and
constexpr double kComparableMotion = 0.8;  // of its motion, and
constexpr double kComparableMoving =
    0.5;                            // of the share of its objects in motion, from which it counts how many are found
constexpr double kRestless = 0.2;   // share of the subjects seen moving from which they are all believed
constexpr double kLikeInOther = 3;  // the same for one thing as two ways to segment see it
constexpr double kStandingWeight = 0.5;  // of scenery that the frame's edge cuts: one thing that stays is easily told
constexpr double kCutWeight = 0.3;  // of what the frame's edge cuts: as well scenery that shakes as a thing that comes
constexpr double kLargeWeight = 0.5;  // of what covers much of the frame
constexpr double kPlainContrast = 5;  // standard deviations of the noise at which contrast counts half

uint64_t pixels_of(const BitImage& image) {
  uint64_t pixels = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int w = 0; w < image.words_per_row(); ++w) pixels += std::popcount(image.row(y)[w]);
  }
  return pixels;
}

bool is_kept(const TrialObject& o, const Subjects& subjects) {
  return o.area >= static_cast<float>(subjects.min_area) && o.area <= static_cast<float>(subjects.max_area);
}

/// Adds the foreground of the objects that are kept, as far as it is motion. Of one that hardly is in motion, it is
/// something else that moves there.
void cover(const BitImage& motion, const TrialFrame& frame, const Subjects& subjects, BitImage& covered) {
  const auto each_word = [&](const TrialObject& o, auto visit) {
    for (int y = o.top; y <= o.bottom; ++y) {
      for (int w = o.left / 64; w <= o.right / 64; ++w)
        visit(y, w, columns_of_word(o.left, o.right, w) & motion.row(y)[w] & frame.mask.row(y)[w]);
    }
  };
  for (const TrialObject& o : frame.objects) {
    if (!is_kept(o, subjects)) continue;
    int inside = 0;
    each_word(o, [&](int, int, uint64_t pixels) { inside += std::popcount(pixels); });
    if (inside >= kLeastInMotion * o.area)
      each_word(o, [&](int y, int w, uint64_t pixels) { covered.row(y)[w] |= pixels; });
  }
}

/// Both have one size.
void add_pixels(const BitImage& pixels, BitImage& image) {
  for (int y = 0; y < image.height(); ++y) {
    for (int w = 0; w < image.words_per_row(); ++w) image.row(y)[w] |= pixels.row(y)[w];
  }
}

/// Adds the motion that is next to a pixel of `image`: motion and objects end at different grey levels.
void add_outlines(const BitImage& motion, BitImage& image) {
  const int words = image.words_per_row();
  std::vector<uint64_t> above(words), here(words);
  const auto spread = [&](int y, std::vector<uint64_t>& to) {
    for (int w = 0; w < words; ++w) {
      const uint64_t* const row = image.row(y);
      to[w] =
          row[w] | row[w] << 1 | row[w] >> 1 | (w > 0 ? row[w - 1] >> 63 : 0) | (w + 1 < words ? row[w + 1] << 63 : 0);
    }
  };
  std::vector<uint64_t> below(words);
  spread(0, here);
  for (int y = 0; y < image.height(); ++y) {
    if (y + 1 < image.height())
      spread(y + 1, below);
    else
      std::fill(below.begin(), below.end(), 0);
    for (int w = 0; w < words; ++w) image.row(y)[w] |= (above[w] | here[w] | below[w]) & motion.row(y)[w];
    std::swap(above, here);
    std::swap(here, below);
  }
}

struct Explained {
  double motion;   ///< share of the motion that is in objects or at their outlines, above chance
  double objects;  ///< share of the objects that is in motion
};

struct Covered {
  BitImage now, before;
};

/// How much of a frame's motion its objects explain: by being there, or, where something has gone from its place in the
/// scene, by being there in the scene. What has gone is somewhere else now, where it is motion as well: so of what is
/// explained at least half is there now, and what is left of a floor around an animal, which explains the motion only
/// by being elsewhere, explains none. Nothing where there is no motion, or a flash or a jolt.
std::optional<Explained> explained(const BitImage& motion, const TrialFrame& frame, const TrialFrame& scene,
                                   const Subjects& subjects, Covered& covered) {
  const double moving = static_cast<double>(pixels_of(motion));
  if (moving == 0 || moving > kMostMotion * motion.width() * motion.height()) return std::nullopt;
  for (BitImage* image : {&covered.now, &covered.before}) image->resize(motion.width(), motion.height());
  cover(motion, frame, subjects, covered.now);
  const double inside = static_cast<double>(pixels_of(covered.now));
  add_outlines(motion, covered.now);
  const double now = static_cast<double>(pixels_of(covered.now));
  double area = 0;
  for (const TrialObject& o : frame.objects) area += is_kept(o, subjects) ? o.area : 0;
  cover(motion, scene, subjects, covered.before);
  add_outlines(motion, covered.before);
  add_pixels(covered.before, covered.now);
  // Motion that is everywhere is in what covers half of the frame by half.
  const double chance = std::min(0.99, area / (double{1} * motion.width() * motion.height()));
  const double share = std::min(2 * now, static_cast<double>(pixels_of(covered.now))) / moving;
  return Explained{std::max(0.0, (share - chance) / (1 - chance)), area > 0 ? std::min(1.0, inside / area) : 1};
}

/// A thing that rests, or stays for good, but looks like those that move.
bool is_like(const TrialObject& o, const Subjects& subjects) {
  return !o.at_edge && o.area >= subjects.smaller / kLikeArea && o.area <= subjects.larger * kLikeArea &&
         o.contrast * kLikeArea >= subjects.contrast;
}

/// Could be one of those that move, as it rests: where these are all of one size, scenery is hardly ever just as large
/// and of just that grey.
bool is_same(const TrialObject& o, const Subjects& subjects) {
  return subjects.larger <= kOneSize * subjects.smaller && o.area >= subjects.smaller / kSame &&
         o.area <= subjects.larger * kSame && o.contrast * kSame >= subjects.contrast &&
         o.contrast <= subjects.contrast * kSame;
}

struct Sums {
  double kept = 0, inside = 0, linked = 0, chance = 0, steady = 0, links = 0, contrast = 0;
  double moving = 0, settled = 0, resting = 0, standing = 0;
  double moved = 0;                // of all, whether they are known by their motion or not
  double subjects = 0, alike = 0;  // that move, are there for a while; that stay but look like those
  double same = 0;                 // of those that stay
};

void add_frame(const TrialFrame& frame, const TrialFrame* next, const Subjects& subjects, Sums& sums, double& objects,
               Rating& rating) {
  std::vector<float>& areas = rating.subject_areas;
  const double most_area = kMostOfFrame * frame.mask.width() * frame.mask.height();
  for (const TrialObject& o : frame.objects) {
    if (!is_kept(o, subjects)) continue;
    ++objects;
    sums.kept += 1;
    sums.contrast += o.contrast;
    sums.moved += has_moved(o) && !o.at_edge ? 1 : 0;
    const double believed = o.area > most_area ? kLargeWeight : 1;
    if (!subjects.move) {
      sums.subjects += o.at_edge ? 0 : believed;
      if (!o.at_edge) areas.push_back(o.area);
    } else if (is_mobile(o)) {
      sums.subjects += o.at_edge ? kCutWeight : believed;
      (moves(o) ? sums.moving : o.settled ? sums.settled : sums.resting) += 1;
      if (!o.at_edge) areas.push_back(o.area);
      if (!o.at_edge && has_moved(o)) rating.proven_areas.push_back(o.area);
    } else if (o.fixed && is_like(o, subjects)) {
      sums.alike += 1;
      sums.same += is_same(o, subjects) ? 1 : 0;
      areas.push_back(o.area);
    } else if (stands_at_edge(o)) {
      sums.standing += 1;
    }
    if (next == nullptr) continue;
    if (o.next >= 0) {
      const float a = o.area, b = next->objects[o.next].area;
      sums.steady += std::min(a, b) / std::max(a, b);
      sums.links += 1;
    }
    if (o.at_edge) continue;
    sums.inside += 1;
    sums.linked += o.next >= 0;
    sums.chance += o.by_chance;
  }
}

/// How near the objects which are kept are to the counts, 1 where they meet all that are known.
double share_met(const TrialFrame& frame, const Subjects& subjects, const ExpectedCount& expected) {
  const std::span<const tracking::ObjectCount> counts = expected.counts();
  std::vector<int> objects(counts.size());
  std::vector<bool> with_scenery(counts.size());
  for (const TrialObject& o : frame.objects) {
    const int index = expected.index_at(o.x, o.y);
    if (index < 0 || !is_kept(o, subjects)) continue;
    ++objects[static_cast<size_t>(index)];
    if (stands_at_edge(o)) with_scenery[static_cast<size_t>(index)] = true;
  }
  double known = 0, met = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    known += counts[i].known() ? 1 : 0;
    met += counts[i].known() && !with_scenery[i] ? nearness(counts[i], objects[i]) : 0;
  }
  return known > 0 ? met / known : 1;
}

}  // namespace

Rating rate_trial(const Trial& trial, const SceneFacts& facts) {
  Rating rating;
  const Subjects subjects = find_subjects(trial.frames, facts.count);
  if (!subjects.any()) return rating;
  rating.min_area = subjects.min_area;
  rating.max_area = subjects.max_area;
  rating.subject_area = subjects.median;
  rating.smaller = subjects.smaller;
  rating.larger = subjects.larger;
  Sums sums;
  double usable = 0, squares = 0, met = 0, motion = 0, in_motion = 0, moved_frames = 0;
  Covered covered;
  for (size_t i = 0; i < trial.frames.size(); ++i) {
    const TrialFrame& frame = trial.frames[i];
    if (!frame.usable) continue;
    double objects = 0;
    add_frame(frame, frame.followed ? &trial.frames[i + 1] : nullptr, subjects, sums, objects, rating);
    usable += 1;
    squares += objects * objects;
    met += share_met(frame, subjects, facts.count);
    if (facts.motion.empty()) continue;
    if (const auto share = explained(facts.motion[i], frame, trial.scene, subjects, covered)) {
      motion += share->motion;
      in_motion += share->objects;
      moved_frames += 1;
    }
  }
  if (sums.kept == 0) return rating;
  SegmentMerits& m = rating.merits;
  m.objects = sums.kept / usable;
  m.followed = sums.inside - sums.chance < 1
                   ? 0.5
                   : std::clamp((sums.linked - sums.chance) / (sums.inside - sums.chance), 0.0, 1.0);
  m.steady = sums.links > 0 ? sums.steady / sums.links : 0.5;
  m.motion = moved_frames > 0 ? 1 - facts.motion_trust * (1 - motion / moved_frames) : 1;
  // What else moves is none of those who are counted, however large it is; but it is well that these do.
  if (facts.count.known()) m.motion = std::max(m.motion, sums.moved / sums.kept);
  const double same = std::min(sums.same, kMostSame * sums.subjects);
  const double subject_sum = sums.subjects + std::max(std::min(sums.alike, sums.subjects), same);
  rating.of_one_kind = subjects.move && sums.subjects + same >= kNearlyAll * sums.kept;
  // Things that come and go but never move are a texture at the edge of being seen.
  const double proven = sums.moving + sums.settled;
  const double restless = proven + sums.resting > 0 ? proven / (proven + sums.resting) : 1;
  m.moving = moved_frames > 0 ? in_motion / moved_frames : 1;
  m.subjects = (subject_sum + kStandingWeight * std::min(sums.standing, sums.subjects)) / sums.kept *
               (subjects.move ? std::min(1.0, restless / kRestless) : 1);
  const double variance = std::max(0.0, squares / usable - m.objects * m.objects);
  m.count = facts.count.known() ? met / usable : 1 / (1 + variance / (m.objects * m.objects));
  const double contrast = sums.contrast / sums.kept / facts.noise;
  m.contrast = contrast / (contrast + kPlainContrast);
  rating.frames = usable;
  return rating;
}

namespace {

/// How well one way does, taken by itself.
double behaviour(const SegmentMerits& m, bool count_known) {
  return m.followed * m.followed * std::pow(m.steady, 1.5) * (0.05 + 0.95 * m.motion) *
         std::pow(0.05 + 0.95 * m.subjects, 0.7) * std::pow(0.1 + 0.9 * m.moving, 0.1) *
         (count_known ? 0.02 + 0.98 * m.count : std::sqrt(m.count)) * std::sqrt(m.contrast);
}

bool is_like_in(double area, const Rating& other) {
  return area >= other.smaller / kLikeInOther && area <= other.larger * kLikeInOther;
}

/// How many of a way's areas, a frame, are like those that another way finds.
double found_like(const std::vector<float>& areas, double frames, const Rating& other) {
  const double found = static_cast<double>(
      std::count_if(areas.begin(), areas.end(), [&](float area) { return is_like_in(area, other); }));
  return frames > 0 ? found / frames : 0;
}
double found_like(const Rating& rating, const Rating& other) {
  return found_like(rating.subject_areas, rating.frames, other);
}

/// Whether what a way finds beyond what the best one does are things as well. More than half as many again that rest,
/// and that the best does not see, are scenery, and so is most of what is hardly ever in motion; but not where all are
/// of one size and many of them are seen to have moved, or of one kind.
bool are_things(const Rating& rating, const Rating& best) {
  const double found = found_like(rating, best);
  const bool alike = rating.larger <= kOneSize * rating.smaller;
  if (alike && (rating.of_one_kind || found <= kMostUnproven * found_like(rating.proven_areas, rating.frames, best)))
    return true;
  return found <= kMostResting * found_like(best, best) &&
         rating.merits.moving >= kComparableMoving * best.merits.moving;
}

}  // namespace

void score_ratings(std::vector<Rating>& ratings, const ExpectedCount& count) {
  for (Rating& r : ratings) r.merits.score = r.trust * behaviour(r.merits, count.known());
  if (count.known() || ratings.empty()) return;
  const Rating best = *std::max_element(
      ratings.begin(), ratings.end(), [](const Rating& a, const Rating& b) { return a.merits.score < b.merits.score; });
  double most = 0;
  for (const Rating& r : ratings) {
    const bool comparable =
        r.merits.score >= kComparable * best.merits.score && r.merits.motion >= kComparableMotion * best.merits.motion;
    if (comparable && are_things(r, best)) most = std::max(most, found_like(r, best));
  }
  if (most == 0) return;
  for (Rating& r : ratings) {
    // What is of another size is another thing, and stands for itself.
    if (is_like_in(r.subject_area, best)) r.merits.score *= 0.1 + 0.9 * std::min(1.0, found_like(r, best) / most);
  }
}

}  // namespace flashcell::host
