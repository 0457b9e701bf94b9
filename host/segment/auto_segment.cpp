#include "host/segment/auto_segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "base/error.hpp"
#include "host/segment/choice/candidates.hpp"
#include "host/segment/choice/colour_candidates.hpp"
#include "host/segment/choice/colour_view.hpp"
#include "host/segment/choice/grey_frames.hpp"
#include "host/segment/choice/motion.hpp"
#include "host/segment/choice/rate.hpp"
#include "host/segment/choice/running_trial.hpp"
#include "host/segment/regions.hpp"

namespace flashcell::host {
namespace {

constexpr double kDoubtful = 0.1;      // of the best score
constexpr double kNearlyEqual = 0.98;  // of the best score
constexpr double kCountMet = 0.9;      // share of the frames: no need to try cells

/// The local mean makes halos and hollows large objects; a running background forgets what rests, and sees it where it
/// was; a threshold anew for each frame follows what comes into the picture. Colours change with the light, and few
/// cameras tell them as finely as grey.
double trust_in(SegmentMethod method) {
  switch (method) {
    case SegmentMethod::adaptive:
      return 0.97;
    case SegmentMethod::background:
      return 0.95;
    case SegmentMethod::otsu:
      return 0.97;
    case SegmentMethod::colour:
      return 0.93;
    default:
      return 1;
  }
}

/// Both have one size.
void add(const BitImage& pixels, BitImage& image) {
  for (int y = 0; y < image.height(); ++y) {
    for (int w = 0; w < image.words_per_row(); ++w) image.row(y)[w] |= pixels.row(y)[w];
  }
}

/// Everything that is tried, on the same frames.
class Choice {
 public:
  Choice(std::span<const FrameView> frames, std::span<const int64_t> numbers, const SegmentQuestion& question)
      : question_(question),
        grey_(frames),
        region_(rasterize_regions(question.regions, frames[0].width, frames[0].height)) {
    scene_ = std::make_shared<BackgroundImage>(median_background(grey_.views()));
    frames_ = {grey_.views(), numbers, places_of(numbers), view_of(*scene_, grey_.views()[0].format, scene_pixels_)};
    levels_ = measure_grey(grey_.views(), *scene_, region_);
    facts_.noise = std::max(levels_.noise, deep() ? std::ldexp(0.5, levels_.shift) : 0.5);
    const auto regions = make_region_map(question.regions, frames[0].width, frames[0].height);
    facts_.count = regions && regions->counted() ? ExpectedCount(regions) : ExpectedCount(question.count);
    base_.regions = question.regions;
    base_.scene = scene_;
    label_.width = static_cast<uint32_t>(frames[0].width);
    label_.height = static_cast<uint32_t>(frames[0].height);
    label_.max_objects = kMostTrialObjects;
    label_.connectivity = question.connectivity.value_or(contract::Connectivity::exact8);
    label_.min_area = question.min_area;
    label_.max_area = question.max_area;
    facts_.motion = find_motion(frames_, levels_, scene_, base_, facts_.noise);
    facts_.motion_trust = levels_.motion_trust();
  }

  void try_all() {
    try_ways();
    if (!question_.connectivity && facts_.count.known() && !count_is_met()) {
      label_.connectivity = contract::Connectivity::cell;
      try_ways();
    }
    score_ratings(ratings_, facts_.count);
  }

