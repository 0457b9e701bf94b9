#include "pipeline/pipeline.hpp"

#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "pipeline/count_meter.hpp"
#include "pipeline/event_count.hpp"
#include "pipeline/frame_feed.hpp"
#include "pipeline/sink_group.hpp"
#include "pipeline/stage_call.hpp"
#include "pipeline/track_tally.hpp"

namespace flashcell {
namespace {

constexpr const char* kDeviceLost = "in the device when it was lost";

/// Says that whoever comes next sees what was done before. oneTBB orders the stages already, but it is not built with
/// ThreadSanitizer, which sees only this.
class HandOver {
 public:
  void take() const { passed_.load(std::memory_order_acquire); }
  void pass() { passed_.fetch_add(1, std::memory_order_release); }

 private:
  std::atomic<uint32_t> passed_{0};
};

/// Takes over at the start of a stage and passes on at its end.
class Turn {
 public:
  explicit Turn(HandOver& frame) : frame_(frame), stage_(nullptr) { frame_.take(); }
  Turn(HandOver& frame, HandOver& stage) : frame_(frame), stage_(&stage) {
    frame_.take();
    stage_->take();
  }
  ~Turn() {
    frame_.pass();
    if (stage_ != nullptr) stage_->pass();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  HandOver& frame_;
  HandOver* stage_;
};

/// One frame with everything computed of it. Recycled; nothing in it is freed between frames.
struct Packet {
  HandOver hand_over;
  Frame* frame = nullptr;
  ObjectTable table;
  std::vector<tracking::TrackRow> rows, backfill;
  int64_t label_ns = 0;        ///< time in the device
  int64_t name_ns = 0;         ///< time in the namer
  int64_t measure_ns = 0;      ///< time that deriving the detections took
  int64_t done_ns = 0;         ///< when the tracker was done
  double time_s = 0;           ///< recording time
  const char* lost = nullptr;  ///< why the device gave no objects; null: it did
};

/// The stages of one run and what they share.
class Run {
 public:
  Run(FrameSource& source, const DeviceFactory& make_device, tracking::FrameTracker& tracker,
      const std::vector<Sink*>& sinks, const RunInfo& info, const PipelineOptions& options, RunSummary& summary)
      : make_device_(make_device),
        tracker_(tracker),
        sinks_(sinks, options.actions),
        info_(info),
        options_(options),
        summary_(summary),
        source_(source),
        tally_(info.source.has_pixels || info.source.has_cells ? info.source.width : 0, info.source.height),
        clock_(options.fps),
        threads_(options.threads > 0 ? options.threads : tbb::info::default_concurrency()),
        tokens_(options.frames_in_flight > 0 ? options.frames_in_flight : 4 * threads_),
        first_device_(make_device()),
        queue_(first_device_->queue()),
        packets_(tokens_ + (queue_ != nullptr ? queue_->depth() : 0)) {
    const int slots = static_cast<int>(packets_.size());
    const bool live = options.realtime || source.is_live();
    feed_ = live ? make_realtime_feed(source, slots, waiting_frames(info.source, options.queue_ms, options.fps),
                                      options.fps, options.stop)
                 : make_offline_feed(source, slots, options.stop);
    info_.backfill_frames = live ? 0 : tracker.backfill_frames();
    if (options.count_in_regions) {
      counter_.emplace(info_.regions, info_.backfill_frames);
    } else if (options.count.known()) {
      summary_.count = options.count;
      counter_.emplace(options.count, info_.backfill_frames);
    }
  }

  std::exception_ptr go() {
    std::exception_ptr error;
    const int64_t start = steady_now_ns();
    try {
      sinks_.begin(info_);
      stages();
    } catch (...) {
      error = std::current_exception();
    }
    join();
    feed_->close();
    if (!error) error = device_error_;
    if (!error) error = feed_->error();
    if (info_.backfill_frames > 0) {
      const auto rest = tracker_.finish();
      sinks_.amend(rest);
      for (const tracking::TrackRow& row : rest) count(row);
    }
    summarize(steady_now_ns() - start);
    sinks_.finish(summary_, error);
    return error;
  }

