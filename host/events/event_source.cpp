#include "host/events/event_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <exception>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "host/events/event_beginning.hpp"
#include "host/events/event_clock.hpp"
#include "host/events/event_reader.hpp"
#include "host/events/fading_plane.hpp"
#include "host/events/noise_filter.hpp"
#include "pipeline/cells.hpp"

namespace flashcell {
namespace {

constexpr size_t kPart = 2048;  // events read at a time: they stay in the first-level cache
constexpr uint8_t kOnGrey = 255, kOffGrey = 0, kNoneGrey = 128;

/// Where windows end: by time (us since the first event) or by the number of events.
class WindowEnds {
 public:
  explicit WindowEnds(const EventParameters& p)
      : by_time_(p.window.us > 0),
        step_(by_time_ ? (p.step.us > 0 ? p.step.us : p.window.us)
                       : (p.step.events > 0 ? p.step.events : p.window.events)),
        stay_(p.stay.us > 0 ? p.stay.us : p.stay.windows * (by_time_ ? p.window.us : p.window.events)),
        stays_by_time_(by_time_ || p.stay.us > 0),
        end_(by_time_ ? p.window.us : p.window.events) {}

  bool by_time() const { return by_time_; }
  bool stays_by_time() const { return stays_by_time_; }
  int64_t step() const { return step_; }
  int64_t stay() const { return stay_; }
  int64_t end() const { return end_; }
  void advance() { end_ += step_; }
  /// Windows share no event and leave none out.
  bool disjoint() const { return stays_by_time_ == by_time_ && stay_ == step_ && end_ == step_; }

 private:
  bool by_time_;
  int64_t step_, stay_;
  bool stays_by_time_;
  int64_t end_;
};

struct Sensor {
  int width, height;
};

Sensor sensor_of(const EventRecordingInfo& info, const EventParameters& p, const std::string& name) {
  const Sensor sensor{p.width > 0 ? p.width : info.width, p.height > 0 ? p.height : info.height};
  if (std::min(sensor.width, sensor.height) < 1 || std::max(sensor.width, sensor.height) > contract::kMaxFrameSide) {
    throw Error(Fault::input, fmt::format("{}: a sensor of {}x{} px; 1 to {} px a side can be used", name, sensor.width,
                                          sensor.height, contract::kMaxFrameSide));
  }
  return sensor;
}

class EventSource final : public FrameSource {
 public:
  EventSource(const std::string& path, const EventSourceOptions& options)
      : options_(options),
        name_(path),
        reader_(open_events(path)),
        sensor_(sensor_of(reader_->info(), options.parameters, path)),
        columns_(static_cast<size_t>(contract::cells_for(sensor_.width))),
        cells_(cell_count(sensor_.width, sensor_.height)),
        ends_(options.parameters),
        disjoint_(ends_.disjoint()),
        noise_(sensor_.width, sensor_.height, options.parameters.noise_us),
        plane_(disjoint_ ? 0 : cells_) {
    EventBeginning beginning =
        look_at_beginning(*open_events(path), options.parameters, sensor_.width, sensor_.height, path);
    hot_pixels_ = beginning.hot_pixels;
    if (hot_pixels_ > 0) hot_cells_ = std::move(beginning.hot_cells);
    if (options.pictures) on_cells_.resize(cells_);
    describe(beginning);
    skip_to_start();
  }

  const SourceInfo& info() const override { return info_; }

  bool next(Frame& frame) override {
    if (options_.frame_limit && delivered_ >= *options_.frame_limit) return false;
    if (!fill(frame.cells)) {
      if (error_) std::rethrow_exception(error_);
      return false;
    }
    frame.number = number_ - 1;
    frame.device_time_ns = time_ns();
    frame.view = {nullptr, sensor_.width, sensor_.height, sensor_.width, PixelFormat::grey8};
    if (options_.keep_events) {
      frame.events.swap(kept_);
      kept_.clear();
    }
    if (options_.pictures) draw(frame);
    ++delivered_;
    return true;
  }

