#include "host/xrt/xrt_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "host/label/blob_runs.hpp"
#include "host/label/label_checks.hpp"
#include "host/label/unpack_cells.hpp"
#include "host/launch/launch_frames.hpp"
#include "host/launch/launch_results.hpp"
#include "host/segment/cell_regions.hpp"
#include "host/xrt/board.hpp"
#include "host/xrt/launch_slot.hpp"
#include "host/xrt/software_xrt.hpp"

namespace flashcell::host {
namespace {

constexpr const char* kFailed = "the board's run ended in an error";
constexpr const char* kTimedOut = "the board's run exceeded xrt.timeout_ms";
constexpr const char* kUnreachable = "the board could not be reached";
constexpr auto kReopenPause = std::chrono::milliseconds(50);

class XrtDevice final : public Device, public QueueDevice {
 public:
  XrtDevice(const XrtSection& section, const SegmentParameters& segment, const contract::LabelParameters& label,
            FrameForeground foreground, PixelFormat format, bool keep_pixels)
      : section_(section),
        segment_(segment),
        label_(label),
        format_(format),
        layout_(plan_launch(label, foreground == FrameForeground::cells ? LaunchInput{} : launch_input(segment, format),
                            static_cast<uint32_t>(section.frames_per_launch))),
        keep_pixels_(keep_pixels),
        reader_(label.max_objects),
        limit_(section.timeout_ms),
        reopens_left_(section.reopen) {
    check_parameters(label);
    const int width = static_cast<int>(label.width), height = static_cast<int>(label.height);
    if (foreground == FrameForeground::cells) {
      regions_.emplace(segment.regions, width, height);
    } else {
      segmenter_ = make_segmenter(segment, width, height, format);
    }
    const int masks = regions_ ? 1 : segmenter_->masks();
    masks_.resize(keep_pixels || layout_.host_segments() ? static_cast<size_t>(masks) : 0);
    for (BitImage& mask : masks_) mask.resize(width, height);
    open();
  }

  std::string name() const override { return "xrt"; }
  bool in_order() const override { return true; }
  QueueDevice* queue() override { return this; }
  int depth() const override { return section_.launches_in_flight * section_.frames_per_launch; }

  void process(const Frame& frame, ObjectTable& table) override {
    submit(frame, table);
    if (const char* cause = collect()) throw Error(Fault::device, fmt::format("frame lost: {}", cause));
  }

  void submit(const Frame& frame, ObjectTable& table) override {
    if (!regions_) check_frame(frame.view);
    table.clear();
    table.reserve(label_);
    if (gone_) return;
    Launch& launch = launches_[filling_];
    const int place = static_cast<int>(launch.tables.size());
    LaunchSlot& slot = *launch.slot;
    write_frame(layout_, frame.view, slot.frame(place));
    // A kernel that segments keeps its pixels to itself: the host does so too.
    if (!masks_.empty()) find_foreground(frame);
    if (layout_.host_segments()) {
      table.summary.outside = static_cast<uint32_t>(regions_ ? regions_->outside() : segmenter_->outside());
      write_masks(layout_, masks_, slot.masks(place));
    }
    if (keep_pixels_) BlobRuns::keep(label_, masks_, table);
    launch.tables.push_back(&table);
    if (place + 1 == section_.frames_per_launch) start();
  }

  const char* collect() override {
    if (done_.empty() && !gone_) {
      if (running_ == 0) start();
      if (done_.empty()) finish_oldest();
    }
    if (gone_ && done_before_gone_ == 0) throw *gone_;
    if (gone_) --done_before_gone_;
    return done_.pop();
  }

 private:
  /// One launch's slot and where its frames' objects go. Launches are used in turn: `running_` of them end with the one
  /// before `filling_`, which takes new frames.
  struct Launch {
    std::unique_ptr<LaunchSlot> slot;
    std::vector<ObjectTable*> tables;
    uint32_t sequence = 0;
  };

