#include "host/run/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "base/error.hpp"
#include "host/run/input_files.hpp"
#include "host/run/link_tracks.hpp"
#include "host/segment/auto_segment.hpp"
#include "host/segment/choice/grey_frames.hpp"
#include "host/segment/regions.hpp"
#include "host/source/open_source.hpp"
#include "host/source/replay_source.hpp"

namespace flashcell::host {
namespace {

constexpr int64_t kLookAhead = 2000;  // frames read one after the other at most to settle the segmentation
constexpr size_t kGreyPlaces = 4;     // looked at without a colour, after which a recording has none
constexpr int kLeastColour = 12;      // between the channels of a pixel; less is a cast

/// Colour is needed for hue histograms and colour classes; everything else is faster on grey.
bool wants_grey(const Config& config) {
  const bool colour_classes = !config.segment.automatic && config.segment.parameters.method == SegmentMethod::colour;
  return !contract::need_colour(config.label.features) && !colour_classes;
}

SourceOptions source_options(const Config& config, const FrameWishes& wishes) {
  const InputSection& s = config.input;
  SourceOptions options;
  options.grey = wants_grey(config) && !wishes.colour;
  options.start_frame = s.start;
  if (s.frames > 0) options.frame_limit = s.frames;
  options.fps = s.fps;
  options.events = config.events;
  options.event_pictures = wishes.pictures;
  options.keep_events = wishes.events;
  if (s.raw_width > 0 || s.raw_height > 0) {
    RawGeometry& raw = options.raw.emplace();
    raw.width = s.raw_width;
    raw.height = s.raw_height;
    raw.pixels = parse_raw_pixels(s.raw_format);
    raw.significant_bits = s.raw_bits;
    raw.header_bytes = static_cast<uint64_t>(s.raw_header_bytes);
    raw.gap_bytes = static_cast<uint64_t>(s.raw_gap_bytes);
    raw.fps = s.fps;
  }
  return options;
}

/// Frames that a choice of segmentation looks at.
struct Sample {
  std::deque<Frame> copies;  ///< of those that are not kept elsewhere
  std::vector<FrameView> frames;
  std::vector<int64_t> numbers;  ///< places in the recording

  void take(const FrameView& view, int64_t number) {
    frames.push_back(view);
    numbers.push_back(number);
  }
  void copy(const FrameView& view, int64_t number) {
    Frame& copy = copies.emplace_back();
    const size_t bytes = static_cast<size_t>(view.width) * bytes_per_pixel(view.format);
    copy.storage.resize(bytes * static_cast<size_t>(view.height));
    for (int y = 0; y < view.height; ++y) std::copy_n(view.row(y), bytes, copy.storage.data() + bytes * y);
    copy.view = view;
    copy.view.data = copy.storage.data();
    copy.view.stride = static_cast<ptrdiff_t>(bytes);
    take(copy.view, number);
  }
};

bool has_colour(const FrameView& frame) {
  if (!is_colour(frame.format)) return false;
  for (int y = 0; y < frame.height; y += 2) {
    for (int x = 0; x < frame.width; x += 2) {
      const uint8_t* const pixel = frame.row(y) + 3 * static_cast<ptrdiff_t>(x);
      const auto [least, most] = std::minmax({pixel[0], pixel[1], pixel[2]});
      if (most - least >= kLeastColour) return true;
    }
  }
  return false;
}

/// Looks at a recording for a while, without a frame of it being lost to the run.
class Look {
 public:
  Look(Recording& recording, RunObserver& observer, const std::atomic<bool>* stop, int64_t most_bytes)
      : recording_(recording), observer_(observer), stop_(stop), most_bytes_(most_bytes) {
    const SourceInfo& info = recording.source->info();
    const int64_t bytes = std::max<int64_t>(1, int64_t{info.width} * info.height * bytes_per_pixel(info.format));
    room_ = std::max<int64_t>(1, most_bytes / bytes);
  }

  bool stopped() const { return stop_ != nullptr && *stop_; }

  /// Damage ends it early: the run itself reports that, after every whole frame.
  Sample sample() {
    const SourceInfo info = recording_.source->info();
    const int64_t frames = std::min(info.frame_count.value_or(kLookAhead), kLookAhead);
    const bool fits = frames <= room_ || !recording_.open_again;
    if (info.frame_count && recording_.open_at && (*info.frame_count > kLookAhead || !fits))
      return jump(sampled_frames(*info.frame_count));
    return fits ? keep(std::min(frames, room_)) : pass(frames);
  }