  SourceTally tally() const override {
    SourceTally tally;
    tally.events = seen_;
    if (outside_ > 0) {
      tally.warnings.push_back({fmt::format("{} of {} events lie outside of the sensor of {}x{} px and were left out",
                                            outside_, seen_, sensor_.width, sensor_.height),
                                "--events.width and --events.height state another size"});
    }
    if (clock_.ran_back() > 0) {
      tally.warnings.push_back(
          {fmt::format("the times of {} of {} events run back, by {} us at most; each was taken at the "
                       "time before it",
                       clock_.ran_back(), seen_, clock_.farthest_back_us()),
           "the recording may be damaged"});
    }
    if (clock_.began_anew() > 0) {
      tally.warnings.push_back(
          {fmt::format("times leap {} times, back by more than 0.1 s or ahead by more than 600 s; from "
                       "there they went on as if they had not",
                       clock_.began_anew()),
           "recordings that were joined, or a damaged one: track its parts"});
    }
    return tally;
  }

 private:
  void describe(const EventBeginning& beginning) {
    info_.name = name_;
    info_.width = sensor_.width;
    info_.height = sensor_.height;
    info_.has_cells = true;
    info_.has_pixels = options_.pictures;
    info_.has_events = options_.keep_events;
    const double step = static_cast<double>(ends_.step());
    info_.fps = options_.fps > 0 ? options_.fps : ends_.by_time() ? 1e6 / step : beginning.events_per_s / step;
    if (hot_pixels_ > 0) {
      info_.note = fmt::format(
          "events: {} hot pixel{} left out, that fired {:g} times as often as others; "
          "--events.hot_pixels 0 keeps them",
          hot_pixels_, hot_pixels_ == 1 ? " is" : "s are", options_.parameters.hot_pixels);
    }
  }

  void skip_to_start() {
    std::vector<uint64_t> cells;
    while (number_ < options_.start_frame) {
      if (fill(cells)) {
        kept_.clear();
        continue;
      }
      if (error_) std::rethrow_exception(error_);
      throw Error(Fault::usage,
                  fmt::format("{}: frame {} lies beyond the last, {}", name_, options_.start_frame, number_ - 1));
    }
  }

  /// The next window's cells; false at the end.
  bool fill(std::vector<uint64_t>& cells) {
    if (disjoint_) cells.assign(cells_, 0);
    uint64_t* const into = cells.data();
    while (position_ < count_ || read_part()) {
      if (disjoint_ ? take<true>(into) : take<false>(into)) {
        finish(cells);
        return true;
      }
    }
    if (!open_) return false;
    finish(cells);
    return true;
  }

  /// More events; false where there are none. What is wrong is kept until all windows were delivered.
  bool read_part() {
    if (ended_) return false;
    position_ = count_ = 0;
    try {
      count_ = reader_->read(part_);
    } catch (const Error&) {
      error_ = std::current_exception();
    }
    ended_ = count_ == 0;
    for (size_t i = 0; i < count_; ++i) part_[i].time_us = clock_(part_[i].time_us);
    return !ended_;
  }

  /// Takes what was read, up to the window's end; whether that was reached.
  template <bool kDisjoint>
  bool take(uint64_t* cells) {
    const size_t begin = position_;
    const bool reached = is_plain() ? take_each<kDisjoint, true>(cells) : take_each<kDisjoint, false>(cells);
    if (position_ > begin) {
      seen_ += position_ - begin;
      last_us_ = part_[position_ - 1].time_us;
      open_ = true;
    }
    return reached;
  }

  /// Every event within the sensor counts, and only for the cells.
  bool is_plain() const {
    return options_.parameters.polarity == EventPolarity::both && hot_cells_.empty() && !noise_.is_on() &&
           !options_.pictures && !options_.keep_events;
  }

  template <bool kDisjoint, bool kPlain>
  bool take_each(uint64_t* cells) {
    const bool by_time = ends_.by_time();
    const int64_t end = ends_.end();
    const auto width = static_cast<uint32_t>(sensor_.width), height = static_cast<uint32_t>(sensor_.height);
    const size_t columns = columns_, count = count_;
    size_t i = position_;
    int64_t taken = taken_;
    uint64_t outside = 0;
    bool reached = false;
    for (; i < count; ++i) {
      const Event& e = part_[i];
      reached = (by_time ? e.time_us : taken) >= end;
      if (reached) break;
      if (e.x >= width || e.y >= height) [[unlikely]] {
        ++outside;
        continue;
      }
      const size_t cell = static_cast<size_t>(e.y >> 3) * columns + (e.x >> 3);
      const uint32_t bit = (e.y & 7u) << 3 | (e.x & 7u);
      if (!kPlain && !is_wanted(e, cell, bit)) continue;
      if constexpr (kDisjoint) {
        cells[cell] |= uint64_t{1} << bit;
      } else {
        const int64_t key = ends_.stays_by_time() ? e.time_us : taken;
        plane_.set(static_cast<uint32_t>(cell << 6 | bit), static_cast<uint32_t>(key));
      }
      ++taken;
    }
    position_ = i;
    taken_ = taken;
    outside_ += outside;
    return reached;
  }