  /// What became of frames that are done, oldest first: null or why the frame is lost. At most depth() at a time.
  class DoneQueue {
   public:
    explicit DoneQueue(int capacity) : lost_(static_cast<size_t>(capacity)) {}
    void push(const char* lost) { lost_[(first_ + count_++) % lost_.size()] = lost; }
    const char* pop() {
      --count_;
      return lost_[first_++ % lost_.size()];
    }
    bool empty() const { return count_ == 0; }
    size_t size() const { return count_; }

   private:
    std::vector<const char*> lost_;
    size_t first_ = 0, count_ = 0;
  };

  void find_foreground(const Frame& frame) {
    if (regions_) {
      unpack_cells(regions_->inside(frame.cells), masks_[0]);
    } else {
      segmenter_->segment(frame.view, masks_.data());
    }
  }

  void check_frame(const FrameView& frame) const {
    if (frame.width == static_cast<int>(label_.width) && frame.height == static_cast<int>(label_.height) &&
        frame.format == format_)
      return;
    throw Error(Fault::input, fmt::format("a frame is {}x{} px where {}x{} were promised, or of another format",
                                          frame.width, frame.height, label_.width, label_.height));
  }

  void open() {
    board_.emplace(section_, label_);
    launches_.resize(static_cast<size_t>(section_.launches_in_flight));
    for (size_t i = 0; i < launches_.size(); ++i) {
      launches_[i].slot = make_slot(board_->units()[i % board_->units().size()]);
      launches_[i].tables.reserve(static_cast<size_t>(section_.frames_per_launch));
    }
  }

  std::unique_ptr<LaunchSlot> make_slot(const xrt::kernel& unit) const {
    try {
      return std::make_unique<LaunchSlot>(board_->device(), unit, layout_, segment_);
    } catch (const std::exception& e) {
      throw Error(
          Fault::device,
          fmt::format("{}: cannot get buffers for a launch: {}; lower xrt.launches_in_flight ({}) or "
                      "xrt.frames_per_launch ({})",
                      board_->description(), e.what(), section_.launches_in_flight, section_.frames_per_launch));
    }
  }

  size_t oldest() const { return (filling_ + launches_.size() - running_) % launches_.size(); }

  /// Starts the launch that was being filled.
  void start() {
    Launch& launch = launches_[filling_];
    launch.sequence = sequence_;
    sequence_ += static_cast<uint32_t>(section_.frames_per_launch);
    filling_ = (filling_ + 1) % launches_.size();
    ++running_;
    try {
      launch.slot->start(static_cast<int>(launch.tables.size()), launch.sequence);
    } catch (const std::exception& e) {
      recover(&launch, kUnreachable, e.what());
    }
  }

  /// Waits for the oldest launch and hands its frames on.
  void finish_oldest() {
    Launch& launch = launches_[oldest()];
    std::string what;
    if (const char* cause = wait(launch, what)) recover(&launch, cause, what);
  }

  /// Null when the launch is through and its frames are done; else why it is not, and `what` XRT said.
  const char* wait(Launch& launch, std::string& what) {
    size_t unpacked = 0;
    try {
      const LaunchEnd end = launch.slot->wait(limit_);
      if (end != LaunchEnd::good) return end == LaunchEnd::failed ? kFailed : kTimedOut;
      for (; unpacked < launch.tables.size(); ++unpacked) {
        ObjectTable& table = *launch.tables[unpacked];
        done_.push(unpack(*launch.slot, launch.sequence, static_cast<int>(unpacked), table));
      }
    } catch (const std::exception& e) {
      what = e.what();
      launch.tables.erase(launch.tables.begin(), launch.tables.begin() + static_cast<ptrdiff_t>(unpacked));
      return kUnreachable;
    }
    launch.tables.clear();
    --running_;
    return nullptr;
  }