 private:
  void stages() {
    // More threads than cores are allowed: results must not depend on it, and tests try.
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    std::max(threads_, tbb::info::default_concurrency()));
    tbb::task_arena arena(threads_);
    const auto device_mode = first_device_->in_order() ? tbb::filter_mode::serial_in_order : tbb::filter_mode::parallel;
    using Mode = tbb::filter_mode;
    const auto label =
        queue_ != nullptr
            ? tbb::make_filter<void, Packet*>(Mode::serial_in_order, stage_call(this, &Run::take_through_queue))
            : tbb::make_filter<void, Packet*>(Mode::serial_in_order, stage_call(this, &Run::take)) &
                  tbb::make_filter<Packet*, Packet*>(device_mode, stage_call(this, &Run::label));
    arena.execute([&] {
      tbb::parallel_pipeline(
          tokens_, label & tbb::make_filter<Packet*, Packet*>(Mode::parallel, stage_call(this, &Run::describe)) &
                       tbb::make_filter<Packet*, Packet*>(Mode::serial_in_order, stage_call(this, &Run::track)) &
                       tbb::make_filter<Packet*, void>(Mode::serial_in_order, stage_call(this, &Run::write)));
    });
  }

  /// Takes everything over from the stages, which have ended.
  void join() const {
    for (const HandOver* stage : {&taking_, &labelling_, &tracking_, &writing_}) stage->take();
    for (const Packet& packet : packets_) packet.hand_over.take();
  }

  Packet* take(tbb::flow_control& flow) {
    taking_.take();
    Packet* packet = &packets_[taken_++ % packets_.size()];
    const Turn turn(packet->hand_over, taking_);
    Frame* frame = feed_->next();
    if (frame == nullptr) {
      flow.stop();
      return nullptr;
    }
    packet->frame = frame;
    return packet;
  }

  /// Reads frames and has the device label them, for a device with several frames in flight: fills it up and hands on
  /// the oldest. Never waits for a frame to arrive while a result is pending.
  Packet* take_through_queue(tbb::flow_control& flow) {
    taking_.take();
    Packet* oldest = nullptr;
    fill_queue();
    if (submitted_ == collected_) {
      flow.stop();
    } else {
      oldest = &packets_[collected_++ % packets_.size()];
      collect(*oldest);
      oldest->hand_over.pass();
    }
    taking_.pass();
    return oldest;
  }

  void fill_queue() {
    try {
      while (!device_error_ && submitted_ - collected_ < static_cast<size_t>(queue_->depth())) {
        Packet& packet = packets_[submitted_ % packets_.size()];
        // Before the next frame is read: it may go where this packet's last one was.
        packet.hand_over.take();
        packet.frame = submitted_ == collected_ ? feed_->next() : feed_->next_if_there();
        if (packet.frame == nullptr) return;
        submit(packet);
      }
    } catch (...) {
      device_error_ = std::current_exception();
    }
  }

  void submit(Packet& packet) {
    ++submitted_;
    packet.label_ns = steady_now_ns();
    queue_->submit(*packet.frame, packet.table);
  }

  /// Once the device has failed, the frames in flight come out as lost.
  void collect(Packet& packet) {
    try {
      packet.lost = device_error_ ? kDeviceLost : queue_->collect();
    } catch (...) {
      device_error_ = std::current_exception();
      packet.lost = kDeviceLost;
    }
    packet.label_ns = steady_now_ns() - packet.label_ns;
  }

  Packet* label(Packet* packet) {
    // A device that needs the frames in order is one stage's state; else each thread has its own.
    const Turn turn = first_device_->in_order() ? Turn(packet->hand_over, labelling_) : Turn(packet->hand_over);
    const int64_t before = steady_now_ns();
    device().process(*packet->frame, packet->table);
    packet->label_ns = steady_now_ns() - before;
    return packet;
  }