  /// The same frames in colour; none where it has no colours, or they do not fit into memory.
  Sample in_colour(const Sample& grey) {
    Sample sample;
    const FrameView& first = grey.frames[0];
    if (is_colour(first.format)) return {{}, grey.frames, grey.numbers};
    if (!recording_.open_in_colour || stopped()) return sample;
    if (static_cast<int64_t>(grey.frames.size()) * first.width * first.height * 3 > most_bytes_) return sample;
    try {
      copy_in_colour(grey.numbers, sample);
    } catch (const Error&) {  // damage; the run itself reports that
    }
    return sample.numbers == grey.numbers ? std::move(sample) : Sample{};
  }

 private:
  void copy_in_colour(const std::vector<int64_t>& wanted, Sample& sample) {
    const bool from_start = !recording_.open_at;
    std::unique_ptr<FrameSource> source;
    Frame frame;
    int64_t next = 0;
    size_t places = 0;
    bool colour = false;
    for (size_t i = 0; i < wanted.size() && !stopped(); ++i) {
      const bool jump = !from_start && (i == 0 || wanted[i] != wanted[i - 1] + 1);
      if (jump || source == nullptr) {
        if (++places > kGreyPlaces && !colour) return;
        source = recording_.open_in_colour(from_start ? 0 : wanted[i], from_start ? 0 : kSampledInARow);
        next = from_start ? 0 : wanted[i];
        if (!is_colour(source->info().format)) return;
      }
      for (; next <= wanted[i]; ++next) {
        if (!source->next(frame)) return;
      }
      colour = colour || has_colour(frame.view);
      sample.copy(frame.view, wanted[i]);
    }
    if (!colour) sample = {};
  }

  /// The frames come from memory afterwards.
  Sample keep(int64_t frames) {
    ReplaySource& source = replay();
    const ObservedWork work(observer_, "looking at the recording", frames);
    std::vector<const Frame*> kept;
    while (static_cast<int64_t>(kept.size()) < frames && !stopped()) {
      const Frame* frame = source.look_ahead();
      if (frame == nullptr) break;
      kept.push_back(frame);
      observer_.progress(static_cast<int64_t>(kept.size()), 0);
    }
    Sample sample;
    for (const int64_t i : sampled_frames(static_cast<int64_t>(kept.size()))) sample.take(kept[i]->view, i);
    return sample;
  }

  /// The frames are read once more afterwards.
  Sample pass(int64_t frames) {
    ReplaySource& source = replay();
    const ObservedWork work(observer_, "looking at the recording", frames);
    const std::vector<int64_t> wanted = sampled_frames(frames);
    Sample sample;
    Frame passed;
    for (int64_t i = 0; i < frames && !stopped(); ++i) {
      const Frame* frame = source.look_ahead();
      if (frame == nullptr) break;
      if (std::binary_search(wanted.begin(), wanted.end(), i)) sample.copy(frame->view, i);
      if (source.next(passed)) source.give_back(passed);
      observer_.progress(i + 1, 0);
    }
    if (!stopped() && !sample.frames.empty()) recording_.source = recording_.open_again();
    return sample;
  }

  /// Other readers look at the recording, each at a place of it.
  Sample jump(const std::vector<int64_t>& wanted) {
    const ObservedWork work(observer_, "looking at the recording", static_cast<int64_t>(wanted.size()));
    Sample sample;
    for (size_t i = 0; i < wanted.size() && !stopped();) {
      size_t end = i + 1;
      while (end < wanted.size() && wanted[end] == wanted[end - 1] + 1) ++end;
      try {
        const auto source = recording_.open_at(wanted[i], static_cast<int64_t>(end - i));
        Frame frame;
        for (size_t k = i; k < end && source->next(frame); ++k) sample.copy(frame.view, wanted[k]);
      } catch (const Error&) {
        if (!sample.frames.empty()) break;
        throw;
      }
      i = end;
      observer_.progress(static_cast<int64_t>(i), 0);
    }
    return sample;
  }

  ReplaySource& replay() {
    auto source = std::make_unique<ReplaySource>(std::move(recording_.source));
    ReplaySource& replay = *source;
    recording_.source = std::move(source);
    return replay;
  }