  AutoSegment result() const {
    std::vector<size_t> order(ratings_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return ratings_[a].merits.score > ratings_[b].merits.score; });
    prefer_more_motion(order);
    AutoSegment result;
    for (const size_t i : order) result.tried.push_back(ratings_[i].merits);
    const size_t best = order.front();
    result.parameters = candidates_[best].parameters;
    result.connectivity = connectivities_[best];
    if (result.parameters.method == SegmentMethod::background) settle_learning(result.parameters);
    if (result.parameters.method != SegmentMethod::median) result.parameters.scene = nullptr;
    result.min_area = ratings_[best].min_area;
    result.max_area = ratings_[best].max_area;
    const SegmentMerits& m = ratings_[best].merits;
    result.reason =
        fmt::format("{}: {:.3g} objects a frame of about {:.0f} px, {:.0f} % of them found again in the next", m.name,
                    m.objects, ratings_[best].subject_area, 100 * m.followed);
    if (m.score < kDoubtful)
      result.reason = "nothing behaves like objects that are followed; a guess: " + result.reason;
    const auto other = std::find_if(order.begin(), order.end(), [&](size_t i) {
      return candidates_[i].parameters.method != result.parameters.method;
    });
    if (other != order.end()) {
      const SegmentMerits& next = ratings_[*other].merits;
      result.reason += fmt::format("; {} {} ({:.2f} against {:.2f})",
                                   next.score > m.score ? "as good but with less of the motion" : "next best",
                                   next.name, next.score, m.score);
    }
    return result;
  }

 private:
  void try_ways() {
    for (const SegmentCandidate& c : threshold_candidates(levels_, base_)) try_one(c);
    const int shorter = std::min(grey_.views()[0].width, grey_.views()[0].height);
    for (const SegmentCandidate& c : adaptive_candidates(levels_, base_, shorter)) try_one(c);
    if (frames_.grey.size() >= 3) {
      if (!question_.live)
        for (const SegmentCandidate& c : scene_candidates(levels_, base_, deep(), false)) try_one(c);
      const auto scenes = scenes_by_place(frames_);
      for (const SegmentCandidate& c : scene_candidates(levels_, base_, deep(), true)) {
        const auto running = make_running_trial(c.parameters, frames_, scenes);
        try_one(c, *running, frames_, facts_);
      }
      if (!question_.live && question_.colour.size() == frames_.grey.size()) try_colours();
    }
  }

  /// Of the best ways that are nearly equal, the one that explains most of what moves is first.
  void prefer_more_motion(std::vector<size_t>& order) const {
    const double least = kNearlyEqual * ratings_[order.front()].merits.score;
    const auto end =
        std::find_if(order.begin(), order.end(), [&](size_t i) { return ratings_[i].merits.score < least; });
    const auto most = std::max_element(
        order.begin(), end, [&](size_t a, size_t b) { return ratings_[a].merits.motion < ratings_[b].merits.motion; });
    if (most != end) std::rotate(order.begin(), most, most + 1);
  }

  /// By the way that does best in all.
  bool count_is_met() {
    score_ratings(ratings_, facts_.count);
    const auto best = std::max_element(ratings_.begin(), ratings_.end(), [](const Rating& a, const Rating& b) {
      return a.merits.score < b.merits.score;
    });
    return best->merits.count >= kCountMet;
  }

  static std::vector<int> places_of(std::span<const int64_t> numbers) {
    const size_t count = std::min<size_t>(numbers.size(), kSampledPlaces);
    std::vector<int> places;
    for (size_t i = 0; i < count; ++i) places.push_back(static_cast<int>(i * numbers.size() / count));
    return places;
  }
  /// The scene as a frame.
  static FrameView view_of(const BackgroundImage& scene, PixelFormat format, std::vector<uint8_t>& pixels) {
    const auto bytes = static_cast<size_t>(bytes_per_pixel(format));
    pixels.resize(scene.level.size() * bytes);
    for (size_t i = 0; i < scene.level.size(); ++i) std::memcpy(&pixels[i * bytes], &scene.level[i], bytes);
    return {pixels.data(), scene.width, scene.height, static_cast<ptrdiff_t>(bytes) * scene.width, format};
  }
  bool deep() const { return frames_.grey[0].format == PixelFormat::grey16; }

