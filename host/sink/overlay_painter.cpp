#include "host/sink/overlay_painter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <opencv2/imgproc.hpp>

#include "host/sink/frame_picture.hpp"
#include "host/sink/palette.hpp"
#include "host/sink/picture_text.hpp"
#include "host/sink/track_columns.hpp"

namespace flashcell::host {
namespace {

constexpr int kComfortableSide = 640;  // px, to which small frames are enlarged
constexpr int kTrailStep = 3;          // px between drawn points of a trail
constexpr int kLabelFont = cv::FONT_HERSHEY_SIMPLEX;
const cv::Scalar kStripColour(30, 24, 20), kTextColour(240, 233, 228), kRegionColour(220, 180, 110);

double scale_for(int side, int max_side) {
  if (side > max_side) return static_cast<double>(max_side) / side;
  return std::max(1, std::min(kComfortableSide, max_side) / std::max(1, side));
}

int even(double v) {
  return std::max(2, static_cast<int>(std::lround(v)) / 2 * 2);
}

/// Decimals of a time in s with which neighbouring frames differ, and one more.
int time_digits(double fps) {
  return std::clamp(static_cast<int>(std::ceil(std::log10(fps))) + 1, 4, 9);
}

cv::Scalar colour_of(uint32_t id) {
  const Rgb c = track_colour(id);
  return {static_cast<double>(c.b), static_cast<double>(c.g), static_cast<double>(c.r)};
}

bool is_placed(const tracking::TrackRow& row) {
  return std::isfinite(row.x) && std::isfinite(row.y);
}

/// A place that whole numbers can say, however far away.
cv::Point2f near_picture(cv::Point2f p) {
  constexpr float kFar = 1e5f;
  return {std::clamp(p.x, -kFar, kFar), std::clamp(p.y, -kFar, kFar)};
}

void dashed_line(cv::Mat& image, cv::Point2f from, cv::Point2f to, const cv::Scalar& colour) {
  constexpr float kDash = 5;
  const cv::Point2f way = to - from;
  const float length = std::hypot(way.x, way.y);
  if (!(length < 1e5f)) return;
  for (float at = 0; at < length; at += 2 * kDash) {
    cv::line(image, from + way * (at / length), from + way * (std::min(at + kDash, length) / length), colour, 1,
             cv::LINE_AA);
  }
}

void dashed_box(cv::Mat& image, cv::Point2f low, cv::Point2f high, const cv::Scalar& colour) {
  const cv::Point2f corners[] = {low, {high.x, low.y}, high, {low.x, high.y}};
  for (int i = 0; i < 4; ++i) dashed_line(image, corners[i], corners[(i + 1) % 4], colour);
}

}  // namespace

OverlayPainter::OverlayPainter(const RunInfo& run, int64_t trail_frames, int max_side)
    : run_(run),
      trail_frames_(std::max<int64_t>(1, trail_frames)),
      scale_(scale_for(std::max(run.source.width, run.source.height), max_side)),
      scaled_(std::max(1, static_cast<int>(std::lround(run.source.width * scale_))),
              std::max(1, static_cast<int>(std::lround(run.source.height * scale_)))),
      size_(even(scaled_.width + 1), even(scaled_.height + kStripHeight + 1)),
      canvas_(size_, CV_8UC3, kStripColour),
      places_(scaled_) {}

cv::Point2f OverlayPainter::place(double x, double y) const {
  return {static_cast<float>((x + 0.5) * scale_ - 0.5), static_cast<float>((y + 0.5) * scale_ - 0.5)};
}

void OverlayPainter::add_point(const tracking::TrackRow& row) {
  trails_[row.id].points.push_back({row.frame, cv::Point2f(static_cast<float>(row.x), static_cast<float>(row.y))});
}

void OverlayPainter::follow(const FrameResult& result) {
  for (const tracking::TrackRow& row : result.backfill) add_point(row);
  for (const tracking::TrackRow& row : result.rows) add_point(row);
  const int64_t oldest = result.frame->number - trail_frames_;
  for (auto trail = trails_.begin(); trail != trails_.end();) {
    std::deque<TrailPoint>& points = trail->second.points;
    while (!points.empty() && points.front().frame < oldest) points.pop_front();
    trail = points.empty() ? trails_.erase(trail) : std::next(trail);
  }
}

const cv::Mat& OverlayPainter::paint(const FrameResult& result, const std::string& note) {
  to_picture(result.frame->view, run_.source.significant_bits, picture_);
  cv::Mat area = canvas_(cv::Rect(0, kStripHeight, scaled_.width, scaled_.height));
  cv::resize(picture_, area, scaled_, 0, 0, scale_ < 1 ? cv::INTER_AREA : cv::INTER_NEAREST);
  draw_regions(area);
  for (const tracking::TrackRow& row : result.rows) draw_trail(row.id, area);
  for (const tracking::TrackRow& row : result.rows) draw_track(row, area);
  draw_labels(result.rows, area);
  draw_strip(result, note);
  return canvas_;
}

/// Outlines and names, below all else.
void OverlayPainter::draw_regions(cv::Mat& area) const {
  if (!run_.regions) return;
  for (const tracking::NamedRegion& region : run_.regions->regions()) {
    std::vector<cv::Point> outline;
    outline.reserve(region.outline.size());
    for (const auto& [x, y] : region.outline) outline.emplace_back(place(x, y));
    cv::polylines(area, outline, true, kRegionColour, 1, cv::LINE_AA);
    const cv::Rect box = cv::boundingRect(outline);
    cv::putText(area, region.name, {box.x + 2, box.y + 11}, kLabelFont, 0.35, kRegionColour, 1, cv::LINE_AA);
  }
}

void OverlayPainter::draw_trail(uint32_t id, cv::Mat& area) {
  const auto trail = trails_.find(id);
  if (trail == trails_.end() || trail->second.points.size() < 2) return;
  std::vector<cv::Point> line;
  // Steps far below a pixel cost drawing time and show nothing.
  for (const TrailPoint& p : trail->second.points) {
    const cv::Point at = place(p.at.x, p.at.y);
    if (line.empty() || std::abs(at.x - line.back().x) + std::abs(at.y - line.back().y) >= kTrailStep)
      line.push_back(at);
  }
  line.push_back(place(trail->second.points.back().at.x, trail->second.points.back().at.y));
  cv::polylines(area, line, false, colour_of(id), 1, cv::LINE_AA);
}

cv::Rect OverlayPainter::outline(const tracking::TrackRow& row) const {
  const cv::Point2f low = near_picture(place(row.box.left, row.box.top)),
                    high = near_picture(place(row.box.left + row.box.width - 1, row.box.top + row.box.height - 1));
  // Just outside the object, so that the outline hides none of it.
  const cv::Point2f edge(static_cast<float>(scale_ / 2 + 1), static_cast<float>(scale_ / 2 + 1));
  return {cv::Point(low - edge), cv::Point(high + edge) + cv::Point(1, 1)};
}

void OverlayPainter::draw_track(const tracking::TrackRow& row, cv::Mat& area) {
  if (!is_placed(row)) return;
  const cv::Scalar colour = colour_of(row.id);
  const cv::Rect box = outline(row);
  if (row.state == tracking::TrackState::predicted) {
    dashed_box(area, box.tl(), box.br() - cv::Point(1, 1), colour);
    return;
  }
  cv::rectangle(area, box.tl(), box.br() - cv::Point(1, 1), colour, 1, cv::LINE_AA);
  const double major = major_axis(row.spread), minor = minor_axis(row.spread);
  if (major > 0 && minor > 0) {
    const cv::RotatedRect ellipse(place(row.x, row.y),
                                  {static_cast<float>(major * scale_), static_cast<float>(minor * scale_)},
                                  static_cast<float>(orientation(row.spread) * 180 / CV_PI));
    cv::ellipse(area, ellipse, colour, 1, cv::LINE_AA);
  }
}

std::string OverlayPainter::label_of(const tracking::TrackRow& row) const {
  std::string text = std::to_string(row.id);
  if (row.class_id >= 0 && !run_.classes.empty()) {
    text += fmt::format(" {}", class_name(run_.classes, row.class_id));
    // Certainty needs no figure; doubt does.
    if (row.class_confidence < 0.995F) text += fmt::format(" {:.0f}%", 100 * row.class_confidence);
  }
  if (row.state == tracking::TrackState::merged) text += " (merged)";
  return text;
}

bool OverlayPainter::draw_label(const tracking::TrackRow& row, const cv::Rect& object, cv::Mat& area) {
  const std::string text = label_of(row);
  const TextSize size = text_size(text);
  Trail& trail = trails_[row.id];
  const auto room = places_.take(object, size.box, trail.label_slot);
  if (!room) return false;
  trail.label_slot = room->slot;
  if (room->apart) cv::line(area, room->from, room->to, colour_of(row.id), 1, cv::LINE_AA);
  draw_text(area, text, room->box.tl() + cv::Point(0, size.baseline), colour_of(row.id));
  return true;
}

void OverlayPainter::draw_labels(std::span<const tracking::TrackRow> rows, cv::Mat& area) {
  std::vector<cv::Rect> objects;
  for (const tracking::TrackRow& row : rows)
    if (is_placed(row)) objects.push_back(outline(row));
  places_.begin(objects);
  labels_left_out_ = 0;
  size_t tried = 0;
  for (const tracking::TrackRow& row : rows) {
    if (!is_placed(row)) continue;
    const bool drawn = tried < kMostLabels && draw_label(row, objects[tried], area);
    labels_left_out_ += drawn ? 0 : 1;
    ++tried;
  }
}

void OverlayPainter::draw_strip(const FrameResult& result, const std::string& note) {
  cv::rectangle(canvas_, cv::Rect(0, 0, canvas_.cols, kStripHeight), kStripColour, cv::FILLED);
  std::string text = fmt::format("frame {}", result.frame->number);
  if (run_.fps > 0) text += fmt::format("   {:.{}f} s", result.time_s, time_digits(run_.fps));
  text += fmt::format("   {} track{}", result.rows.size(), result.rows.size() == 1 ? "" : "s");
  if (labels_left_out_ > 0) text += fmt::format(", {} not labelled", labels_left_out_);
  if (!note.empty()) text += "   " + note;
  cv::putText(canvas_, text, {8, 19}, kLabelFont, 0.45, kTextColour, 1, cv::LINE_AA);
}

}  // namespace flashcell::host