  /// Whether an event comes through the filters; keeps what they and pictures need to know of it.
  bool is_wanted(const Event& e, size_t cell, uint32_t bit) {
    const EventPolarity polarity = options_.parameters.polarity;
    if (polarity != EventPolarity::both && e.on != (polarity == EventPolarity::on)) return false;
    if (!hot_cells_.empty() && (hot_cells_[cell] >> bit & 1) != 0) return false;
    if (noise_.is_on() && !noise_.passes(e.time_us, e.x, e.y)) return false;
    if (options_.pictures)
      on_cells_[cell] = (on_cells_[cell] & ~(uint64_t{1} << bit)) | static_cast<uint64_t>(e.on) << bit;
    if (options_.keep_events) kept_.push_back(e);
    return true;
  }

  /// Ends the window.
  void finish(std::vector<uint64_t>& cells) {
    // By the number of events, the last one is seen however short they stay.
    end_us_ = ends_.by_time() ? ends_.end() : last_us_;
    if (!disjoint_) {
      const int64_t now = ends_.by_time() || !ends_.stays_by_time() ? ends_.end() : last_us_ + 1;
      plane_.fade(static_cast<uint32_t>(now - ends_.stay()));
      cells.assign(plane_.cells().begin(), plane_.cells().end());
    }
    ends_.advance();
    ++number_;
    open_ = false;
  }

  /// Times without sense, which only a damaged file has, are none.
  std::optional<int64_t> time_ns() const {
    constexpr int64_t kFarthestUs = 4'000'000'000'000'000;  // 127 years
    const int64_t first = clock_.first_recorded_us();
    if (options_.fps > 0 || first < -kFarthestUs || first > kFarthestUs || end_us_ > kFarthestUs) return {};
    return 1000 * (first + end_us_);
  }

  void draw(Frame& frame) const {
    const auto width = static_cast<size_t>(sensor_.width);
    frame.storage.assign(width * static_cast<size_t>(sensor_.height), kNoneGrey);
    for (size_t cell = 0; cell < cells_; ++cell) {
      const size_t x = cell % columns_ * 8, y = cell / columns_ * 8;
      for (uint64_t bits = frame.cells[cell]; bits != 0; bits &= bits - 1) {
        const int bit = std::countr_zero(bits);
        frame.storage[(y + static_cast<size_t>(bit / 8)) * width + x + static_cast<size_t>(bit % 8)] =
            (on_cells_[cell] >> bit & 1) != 0 ? kOnGrey : kOffGrey;
      }
    }
    frame.view.data = frame.storage.data();
  }

  EventSourceOptions options_;
  std::string name_;
  std::unique_ptr<EventReader> reader_;
  Sensor sensor_;
  size_t columns_, cells_;
  WindowEnds ends_;
  bool disjoint_;
  NoiseFilter noise_;
  FadingPlane plane_;
  SourceInfo info_;
  uint64_t hot_pixels_ = 0;
  std::vector<uint64_t> hot_cells_;  // empty: there are none
  std::vector<Event> kept_;          // since the window before
  std::vector<uint64_t> on_cells_;   // of each pixel's last event, for pictures

  std::array<Event, kPart> part_;  // with the times that the clock gave them
  size_t position_ = 0, count_ = 0;
  bool ended_ = false;
  std::exception_ptr error_;

  EventClock clock_;
  int64_t last_us_ = 0, end_us_ = 0;
  int64_t taken_ = 0;  // events in windows
  uint64_t seen_ = 0, outside_ = 0;
  int64_t number_ = 0;  // of the next window
  int64_t delivered_ = 0;
  bool open_ = false;  // events were read since the last window
};

}  // namespace

std::unique_ptr<FrameSource> make_event_source(const std::string& path, const EventSourceOptions& options) {
  if (const std::string fault = fault_of(options.parameters); !fault.empty()) throw Error(Fault::usage, fault);
  return std::make_unique<EventSource>(path, options);
}

}  // namespace flashcell
