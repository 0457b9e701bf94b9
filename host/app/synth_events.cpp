#include "host/app/synth_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "host/app/interruption.hpp"
#include "host/app/progress.hpp"
#include "host/event_simulator/event_simulator.hpp"
#include "host/event_simulator/frame_light.hpp"
#include "host/events/event_writer.hpp"
#include "host/source/open_source.hpp"
#include "host/synth/scene.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;

/// Frames in, a file of events out.
class EventFile {
 public:
  EventFile(const fs::path& path, int width, int height, const host::EventSensor& sensor)
      : writer_(write_events(path, width, height)),
        simulator_(sensor, width, height),
        light_(static_cast<size_t>(width) * height) {}

  void add(const FrameView& frame, int significant_bits, int64_t time_ns) {
    host::frame_light(frame, significant_bits, light_);
    simulator_.advance(light_, time_ns, events_);
    write();
  }

  int64_t finish() {
    simulator_.finish(events_);
    write();
    writer_->finish();
    return count_;
  }

 private:
  void write() {
    writer_->write(events_);
    count_ += static_cast<int64_t>(events_.size());
    events_.clear();
  }

  std::unique_ptr<EventWriter> writer_;
  host::EventSimulator simulator_;
  std::vector<float> light_;
  std::vector<Event> events_;
  int64_t count_ = 0;
};

}  // namespace

int64_t write_scene_events(const host::SceneParameters& parameters, const fs::path& path,
                           const host::EventSensor& sensor) {
  const host::Scene scene = host::Scene(parameters).instantaneous();
  EventFile file(path, parameters.width, parameters.height, sensor);
  const int64_t pictures = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(1.05 * parameters.max_speed)));
  const ptrdiff_t stride = static_cast<ptrdiff_t>(parameters.width) * bytes_per_pixel(scene.format());
  std::vector<uint8_t> pixels(static_cast<size_t>(stride) * parameters.height);
  const FrameView view{pixels.data(), parameters.width, parameters.height, stride, scene.format()};
  Progress progress("events", parameters.frames);
  for (int64_t i = 0; i <= (parameters.frames - 1) * pictures && !Interruption::asked(); ++i) {
    const double frame = static_cast<double>(i) / static_cast<double>(pictures);
    scene.render_at(frame, pixels.data(), stride);
    file.add(view, 8, std::llround(frame * 1e9 / parameters.fps));
    progress.update(i / pictures);
  }
  return file.finish();
}

int64_t write_video_events(const std::string& input, double fps, const fs::path& path,
                           const host::EventSensor& sensor) {
  std::error_code ignored;
  if (fs::equivalent(input, path, ignored))
    throw Error(Fault::usage, fmt::format("{}: is the recording itself; name another file", path.string()));
  host::SourceOptions options;
  options.fps = fps;
  const std::unique_ptr<FrameSource> source = host::open_source(input, options);
  const SourceInfo& info = source->info();
  if (!(info.fps > 0)) throw Error(Fault::usage, fmt::format("{}: says no frame rate; give it with --fps", input));
  EventFile file(path, info.width, info.height, sensor);
  Progress progress("events", info.frame_count);
  Frame frame;
  std::optional<int64_t> first;
  std::exception_ptr damage;
  for (int64_t frames = 0; !Interruption::asked(); progress.update(++frames)) {
    try {
      if (!source->next(frame)) break;
    } catch (const Error&) {
      // What was read is written before the recording's end is told.
      damage = std::current_exception();
      break;
    }
    const int64_t time_ns =
        frame.device_time_ns.value_or(std::llround(static_cast<double>(frame.number) * 1e9 / info.fps));
    if (!first) first = time_ns;
    file.add(frame.view, info.significant_bits, time_ns - *first);
    source->give_back(frame);
  }
  const int64_t count = file.finish();
  if (damage) std::rethrow_exception(damage);
  return count;
}

}  // namespace flashcell::app
