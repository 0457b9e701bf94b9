#include "host/sink/label_image_sink.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/output_file.hpp"

namespace flashcell::host {
namespace {

constexpr uint32_t kLargestLabel = 65535;

/// A row of pixels of one object.
struct PixelRun {
  uint32_t first = 0, length = 0;  ///< y * width + x; px
  uint32_t object = 0;             ///< index in the frame's table
};

/// A frame whose rows are not all known yet.
struct HeldFrame {
  int64_t number = 0;
  int width = 0, height = 0;
  std::vector<PixelRun> runs;
  std::vector<tracking::TrackRow> rows;  ///< those with an object
};

void find_runs(std::span<const uint32_t> owners, int width, std::vector<PixelRun>& runs) {
  runs.clear();
  const auto row = static_cast<size_t>(width);
  for (size_t i = 0; i < owners.size(); ++i) {
    if (owners[i] == 0) continue;
    const uint32_t object = owners[i] - 1;
    const bool goes_on =
        !runs.empty() && i % row != 0 && runs.back().object == object && runs.back().first + runs.back().length == i;
    if (goes_on) {
      ++runs.back().length;
    } else {
      runs.push_back({static_cast<uint32_t>(i), 1, object});
    }
  }
}

/// Which of `rows`, which share an object, has the pixel.
size_t nearest(std::span<const tracking::TrackRow> rows, double x, double y) {
  size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < rows.size(); ++i) {
    const double dx = rows[i].x - x, dy = rows[i].y - y;
    const double distance = (dx * dx + dy * dy) / std::max(1.0, rows[i].area);
    if (distance < least) least = distance, best = i;
  }
  return best;
}

/// 1 + the index in frame.rows of each pixel's track. Sorts the rows by object, then id.
std::vector<uint32_t> pixels_by_row(HeldFrame& frame) {
  std::sort(frame.rows.begin(), frame.rows.end(), [](const tracking::TrackRow& a, const tracking::TrackRow& b) {
    return std::pair(a.detection, a.id) < std::pair(b.detection, b.id);
  });
  std::vector<uint32_t> pixels(static_cast<size_t>(frame.width) * static_cast<size_t>(frame.height));
  for (const PixelRun& run : frame.runs) {
    tracking::TrackRow wanted;
    wanted.detection = static_cast<int32_t>(run.object);
    const auto sharing = std::equal_range(
        frame.rows.begin(), frame.rows.end(), wanted,
        [](const tracking::TrackRow& a, const tracking::TrackRow& b) { return a.detection < b.detection; });
    const std::span<const tracking::TrackRow> rows(sharing.first, sharing.second);
    if (rows.empty()) continue;
    const auto first_row = static_cast<uint32_t>(sharing.first - frame.rows.begin());
    for (uint32_t i = run.first; i < run.first + run.length; ++i) {
      const int x = static_cast<int>(i) % frame.width, y = static_cast<int>(i) / frame.width;
      pixels[i] = 1 + first_row + static_cast<uint32_t>(rows.size() == 1 ? 0 : nearest(rows, x, y));
    }
  }
  return pixels;
}

/// The labels of tracks: their numbers, others after gaps.
class Labels {
 public:
  struct Part {
    uint32_t label = 0;
    int64_t first = 0, last = 0;
    uint32_t parent = 0;
  };

  /// Whether the tracks `ids` of a frame have labels of 16 bits.
  bool fit(const std::vector<uint32_t>& ids, int64_t frame) const {
    uint32_t largest = largest_id_, spare = spare_;
    for (const uint32_t id : ids) {
      const auto found = current_.find(id);
      if (found == current_.end()) {
        largest = std::max(largest, id);
      } else if (found->second.last + 1 != frame) {
        --spare;
      }
    }
    return largest <= spare;
  }

  /// The label of a track that is in this frame; frames rise.
  uint32_t label(uint32_t id, int64_t frame) {
    largest_id_ = std::max(largest_id_, id);
    const auto [found, is_new] = current_.try_emplace(id, Part{id, frame, frame, 0});
    Part& part = found->second;
    if (!is_new && part.last + 1 != frame) {
      ended_.push_back(part);
      part = {spare_--, frame, frame, part.label};
    }
    part.last = frame;
    return part.label;
  }

  /// A line for each label, as of frame `last`.
  std::string text(int64_t last) const {
    std::vector<Part> parts = ended_;
    for (const auto& [id, part] : current_) parts.push_back(part);
    std::erase_if(parts, [last](const Part& part) { return part.first > last; });
    for (Part& part : parts) part.last = std::min(part.last, last);
    std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.label < b.label; });
    std::string lines;
    for (const Part& p : parts) lines += fmt::format("{} {} {} {}\n", p.label, p.first, p.last, p.parent);
    return lines;
  }

 private:
  std::map<uint32_t, Part> current_;  ///< by track
  std::vector<Part> ended_;
  uint32_t largest_id_ = 0, spare_ = kLargestLabel;  ///< labels above spare_ are given to what follows gaps
};

