#include "host/segment/choice/subjects.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace flashcell::host {
namespace {

constexpr int kBins = 50;                         // of area, two an octave, up to 2^25 px
constexpr double kFollowed = 0.5;                 // share above chance from which a bin's objects are things
constexpr double kMove = 0.01, kLeastStep = 0.6;  // of its size, px: more than a centroid's noise
constexpr double kPresence = 0.15;                // share of the frames in which something moves, at least
constexpr double kRestlessEnough = 0.3;           // share of the objects seen moving beyond which more says nothing
constexpr double kArrived = 0.5;   // of what moves from one frame to the next: what only came to its place, or left it
constexpr double kStepping = 0.4;  // share of a size's objects that step, beside that of the size that moves most
constexpr double kHardlyFixed = 0.9;    // share of a bin's objects that do not stay for good
constexpr double kShare = 0.3;          // of a bin's objects that move, beside that of the bin that moves most
constexpr double kMostMargin = 4;       // of areas, where nothing else is near: upwards, where animals meet, and
constexpr double kLessMargin = 2;       // downwards, where there are pieces of them
constexpr double kLeastOfQuartile = 2;  // a quarter of the subjects are smaller than twice the least that is kept
constexpr float kWholeToPiece = 2;      // of areas, at least
constexpr float kPieceReach = 0.5F;     // of the whole's size, px: a piece lies no further from it
constexpr size_t kCrowd = 100;          // objects in a frame, among which all lie beside others
constexpr int kEmptyBins = 3;           // between a subject's areas
constexpr double kSurely = 0.5;         // of the evidence of the size that moves most, from which what moves counts

int bin_of(double area) {
  return std::clamp(static_cast<int>(2 * std::log2(std::max(area, 1.0))), 0, kBins - 1);
}
double area_of(int bin) {
  return std::exp2(0.5 * bin);
}

/// What the objects of one size do.
struct Bin {
  double objects = 0, linked = 0, chance = 0;  // inside the picture, in frames that are followed
  double moving = 0, mobile = 0, all = 0;      // moving: also what came to its place, or left it
  double stepping = 0;                         // of them, from one frame to the next
  // Share of the frames with something that has moved and has this size or the next; less where it only arrived.
  double presence = 0;

