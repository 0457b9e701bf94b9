#include "host/run/recording.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "host/segment/auto_segment.hpp"
#include "host/source/open_source.hpp"

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

}  // namespace

Recording open_recording(const std::string& input, const Config& config, bool colour) {
  Recording recording;
  recording.source = open_source(input, source_options(config, colour));
  recording.fps = config.input.fps > 0 ? config.input.fps : recording.source->info().fps;
  if (!(recording.fps > 0)) {
    throw Error(Fault::usage, fmt::format("{}: does not say its frame rate; add --input.fps FRAMES_PER_SECOND", input));
  }
  return recording;
}

std::string settle_segmentation(const std::string& input, Config& config, RunObserver& observer,
                                const std::atomic<bool>* stop) {
  if (!config.segment.automatic) return "";
  const Recording recording = open_recording(input, config);
  FrameSource& source = *recording.source;
  const int64_t frames = std::min(source.info().frame_count.value_or(kLookAhead), kLookAhead);
  const int64_t step = std::max<int64_t>(1, frames / kAutoSegmentFrames);
  std::vector<Frame> kept;
  kept.reserve(kAutoSegmentFrames + 1);
  Frame frame;
  const ObservedWork work(observer, "looking at the recording", frames);
  try {
    for (int64_t i = 0; i < frames && static_cast<int>(kept.size()) < kAutoSegmentFrames && source.next(frame); ++i) {
      if (stop != nullptr && *stop) return "";
      observer.progress(i + 1, 0);
      if (i % step != 0) continue;
      Frame& copy = kept.emplace_back();
      const size_t bytes = static_cast<size_t>(frame.view.width) * bytes_per_pixel(frame.view.format);
      copy.storage.resize(bytes * frame.view.height);
      for (int y = 0; y < frame.view.height; ++y)
        std::copy_n(frame.view.row(y), bytes, copy.storage.data() + bytes * y);
      copy.view = frame.view;
      copy.view.data = copy.storage.data();
      copy.view.stride = static_cast<ptrdiff_t>(bytes);
    }
  } catch (const Error&) {
    // A damaged recording: the run itself reports it, after every whole frame.
    if (kept.empty()) throw;
  }
  if (kept.empty()) throw Error(Fault::input, fmt::format("{}: holds no frame", input));
  std::vector<FrameView> views;
  for (const Frame& f : kept) views.push_back(f.view);
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