/// A file that is whole or not there.
void write_new(const std::filesystem::path& path, std::string_view bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) throw_write_error(path, errno);
  int error = write_all(descriptor, bytes) == bytes.size() ? 0 : errno;
  if (::close(descriptor) != 0 && error == 0 && errno != EINTR) error = errno;
  if (error == 0) return;
  ::unlink(path.c_str());
  throw_write_error(path, error);
}

class LabelImageSink final : public Sink {
 public:
  LabelImageSink(std::filesystem::path tracks, LabelImageOptions options)
      : tracks_(std::move(tracks)), options_(std::move(options)) {}

  void begin(const RunInfo& run) override { window_ = run.backfill_frames; }

  void write(const FrameResult& result) override {
    if (stopped_) return;
    HeldFrame frame;
    if (!spare_.empty()) {
      frame = std::move(spare_.back());
      spare_.pop_back();
    }
    frame.number = result.frame->number;
    frame.width = result.frame->view.width;
    frame.height = result.frame->view.height;
    frame.rows.clear();
    find_runs(options_.owners(result), frame.width, frame.runs);
    held_.push_back(std::move(frame));
  }

  void write_rows(std::span<const AssembledRow> rows) override {
    size_t at = 0;
    for (const AssembledRow& assembled : rows) {
      const tracking::TrackRow& row = assembled.row;
      if (row.detection < 0) continue;
      while (at < held_.size() && held_[at].number < row.frame) ++at;
      if (at < held_.size() && held_[at].number == row.frame) held_[at].rows.push_back(row);
    }
    if (!held_.empty()) release_until(held_.back().number - window_);
  }

  void finish(const RunSummary&) override {
    release_until(std::numeric_limits<int64_t>::max());
    write_file(tracks_, labels_.text(last_written_));
  }

 private:
  void release_until(int64_t last) {
    while (!stopped_ && !held_.empty() && held_.front().number <= last) {
      HeldFrame frame = std::move(held_.front());
      held_.pop_front();
      try {
        release(frame);
      } catch (...) {
        stopped_ = true;
        throw;
      }
      spare_.push_back(std::move(frame));
    }
  }

  void release(HeldFrame& frame) {
    const std::vector<uint32_t> rows = pixels_by_row(frame);
    std::vector<uint16_t> label_of(frame.rows.size() + 1);
    for (const uint32_t row : rows) label_of[row] = 1;
    label_of[0] = 0;
    std::vector<uint32_t> ids;
    for (size_t i = 1; i < label_of.size(); ++i) {
      if (label_of[i] != 0) ids.push_back(frame.rows[i - 1].id);
    }
    if (!labels_.fit(ids, frame.number)) {
      stopped_ = true;
      if (options_.warn)
        options_.warn(
            fmt::format("the label images end before frame {}: more tracks than 16 bits can number; fewer "
                        "come with a larger label.min_area or track.confirm_ms",
                        frame.number));
      return;
    }
    for (size_t i = 1; i < label_of.size(); ++i) {
      if (label_of[i] != 0) label_of[i] = static_cast<uint16_t>(labels_.label(frame.rows[i - 1].id, frame.number));
    }
    cv::Mat image(frame.height, frame.width, CV_16UC1);
    std::transform(rows.begin(), rows.end(), image.ptr<uint16_t>(), [&](uint32_t row) { return label_of[row]; });
    write_image(frame.number, image);
  }

  void write_image(int64_t number, const cv::Mat& image) {
    constexpr int kDeflate = 8;  // that readers without LZW open, too
    cv::imencode(".tif", image, bytes_, {cv::IMWRITE_TIFF_COMPRESSION, kDeflate});
    write_new(options_.file(fmt::format("mask{:06}.tif", number)),
              {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
    last_written_ = number;
  }

  std::filesystem::path tracks_;
  LabelImageOptions options_;
  int64_t window_ = 0, last_written_ = -1;
  std::deque<HeldFrame> held_;    // by rising number
  std::vector<HeldFrame> spare_;  // recycled: keep their capacity
  Labels labels_;
  std::vector<uint8_t> bytes_;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Sink> make_label_image_sink(std::filesystem::path tracks, LabelImageOptions options) {
  return std::make_unique<LabelImageSink>(std::move(tracks), std::move(options));
}

}  // namespace flashcell::host