  double followed() const {
    return objects - chance < 1 ? 0 : std::clamp((linked - chance) / (objects - chance), 0.0, 1.0);
  }
  double restless() const { return all > 0 ? moving / all : 0; }
  /// What comes and goes without a step, beside things of another size that step, is compression or a texture at the
  /// edge of being seen. One object more or less is no difference.
  bool steps_like(const Bin& other) const { return (stepping + 1) * other.all >= kStepping * other.stepping * all; }
  double evidence() const { return followed() * presence; }
};
using Bins = std::array<Bin, kBins>;

Bins count_bins(const std::vector<TrialFrame>& trial) {
  Bins bins;
  double followed = 0;
  for (const TrialFrame& frame : trial) {
    std::array<double, kBins> present{};
    followed += frame.followed;
    for (const TrialObject& o : frame.objects) {
      const int b = bin_of(o.area);
      Bin& bin = bins[b];
      bin.all += 1;
      bin.mobile += is_mobile(o);
      if (has_moved(o) && !o.at_edge) {
        bin.moving += 1;
        bin.stepping += moves(o);
        for (int near = std::max(0, b - 1); near <= std::min(kBins - 1, b + 1); ++near)
          present[near] = std::max(present[near], moves(o) ? 1 : kArrived);
      }
      if (!frame.followed || o.at_edge) continue;
      bin.objects += 1;
      bin.linked += o.next >= 0;
      bin.chance += o.by_chance;
    }
    for (int b = 0; b < kBins; ++b) bins[b].presence += present[b];
  }
  for (Bin& bin : bins) bin.presence = bin.moving > 0 ? bin.presence / followed : 0;
  return bins;
}

struct Range {
  int first = 0, last = -1;
};

/// A few large things count as much as many small ones.
double weight_of_motion(const Bins& bins, int b) {
  return bins[b].evidence() * std::sqrt(area_of(b));
}

template <class Weight>
int heaviest(Weight weight) {
  int peak = 0;
  for (int b = 1; b < kBins; ++b) {
    if (weight(b) > weight(peak)) peak = b;
  }
  return peak;
}

/// From the bin of most weight to both sides, as long as bins belong.
template <class Weight, class Belongs>
Range grow(Weight weight, Belongs belongs, const Bins& bins) {
  const int peak = heaviest(weight);
  if (!(weight(peak) > 0)) return {};
  const auto reach = [&](int step) {
    int end = peak, empty = 0;
    for (int b = peak + step; b >= 0 && b < kBins; b += step) {
      if (belongs(b, peak)) {
        end = b;
        empty = 0;
      } else if (bins[b].all > 0 || ++empty > kEmptyBins) {
        break;
      }
    }
    return end;
  };
  return {reach(-1), reach(1)};
}

/// Raises the lower end as long as what is left is followed and moves better, and hardly any of what moves is lost.
Range trimmed(const Range& range, const Bins& bins) {
  const auto worth = [&](int first) {
    Bin sum;
    double moving_area = 0, all_moving_area = 0;
    for (int b = range.first; b <= range.last; ++b) {
      all_moving_area += bins[b].moving * area_of(b);
      if (b < first) continue;
      moving_area += bins[b].moving * area_of(b);
      sum.objects += bins[b].objects;
      sum.linked += bins[b].linked;
      sum.chance += bins[b].chance;
      sum.moving += bins[b].moving;
      sum.all += bins[b].all;
    }
    return sum.followed() * std::min(1.0, sum.restless() / kRestlessEnough) * moving_area / all_moving_area;
  };
  Range best = range;
  double most = worth(range.first);
  for (int first = range.first + 1; first <= range.last; ++first) {
    const double there = worth(first);
    if (there > most) {
      most = there;
      best.first = first;
    }
  }
  return best;
}

bool is_within(const TrialObject& o, const Range& range) {
  const int bin = bin_of(o.area);
  return bin >= range.first && bin <= range.last;
}

/// Lies beside something that is much larger, as a leg lies beside the animal that it was cut off from.
bool is_piece(const TrialObject& o, const TrialFrame& frame, const Range& range) {
  return std::any_of(frame.objects.begin(), frame.objects.end(), [&](const TrialObject& whole) {
    if (whole.area < kWholeToPiece * o.area || !is_within(whole, range)) return false;
    const int across = std::max(o.left - whole.right, whole.left - o.right);
    const int down = std::max(o.top - whole.bottom, whole.top - o.bottom);
    return static_cast<float>(std::max(across, down)) <= kPieceReach * std::sqrt(whole.area);
  });
}

/// The range without its smallest sizes, as long as most of a size are pieces.
Range without_pieces(Range range, const std::vector<TrialFrame>& trial) {
  std::array<double, kBins> all{}, pieces{};
  for (const TrialFrame& frame : trial) {
    if (frame.objects.size() > kCrowd) continue;
    for (const TrialObject& o : frame.objects) {
      if (!is_within(o, range) || !is_mobile(o)) continue;
      const int bin = bin_of(o.area);
      all[bin] += 1;
      pieces[bin] += is_piece(o, frame, range) ? 1 : 0;
    }
  }
  while (range.first < range.last && pieces[range.first] > 0.5 * all[range.first]) ++range.first;
  return range;
}

double quantile(std::vector<double>& sorted, double share) {
  return sorted[static_cast<size_t>(std::lround(share * static_cast<double>(sorted.size() - 1)))];
}

/// Areas of subjects, and of what they are not, on both sides.
void measure(const std::vector<TrialFrame>& trial, const Range& range, Subjects& subjects) {
  std::vector<double> areas, contrasts, below, above;
  for (const TrialFrame& frame : trial) {
    for (const TrialObject& o : frame.objects) {
      const int bin = bin_of(o.area);
      if (bin < range.first) below.push_back(o.area);
      if (bin > range.last && (o.fixed || !is_mobile(o))) above.push_back(o.area);
      if (bin < range.first || bin > range.last || (subjects.move && !is_mobile(o))) continue;
      if (subjects.move && frame.objects.size() <= kCrowd && is_piece(o, frame, range)) continue;
      areas.push_back(o.area);
      contrasts.push_back(o.contrast);
    }
  }
  if (areas.empty()) return;
  for (auto* values : {&areas, &contrasts, &below, &above}) std::sort(values->begin(), values->end());
  subjects.least = quantile(areas, 0.05);
  subjects.smaller = quantile(areas, 0.25);
  subjects.median = quantile(areas, 0.5);
  subjects.larger = quantile(areas, 0.75);
  subjects.most = quantile(areas, 0.99);
  subjects.contrast = quantile(contrasts, 0.5);
  double low = std::max(subjects.least / kLessMargin, subjects.smaller / kLeastOfQuartile),
         high = subjects.most * kMostMargin;
  const double frames = static_cast<double>(trial.size());
  if (static_cast<double>(below.size()) > 0.02 * frames)
    low = std::max(low, std::min(std::sqrt(subjects.least * quantile(below, 0.98)), 0.8 * subjects.least));
  if (static_cast<double>(above.size()) > 0.2 * frames)
    high = std::min(high, std::max(std::sqrt(subjects.most * quantile(above, 0.02)), 1.4 * subjects.most));
  subjects.min_area = static_cast<uint32_t>(std::max(1.0, low));
  subjects.max_area = static_cast<uint32_t>(std::min(std::ceil(high), 1e9));
}

/// Of each frame and count (place: frame times counts + count): from how many objects on it is met. A count that is a
/// range would be met as well by leaving subjects out, so it is at least what surely moves there.
std::vector<tracking::ObjectCount> counts_of_places(const std::vector<TrialFrame>& trial, const Bins& bins,
                                                    const ExpectedCount& expected) {
  const std::span<const tracking::ObjectCount> counts = expected.counts();
  const int peak = heaviest([&](int b) { return weight_of_motion(bins, b); });
  const auto is_sure = [&](const TrialObject& o) {
    const Bin& bin = bins[bin_of(o.area)];
    return is_mobile(o) && !o.at_edge && bin.evidence() > 0 && bin.evidence() >= kSurely * bins[peak].evidence() &&
           bin.restless() >= kShare * bins[peak].restless();
  };
  std::vector<tracking::ObjectCount> places;
  places.reserve(trial.size() * counts.size());
  std::vector<int> sure(counts.size());
  for (const TrialFrame& frame : trial) {
    std::fill(sure.begin(), sure.end(), 0);
    for (const TrialObject& o : frame.objects) {
      const int index = expected.index_at(o.x, o.y);
      if (index >= 0 && is_sure(o)) ++sure[static_cast<size_t>(index)];
    }
    for (size_t i = 0; i < counts.size(); ++i)
      places.push_back({std::clamp(sure[i], counts[i].least, counts[i].most), counts[i].most});
  }
  return places;
}

/// Limits between which the counts are met best; among equals those that hold most of what moves, then the
/// widest.
Range range_of_count(const std::vector<TrialFrame>& trial, const Bins& bins, const ExpectedCount& expected) {
  const std::span<const tracking::ObjectCount> counts = expected.counts();
  const std::vector<tracking::ObjectCount> places = counts_of_places(trial, bins, expected);
  struct Sighting {
    size_t place;   // frame times counts + count
    bool standing;  // of scenery that the frame's edge cuts: that is none of those who are counted
  };
  std::array<std::vector<Sighting>, kBins> sightings;
  // Whole numbers: what is added and taken away again leaves nothing.
  const auto merit = [&](size_t place, int objects) { return std::llround(1e6 * nearness(places[place], objects)); };
  int64_t met_by_none = 0;
  for (size_t i = 0; i < trial.size(); ++i) {
    if (!trial[i].usable) continue;
    for (size_t c = 0; c < counts.size(); ++c) met_by_none += counts[c].known() ? merit(i * counts.size() + c, 0) : 0;
    for (const TrialObject& o : trial[i].objects) {
      const int index = expected.index_at(o.x, o.y);
      if (index >= 0 && counts[static_cast<size_t>(index)].known())
        sightings[bin_of(o.area)].push_back({i * counts.size() + static_cast<size_t>(index), stands_at_edge(o)});
    }
  }
  Range best;
  int64_t best_met = 0;
  double best_evidence = -1;
  std::vector<int> objects;
  std::vector<bool> with_scenery;
  const auto is_met = [&](size_t place) { return with_scenery[place] ? 0 : merit(place, objects[place]); };
  for (int first = 0; first < kBins; ++first) {
    objects.assign(trial.size() * counts.size(), 0);
    with_scenery.assign(objects.size(), false);
    int64_t met = met_by_none;
    double evidence = 0;
    for (int last = first; last < kBins; ++last) {
      evidence += bins[last].evidence();
      for (const Sighting& sighting : sightings[last]) {
        met -= is_met(sighting.place);
        if (sighting.standing)
          with_scenery[sighting.place] = true;
        else
          ++objects[sighting.place];
        met += is_met(sighting.place);
      }
      const bool wider = last - first > best.last - best.first;
      if (met > best_met || (met == best_met && (evidence > best_evidence || (evidence == best_evidence && wider)))) {
        best = {first, last};
        best_met = met;
        best_evidence = evidence;
      }
    }
  }
  return best_met > 0 ? best : Range{};
}

}  // namespace