  Recording& recording_;
  RunObserver& observer_;
  const std::atomic<bool>* stop_;
  int64_t most_bytes_;
  int64_t room_ = 1;  // frames that fit into memory
};

/// Everything else that the configuration says of segmentation stays.
AutoSegment choose(const Sample& sample, const Sample& colour, const Recording& recording, Config& config) {
  SegmentQuestion question;
  question.regions = config.segment.parameters.regions;
  question.count = config.track.parameters.count;
  question.connectivity = config.label.connectivity;
  if (config.label.min_area > 0) question.min_area = config.label.min_area;
  if (config.label.max_area > 0) question.max_area = static_cast<uint32_t>(config.label.max_area);
  question.live = recording.source->is_live();
  question.colour = colour.frames;
  AutoSegment proposal = auto_segment_parameters(sample.frames, sample.numbers, question);
  config.segment.parameters = proposal.parameters;
  config.segment.automatic = false;
  config.label.connectivity = proposal.connectivity;
  if (config.label.min_area == 0) config.label.min_area = proposal.min_area;
  if (config.label.max_area < 0 && proposal.max_area < (1u << 24)) config.label.max_area = proposal.max_area;
  return proposal;
}

}  // namespace

Recording open_recording(const std::string& input, const Config& config, const FrameWishes& wishes) {
  Recording recording;
  const SourceOptions options = source_options(config, wishes);
  recording.source = open_source(input, options);
  recording.open_again = [input, options] { return open_source(input, options); };
  if (recording.source->info().random_access) {
    recording.open_at = [input, options](int64_t frame, int64_t frames) {
      SourceOptions there = options;
      there.start_frame += frame;
      there.start_nearby = true;
      there.frame_limit = frames;
      return open_source(input, there);
    };
  }
  if (options.grey && can_be_read_twice(recording_files(input))) {
    recording.open_in_colour = [input, options](int64_t frame, int64_t frames) {
      SourceOptions coloured = options;
      coloured.grey = false;
      coloured.start_frame += frame;
      coloured.start_nearby = frames > 0;
      if (frames > 0) coloured.frame_limit = frames;
      return open_source(input, coloured);
    };
  }
  recording.fps = config.input.fps > 0 ? config.input.fps : recording.source->info().fps;
  if (!(recording.fps > 0)) {
    throw Error(Fault::usage, fmt::format("{}: does not say its frame rate; add --input.fps FRAMES_PER_SECOND", input));
  }
  return recording;
}

void warn_of_empty_regions(const Recording& recording, const Config& config, RunObserver& observer) {
  constexpr size_t kMostNamed = 4;
  const SourceInfo& info = recording.source->info();
  std::vector<std::string> names = empty_regions(config.segment.parameters.regions, info.width, info.height);
  if (names.empty()) return;
  const size_t more = names.size() - std::min(names.size(), kMostNamed);
  names.resize(names.size() - more);
  observer.warn(
      fmt::format("no pixel of the picture ({}x{} px) is in segment.region {}{}; `flashcell tune` draws where they are",
                  info.width, info.height, fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : ""));
}

std::string settle_segmentation(Recording& recording, Config& config, RunObserver& observer,
                                const std::atomic<bool>* stop, int64_t most_bytes) {
  if (recording.source->info().has_cells) return "";
  const SegmentParameters& given = config.segment.parameters;
  const bool wants_scene = given.method == SegmentMethod::median && given.scene == nullptr;
  if (!config.segment.automatic && !wants_scene) return "";
  Look look(recording, observer, stop, most_bytes);
  const Sample sample = look.sample();
  if (look.stopped()) return "";
  if (sample.frames.empty()) {
    Frame none;
    recording.source->next(none);  // throws what stands in the way
    throw Error(Fault::input, fmt::format("{}: holds no frame", recording.source->info().name));
  }
  if (config.segment.automatic) {
    const std::string reason = choose(sample, look.in_colour(sample), recording, config).reason;
    if (config.segment.parameters.method == SegmentMethod::colour && !is_colour(recording.source->info().format))
      recording.source = recording.open_in_colour(0, 0);
    return reason;
  }
  config.segment.parameters.scene =
      std::make_shared<BackgroundImage>(median_background(GreyFrames(sample.frames).views()));
  return "";
}

}  // namespace flashcell::host
