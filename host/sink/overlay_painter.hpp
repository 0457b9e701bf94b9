#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "host/sink/label_places.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// Draws a frame with its tracks. Remembers the trails, so it must see every frame's rows. Labels cover neither each
/// other nor objects: in a crowd some stand a little away, at the end of a line, and some are left out (LabelPlaces).
class OverlayPainter {
 public:
  static constexpr int kStripHeight = 28;     ///< px, above the frame
  static constexpr size_t kMostLabels = 400;  ///< in a picture

  /// `trail_frames`: length of the trails. Frames are scaled so that the longer side is at most `max_side` px, and
  /// small ones by a whole factor to about 640 px.
  OverlayPainter(const RunInfo& run, int64_t trail_frames, int max_side);

  /// px, both even, as video encoders want; the strip included.
  cv::Size size() const { return size_; }

  /// Takes a frame's rows into the trails.
  void follow(const FrameResult& result);

  /// The frame, drawn; `note` ends the strip's text. Valid until the next call.
  const cv::Mat& paint(const FrameResult& result, const std::string& note);

 private:
  struct TrailPoint {
    int64_t frame;
    cv::Point2f at;
  };

  struct Trail {
    std::deque<TrailPoint> points;
    int label_slot = 0;  // where the label was last
  };

  void add_point(const tracking::TrackRow& row);
  void draw_track(const tracking::TrackRow& row, cv::Mat& area);
  void draw_labels(std::span<const tracking::TrackRow> rows, cv::Mat& area);
  bool draw_label(const tracking::TrackRow& row, const cv::Rect& object, cv::Mat& area);
  std::string label_of(const tracking::TrackRow& row) const;
  cv::Rect outline(const tracking::TrackRow& row) const;
  void draw_trail(uint32_t id, cv::Mat& area);
  void draw_regions(cv::Mat& area) const;
  void draw_strip(const FrameResult& result, const std::string& note);
  cv::Point2f place(double x, double y) const;

  RunInfo run_;
  int64_t trail_frames_;
  double scale_;
  cv::Size scaled_, size_;
  cv::Mat picture_, canvas_;
  std::map<uint32_t, Trail> trails_;
  LabelPlaces places_;
  size_t labels_left_out_ = 0;  // of the picture that is being drawn
};

}  // namespace flashcell::host