  /// The calling thread's own device; the only one there is when frames have to pass in order.
  Device& device() {
    if (first_device_->in_order()) return *first_device_;
    std::unique_ptr<Device>& mine = devices_.local();
    if (!mine) mine = make_device_();
    return *mine;
  }

  /// What can be said of a frame's objects without the frames before it: names, and what the tracker will see.
  Packet* describe(Packet* packet) {
    const Turn turn(packet->hand_over);
    if (packet->lost != nullptr) return packet;
    const int64_t before = steady_now_ns();
    if (options_.make_namer) namer().name(*packet->frame, packet->table);
    const int64_t named = steady_now_ns();
    measure(packet->table);
    if (options_.actions != nullptr)
      count_events(packet->frame->events, packet->table.detections, packet->table.events);
    packet->name_ns = named - before;
    packet->measure_ns = steady_now_ns() - named;
    return packet;
  }

  void measure(ObjectTable& table) const {
    if (!table.detections.empty()) return;
    for (size_t i = 0; i < table.objects.size(); ++i)
      tracking::measure_detection(table.objects[i], table.features_of(i), options_.measure,
                                  table.detections.emplace_back());
  }

  /// The calling thread's own namer.
  Namer& namer() {
    std::unique_ptr<Namer>& mine = namers_.local();
    if (!mine) mine = options_.make_namer();
    return *mine;
  }

  Packet* track(Packet* packet) {
    const Turn turn(packet->hand_over, tracking_);
    if (packet->lost != nullptr) return packet;
    const int64_t before = steady_now_ns();
    const ObjectTable& table = packet->table;
    const Frame& frame = *packet->frame;
    packet->time_s = clock_.time_s(frame);
    const auto rows = tracker_.update(frame.number, packet->time_s, table.detections, table.names, table.pixels.get());
    packet->rows.assign(rows.begin(), rows.end());
    const auto backfill = tracker_.backfill();
    packet->backfill.assign(backfill.begin(), backfill.end());
    packet->done_ns = steady_now_ns();
    label_time_.record(frame.number, packet->label_ns);
    if (options_.make_namer) name_time_.record(frame.number, packet->name_ns);
    measure_time_.record(frame.number, packet->measure_ns);
    track_time_.record(frame.number, packet->done_ns - before);
    total_time_.record(frame.number, packet->done_ns - frame.arrival_ns);
    return packet;
  }

  void write(Packet* packet) {
    const Turn turn(packet->hand_over, writing_);
    if (packet->lost != nullptr) {
      count_lost(packet->lost);
    } else {
      write_result(*packet);
    }
    feed_->release(packet->frame);
    if (options_.progress) {
      const int64_t dropped = feed_->overrun() + feed_->missing_in_recording() + lost_frames_;
      options_.progress(static_cast<int64_t>(summary_.frames), dropped);
    }
  }

  void write_result(const Packet& packet) {
    const int64_t before = steady_now_ns();
    const FrameResult result{packet.frame, &packet.table, packet.rows, packet.backfill, packet.done_ns, packet.time_s};
    sinks_.write(result);
    sink_time_.record(packet.frame->number, steady_now_ns() - before);
    count(packet);
  }

  void count_lost(const char* cause) {
    ++lost_frames_;
    for (DropCount& lost : lost_) {
      if (lost.cause == cause) {
        ++lost.frames;
        return;
      }
    }
    lost_.push_back({cause, 1});
  }

  void count(const Packet& packet) {
    const contract::FrameSummary& found = packet.table.summary;
    summary_.count_objects(found, packet.table.objects);
    if (counter_) counter_->add(packet.frame->number, packet.rows, packet.backfill);
    for (const tracking::TrackRow& row : packet.backfill) count(row);
    for (const tracking::TrackRow& row : packet.rows) count(row);
  }

