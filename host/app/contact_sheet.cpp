#include "host/app/contact_sheet.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "host/sink/frame_picture.hpp"

namespace flashcell::app {
namespace {

// Colours that stay apart for colour-blind eyes (Okabe, Ito 2008), BGR.
const cv::Scalar kColours[contract::kMaxColourClasses] = {{0, 159, 230},   {233, 180, 86}, {115, 158, 0},
                                                          {66, 228, 240},  {178, 114, 0},  {0, 94, 213},
                                                          {167, 121, 204}, {255, 255, 255}};

cv::Mat to_mask(const host::BitImage& bits) {
  cv::Mat mask(bits.height(), bits.width(), CV_8UC1);
  for (int y = 0; y < bits.height(); ++y) {
    for (int x = 0; x < bits.width(); ++x) mask.at<uint8_t>(y, x) = bits.get(x, y) ? 255 : 0;
  }
  return mask;
}

const cv::Scalar kKept{0, 255, 255}, kTooSmall{0, 159, 230}, kTooLarge{60, 20, 220};  // BGR
constexpr size_t kMostLeftOutDrawn = 200;

void draw_box(const contract::ObjectRecord& object, int zoom, const cv::Scalar& colour, int thickness,
              cv::Mat& picture) {
  constexpr int kMargin = 3;
  cv::rectangle(picture, {zoom * object.left - kMargin, zoom * object.top - kMargin},
                {zoom * (object.right + 1) + kMargin, zoom * (object.bottom + 1) + kMargin}, colour, thickness);
}

std::vector<contract::ObjectRecord> largest(std::vector<contract::ObjectRecord> objects, size_t most) {
  if (objects.size() <= most) return objects;
  std::nth_element(objects.begin(), objects.begin() + static_cast<ptrdiff_t>(most), objects.end(),
                   [](const auto& a, const auto& b) { return a.m00 > b.m00; });
  objects.resize(most);
  return objects;
}

void write_caption(cv::Mat& picture, const std::string& caption) {
  double scale = std::clamp(picture.cols / 900.0, 0.4, 2.0);
  const int thickness = scale > 1 ? 2 : 1;
  int baseline = 0;
  const auto size_of = [&] { return cv::getTextSize(caption, cv::FONT_HERSHEY_SIMPLEX, scale, thickness, &baseline); };
  scale *= std::min(1.0, (picture.cols - 12.0) / size_of().width);
  const cv::Size size = size_of();
  cv::rectangle(picture, {0, 0}, {size.width + 12, size.height + baseline + 8}, {0, 0, 0}, cv::FILLED);
  cv::putText(picture, caption, {6, size.height + 5}, cv::FONT_HERSHEY_SIMPLEX, scale, {255, 255, 255}, thickness,
              cv::LINE_AA);
}

}  // namespace

cv::Mat draw_segmentation(const host::TrialPicture& trial, int significant_bits, uint32_t min_area,
                          const std::string& caption) {
  const FrameView& frame = trial.frame.view;
  cv::Mat picture;
  host::to_picture(frame, significant_bits, picture);
  // Small frames are drawn larger, so that an outline does not hide what it goes around.
  const int zoom = std::clamp(640 / std::max(1, frame.width), 1, 8);
  if (zoom > 1) cv::resize(picture, picture, {}, zoom, zoom, cv::INTER_NEAREST);
  for (size_t k = 0; k < trial.masks.size(); ++k) {
    cv::Mat mask = to_mask(trial.masks[k]);
    if (zoom > 1) cv::resize(mask, mask, {}, zoom, zoom, cv::INTER_NEAREST);
    std::vector<std::vector<cv::Point>> outlines;
    cv::findContours(mask, outlines, cv::RETR_LIST, cv::CHAIN_APPROX_NONE);
    cv::drawContours(picture, outlines, -1, kColours[k % contract::kMaxColourClasses], std::max(1, picture.cols / 900));
  }
  for (const contract::ObjectRecord& object : largest(trial.left_out, kMostLeftOutDrawn))
    draw_box(object, zoom, object.m00 < min_area ? kTooSmall : kTooLarge, 1, picture);
  for (const contract::ObjectRecord& object : trial.table.objects)
    draw_box(object, zoom, kKept, std::max(1, picture.cols / 900), picture);
  write_caption(picture, caption);
  return picture;
}

cv::Mat contact_sheet(const std::vector<cv::Mat>& pictures, int width) {
  if (pictures.empty()) return {};
  const int count = static_cast<int>(pictures.size());
  const double aspect = static_cast<double>(pictures[0].cols) / pictures[0].rows;
  // Columns so that the sheet is roughly as wide as it is high.
  const int columns = std::clamp(static_cast<int>(std::lround(std::sqrt(count / aspect))), 1, count);
  const int rows = (count + columns - 1) / columns;
  const int tile_width = std::max(32, width / columns);
  const int tile_height = std::max(16, static_cast<int>(std::lround(tile_width / aspect)));
  const int gap = 4;
  cv::Mat sheet(rows * (tile_height + gap) - gap, columns * (tile_width + gap) - gap, CV_8UC3, cv::Scalar(32, 32, 32));
  for (int i = 0; i < count; ++i) {
    cv::Mat tile;
    cv::resize(pictures[i], tile, {tile_width, tile_height}, 0, 0, cv::INTER_AREA);
    tile.copyTo(sheet(
        cv::Rect((i % columns) * (tile_width + gap), (i / columns) * (tile_height + gap), tile_width, tile_height)));
  }
  return sheet;
}

}  // namespace flashcell::app