bool is_mobile(const TrialObject& o) {
  return !o.fixed && (o.next >= 0 || o.continued);
}

bool moves(const TrialObject& o) {
  return is_mobile(o) && o.next >= 0 && o.moved > std::max(kLeastStep, kMove * std::sqrt(o.area));
}

bool has_moved(const TrialObject& o) {
  return moves(o) || o.settled;
}

bool stands_at_edge(const TrialObject& o) {
  return o.fixed && o.at_edge;
}

SteppingSizes::SteppingSizes(const std::vector<TrialFrame>& trial) {
  static_assert(kBins <= 64);
  const Bins bins = count_bins(trial);
  const int peak = heaviest([&](int b) { return weight_of_motion(bins, b); });
  for (int b = 0; b < kBins; ++b) {
    if (b > peak || bins[b].steps_like(bins[peak])) sizes_ |= uint64_t{1} << b;
  }
}

bool SteppingSizes::has(float area) const {
  return (sizes_ >> bin_of(area) & 1) != 0;
}

Subjects find_subjects(const std::vector<TrialFrame>& trial, const ExpectedCount& count) {
  const Bins bins = count_bins(trial);
  Subjects subjects;
  if (count.known()) {
    // Whether they move or rest: there are so many.
    const Range range = range_of_count(trial, bins, count);
    if (range.last < range.first) return subjects;
    measure(trial, range, subjects);
    subjects.min_area = range.first == 0 ? 1 : static_cast<uint32_t>(std::ceil(area_of(range.first)));
    subjects.max_area = range.last == kBins - 1 ? 0xFFFFFFFFu : static_cast<uint32_t>(area_of(range.last + 1));
    return subjects;
  }
  for (const Bin& bin : bins) subjects.move |= bin.evidence() >= kPresence;
  Range range;
  if (subjects.move) {
    range = grow([&](int b) { return weight_of_motion(bins, b); },
                 [&](int b, int peak) {
                   const bool as_restless = bins[b].restless() >= kShare * bins[peak].restless();
                   return bins[b].followed() >= kFollowed && bins[b].steps_like(bins[peak]) &&
                          (as_restless || bins[b].mobile >= kHardlyFixed * bins[b].all);
                 },
                 bins);
    if (range.last >= range.first) range = without_pieces(trimmed(range, bins), trial);
  } else {
    const auto weight = [&](int b) { return bins[b].linked * bins[b].followed() * std::sqrt(area_of(b)); };
    range = grow(
        weight, [&](int b, int) { return bins[b].followed() >= kFollowed; }, bins);
  }
  if (range.last >= range.first) measure(trial, range, subjects);
  return subjects;
}

}  // namespace flashcell::host
