#include "host/run/recording.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "host/segment/auto_segment.hpp"
#include "host/source/open_source.hpp"
#include "host/source/replay_source.hpp"

namespace flashcell::host {
namespace {

constexpr int64_t kLookAhead = 2000;  // frames read at most to settle the segmentation

/// Colour is needed for hue histograms and colour classes; everything else is faster on grey.
bool wants_grey(const Config& config) {
  const bool colour_classes = !config.segment.automatic && config.segment.parameters.method == SegmentMethod::colour;
  return !contract::need_colour(config.label.features) && !colour_classes;
}

SourceOptions source_options(const Config& config, bool colour) {
  const InputSection& s = config.input;
  SourceOptions options;
  options.grey = wants_grey(config) && !colour;
  options.start_frame = s.start;
  if (s.frames > 0) options.frame_limit = s.frames;
  options.fps = s.fps;
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

/// Which frames are looked at: every `step`-th of the first `frames`.
struct LookAhead {
  int64_t frames, step;
  bool keep;  ///< they are delivered from memory afterwards
};

LookAhead plan_look_ahead(const Recording& recording, int64_t most_bytes) {
  const SourceInfo& info = recording.source->info();
  const int64_t bytes = std::max<int64_t>(1, int64_t{info.width} * info.height * bytes_per_pixel(info.format));
  const int64_t room = std::max<int64_t>(1, most_bytes / bytes);
  int64_t frames = std::min(info.frame_count.value_or(kLookAhead), kLookAhead);
  if (!recording.open_again) frames = std::min(frames, room);
  const int64_t step = std::max<int64_t>(1, frames / kAutoSegmentFrames);
  frames = std::min(frames, step * (kAutoSegmentFrames - 1) + 1);
  return {frames, step, frames <= room};
}

Frame copy_of(const FrameView& view) {
  Frame copy;
  const size_t bytes = static_cast<size_t>(view.width) * bytes_per_pixel(view.format);
  copy.storage.resize(bytes * static_cast<size_t>(view.height));
  for (int y = 0; y < view.height; ++y) std::copy_n(view.row(y), bytes, copy.storage.data() + bytes * y);
  copy.view = view;
  copy.view.data = copy.storage.data();
  copy.view.stride = static_cast<ptrdiff_t>(bytes);
  return copy;
}

/// Copies of the frames that are looked at. Damage ends them early: the run itself reports it, after every whole frame.
std::vector<Frame> look_ahead(ReplaySource& source, const LookAhead& look, RunObserver& observer,
                              const std::atomic<bool>* stop) {
  const ObservedWork work(observer, "looking at the recording", look.frames);
  std::vector<Frame> sample;
  sample.reserve(kAutoSegmentFrames);
  Frame passed;
  for (int64_t i = 0; i < look.frames && !(stop != nullptr && *stop); ++i) {
    const Frame* frame = source.look_ahead();
    if (frame == nullptr) break;
    if (i % look.step == 0) sample.push_back(copy_of(frame->view));
    if (!look.keep && source.next(passed)) source.give_back(passed);
    observer.progress(i + 1, 0);
  }
  return sample;
}

}  // namespace

Recording open_recording(const std::string& input, const Config& config, bool colour) {
  Recording recording;
  const SourceOptions options = source_options(config, colour);
  recording.source = open_source(input, options);
  recording.open_again = [input, options] { return open_source(input, options); };
  recording.fps = config.input.fps > 0 ? config.input.fps : recording.source->info().fps;
  if (!(recording.fps > 0)) {
    throw Error(Fault::usage, fmt::format("{}: does not say its frame rate; add --input.fps FRAMES_PER_SECOND", input));
  }
  return recording;
}

std::string settle_segmentation(Recording& recording, Config& config, RunObserver& observer,
                                const std::atomic<bool>* stop, int64_t most_bytes) {
  if (!config.segment.automatic) return "";
  const LookAhead look = plan_look_ahead(recording, most_bytes);
  auto replay = std::make_unique<ReplaySource>(std::move(recording.source));
  ReplaySource& source = *replay;
  recording.source = std::move(replay);
  const std::vector<Frame> sample = look_ahead(source, look, observer, stop);
  if (stop != nullptr && *stop) return "";
  if (sample.empty()) {
    Frame none;
    source.next(none);  // throws what stands in the way
    throw Error(Fault::input, fmt::format("{}: holds no frame", source.info().name));
  }
  if (!look.keep) recording.source = recording.open_again();
  std::vector<FrameView> views;
  for (const Frame& f : sample) views.push_back(f.view);
  const AutoSegment proposal = auto_segment_parameters(views);
  const std::vector<Polygon> regions = config.segment.parameters.regions;
  config.segment.parameters = proposal.parameters;
  config.segment.parameters.regions = regions;
  config.segment.automatic = false;
  if (config.label.min_area == 0) config.label.min_area = proposal.min_area;
  if (config.label.max_area < 0 && proposal.max_area < (1u << 24)) config.label.max_area = proposal.max_area;
  return proposal.reason;
}

}  // namespace flashcell::host