  void count(const tracking::TrackRow& row) {
    tally_.take(row);
    summary_.tracks = std::max<uint64_t>(summary_.tracks, row.id);
    if (info_.classes.empty()) return;
    if (summary_.track_classes.size() < summary_.tracks) summary_.track_classes.resize(summary_.tracks, -1);
    summary_.track_classes[row.id - 1] = row.class_id;
  }

  void summarize(int64_t wall_ns) {
    if (counter_) summary_.frames_count_met = counter_->met();
    summary_.lives = tally_.lives(summary_.frames);
    if (options_.count_in_regions) summary_.regions = counted_regions();
    summary_.source = source_.tally();
    summary_.wall_s = 1e-9 * static_cast<double>(wall_ns);
    summary_.frames_expected = info_.source.frame_count;
    summary_.rows_left_out = tracker_.rows_left_out();
    summary_.named = tracker_.named();
    summary_.named_by = options_.named_by;
    summary_.dropped = {{"missing in the recording", static_cast<uint64_t>(feed_->missing_in_recording())},
                        {"overrun", static_cast<uint64_t>(feed_->overrun())}};
    summary_.dropped.insert(summary_.dropped.end(), lost_.begin(), lost_.end());
    summary_.stages = {feed_->read_time(), label_time_};
    if (options_.make_namer) summary_.stages.push_back(name_time_);
    summary_.stages.insert(summary_.stages.end(), {measure_time_, track_time_, sink_time_, total_time_});
    const auto done = static_cast<int64_t>(summary_.frames + summary_.dropped_frames());
    const bool all = summary_.frames_expected && done >= *summary_.frames_expected;
    if (feed_->stopped_early() && !all) summary_.end = RunEnd::interrupted;
  }

  std::vector<RegionCount> counted_regions() const {
    std::vector<RegionCount> counted;
    const std::vector<uint64_t> met = counter_->each_met();
    const std::vector<tracking::NamedRegion>& regions = info_.regions->regions();
    for (size_t i = 0; i < regions.size(); ++i) {
      if (regions[i].count.known()) counted.push_back({regions[i].name, regions[i].count, met[i]});
    }
    return counted;
  }

  const DeviceFactory& make_device_;
  tracking::FrameTracker& tracker_;
  SinkGroup sinks_;
  RunInfo info_;
  const PipelineOptions& options_;
  RunSummary& summary_;
  std::optional<CountMeter> counter_;
  FrameSource& source_;
  TrackTally tally_;
  RecordingClock clock_;
  const int threads_, tokens_;
  std::unique_ptr<Device> first_device_;
  QueueDevice* const queue_;  // of first_device_, or null
  std::vector<Packet> packets_;
  tbb::enumerable_thread_specific<std::unique_ptr<Device>> devices_;
  tbb::enumerable_thread_specific<std::unique_ptr<Namer>> namers_;
  std::unique_ptr<FrameFeed> feed_;
  size_t taken_ = 0, submitted_ = 0, collected_ = 0;
  std::exception_ptr device_error_;
  std::vector<DropCount> lost_;  // frames, by what became of them in the device
  int64_t lost_frames_ = 0;
  HandOver taking_, labelling_, tracking_, writing_;
  StageTiming label_time_{"segment and label"}, name_time_{"name"}, measure_time_{"measure"}, track_time_{"track"},
      sink_time_{RunSummary::kWriteStage}, total_time_{"frame to result"};
};

}  // namespace

std::exception_ptr run_pipeline(FrameSource& source, const DeviceFactory& make_device, tracking::FrameTracker& tracker,
                                const std::vector<Sink*>& sinks, const RunInfo& run, const PipelineOptions& options,
                                RunSummary& summary) {
  try {
    return Run(source, make_device, tracker, sinks, run, options, summary).go();
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace flashcell