  /// What differs from the scene in colour, whether it does in grey or not.
  void try_colours() {
    std::vector<FrameView> apart;
    for (const int place : frames_.places) apart.push_back(question_.colour[static_cast<size_t>(place)]);
    const auto direction = direction_of_motion(apart, region_);
    if (!direction) return;
    const ChromaFrames chroma(question_.colour, *direction);
    const auto scene = std::make_shared<BackgroundImage>(median_background(chroma.views()));
    std::vector<uint8_t> scene_pixels;
    const TrialFrames frames{chroma.views(), frames_.numbers, frames_.places,
                             view_of(*scene, PixelFormat::grey8, scene_pixels)};
    const SceneGrey levels = measure_grey(frames.grey, *scene, region_);
    SceneFacts facts;
    facts.noise = std::max(levels.noise, 0.5);
    facts.count = facts_.count;
    facts.motion = find_motion(frames, levels, scene, base_, facts.noise);
    facts.motion_trust = levels.motion_trust();
    if (facts.motion.empty()) return;
    const auto candidates = colour_candidates(question_.colour, facts.motion, region_, base_);
    // What moves in grey is to be explained as well.
    for (size_t i = 0; i < facts_.motion.size(); ++i) add(facts_.motion[i], facts.motion[i]);
    for (const SegmentCandidate& c : candidates)
      try_one(c, *make_colour_trial(c.parameters, question_.colour), frames, facts);
  }

  void try_one(const SegmentCandidate& candidate) {
    const FrameView& first = frames_.grey[0];
    try_one(candidate, *make_segmenter(candidate.parameters, first.width, first.height, first.format), frames_, facts_);
  }

  void try_one(const SegmentCandidate& candidate, Segmenter& segmenter, const TrialFrames& frames,
               const SceneFacts& facts) {
    Rating rating;
    if (try_segmenter(segmenter, frames, label_, trial_)) rating = rate_trial(trial_, facts);
    const bool cells = !question_.connectivity && label_.connectivity == contract::Connectivity::cell;
    rating.merits.name = candidate.name + (cells ? ", by cells" : "");
    rating.trust = trust_in(candidate.parameters.method);
    ratings_.push_back(rating);
    candidates_.push_back(candidate);
    connectivities_.push_back(label_.connectivity);
  }

  /// Fewer frames than a sample has are a whole recording: most of it is left to give objects.
  void settle_learning(SegmentParameters& p) const {
    p.learning_rate = 0.005;
    if (frames_.grey.size() < kSampledFrames) p.learn_frames = static_cast<int>(frames_.grey.size()) / 4;
  }

  const SegmentQuestion& question_;
  contract::LabelParameters label_;
  GreyFrames grey_;
  BitImage region_;
  TrialFrames frames_;
  std::shared_ptr<const BackgroundImage> scene_;
  std::vector<uint8_t> scene_pixels_;
  SceneGrey levels_;
  SceneFacts facts_;
  SegmentParameters base_;
  Trial trial_;
  std::vector<SegmentCandidate> candidates_;
  std::vector<contract::Connectivity> connectivities_;  // of each candidate's objects
  std::vector<Rating> ratings_;
};

}  // namespace

std::vector<int64_t> sampled_frames(int64_t frames) {
  std::vector<int64_t> numbers;
  if (frames <= kSampledFrames) {
    for (int64_t i = 0; i < frames; ++i) numbers.push_back(i);
    return numbers;
  }
  for (int place = 0; place < kSampledPlaces; ++place) {
    const int64_t first = place * (frames - kSampledInARow) / (kSampledPlaces - 1);
    for (int i = 0; i < kSampledInARow; ++i) numbers.push_back(first + i);
  }
  return numbers;
}

AutoSegment auto_segment_parameters(std::span<const FrameView> frames, std::span<const int64_t> numbers,
                                    const SegmentQuestion& question) {
  if (frames.empty()) {
    throw Error(Fault::usage,
                "no frame to choose segmentation parameters from; give the recording or a [segment] section");
  }
  Choice choice(frames, numbers, question);
  choice.try_all();
  return choice.result();
}

}  // namespace flashcell::host