  const char* unpack(LaunchSlot& slot, uint32_t sequence, int i, ObjectTable& table) {
    for (int k = 0; k < layout_.job.classes; ++k) {
      const std::byte* region = slot.fetch(i, k);
      const contract::ResultHeader header = read_header(region);
      const char* cause = header_problem(layout_, header, sequence + static_cast<uint32_t>(i));
      if (cause == nullptr) cause = reader_.append(layout_, header, region, static_cast<uint32_t>(k), table);
      if (cause != nullptr) {
        table.clear();
        return cause;
      }
    }
    return nullptr;
  }

  void lose(Launch& launch, const char* cause) {
    for (size_t i = 0; i < launch.tables.size(); ++i) done_.push(cause);
    launch.tables.clear();
    --running_;
  }

  /// After a launch went wrong: the others that run are waited for, until one more does; then the board is opened
  /// again. Frames that wait for their launch are kept.
  void recover(Launch* faulty, const char* cause, const std::string& what) {
    bool patient = true;
    std::string ignored;
    while (running_ > 0) {
      Launch& launch = launches_[oldest()];
      if (&launch != faulty && patient) {
        if (wait(launch, ignored) == nullptr) continue;
        patient = false;
      }
      lose(launch, cause);
    }
    reopen(what.empty() ? cause : what);
  }

  void reopen(const std::string& what) {
    Launch& launch = launches_[filling_];
    const size_t kept = launch.tables.size();
    std::vector<std::byte> frames, masks;
    if (kept > 0) {
      frames.assign(launch.slot->frame(0), launch.slot->frame(static_cast<int>(kept)));
      masks.assign(launch.slot->masks(0), launch.slot->masks(static_cast<int>(kept)));
    }
    const std::string description = board_->description();
    std::string last = what;
    for (bool open_now = false; !open_now; open_now = open_again(last)) {
      if (reopens_left_-- > 0) continue;
      give_up(description, last);
      return;
    }
    if (kept > 0) {
      std::copy(frames.begin(), frames.end(), launch.slot->frame(0));
      std::copy(masks.begin(), masks.end(), launch.slot->masks(0));
    }
  }

  bool open_again(std::string& last) {
    for (Launch& launch : launches_) launch.slot.reset();
    board_.reset();
    try {
      open();
      return true;
    } catch (const std::exception& e) {
      last = e.what();
      std::this_thread::sleep_for(kReopenPause);
      return false;
    }
  }

  /// Frames that are done are still handed out; then collect() throws.
  void give_up(const std::string& description, const std::string& last) {
    for (Launch& launch : launches_) launch.tables.clear();
    done_before_gone_ = done_.size();
    gone_.emplace(Fault::device,
                  fmt::format("{} is lost: {}; opened again {} times (xrt.reopen); check the board with `xbutil "
                              "examine` and the time limit xrt.timeout_ms ({})",
                              description, last, section_.reopen, section_.timeout_ms));
  }

  const XrtSection section_;
  const SegmentParameters segment_;
  const contract::LabelParameters label_;
  const PixelFormat format_;
  const LaunchLayout layout_;
  const bool keep_pixels_;
  std::unique_ptr<Segmenter> segmenter_;  ///< null where frames come with their foreground
  std::optional<CellRegions> regions_;    ///< of such frames
  std::vector<BitImage> masks_;
  ResultReader reader_;
  const std::chrono::milliseconds limit_;
  int reopens_left_;
  std::optional<Board> board_;
  std::vector<Launch> launches_;
  size_t filling_ = 0, running_ = 0;
  uint32_t sequence_ = 1;
  DoneQueue done_{depth()};
  std::optional<Error> gone_;
  size_t done_before_gone_ = 0;
};

}  // namespace

std::unique_ptr<Device> make_xrt_device(const XrtSection& section, const SegmentParameters& segment,
                                        const contract::LabelParameters& label, FrameForeground foreground,
                                        PixelFormat format, bool keep_pixels) {
  if (section.emulated) use_software_device();
  return std::make_unique<XrtDevice>(section, segment, label, foreground, format, keep_pixels);
}

}  // namespace flashcell::host
