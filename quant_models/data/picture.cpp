#include "quant_models/data/picture.hpp"

#include <algorithm>
#include <cctype>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "base/picture_header.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kMostFileBytes = size_t{1} << 30;

cv::Mat plane(const Picture& picture, int channel) {
  const size_t size = static_cast<size_t>(picture.rows) * static_cast<size_t>(picture.columns);
  return {picture.rows, picture.columns, CV_8U,
          const_cast<uint8_t*>(picture.pixels.data()) + size * static_cast<size_t>(channel)};
}

}  // namespace

Picture decode_picture(std::span<const uint8_t> file, const std::string& name, int channels) {
  if (file.empty()) throw ModelError(name + ": is empty");
  if (file.size() > kMostFileBytes) throw ModelError(name + ": is larger than 1 GiB");
  try {
    check_picture(file, name);
  } catch (const Error& e) {
    throw ModelError(e.what());
  }
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, const_cast<uint8_t*>(file.data()));
  cv::Mat image;
  try {
    image = cv::imdecode(bytes, channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {
    image.release();
  }
  if (image.empty()) throw ModelError(name + ": is damaged");
  Picture picture{channels, image.rows, image.cols, {}};
  picture.pixels.resize(image.total() * static_cast<size_t>(channels));
  for (int c = 0; c < channels; ++c) {
    cv::Mat out = plane(picture, c);
    cv::extractChannel(image, out, channels - 1 - c);  // OpenCV's order is B, G, R
  }
  return picture;
}

bool is_picture_name(const std::string& name) {
  std::string low = name;
  std::transform(low.begin(), low.end(), low.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view kEndings[] = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".pgm", ".ppm"};
  return std::any_of(std::begin(kEndings), std::end(kEndings), [&](std::string_view e) { return low.ends_with(e); });
}

Picture resize(const Picture& picture, int rows, int columns) {
  if (picture.rows == rows && picture.columns == columns) return picture;
  Picture out{picture.channels, rows, columns, {}};
  out.pixels.resize(static_cast<size_t>(picture.channels) * static_cast<size_t>(rows) * static_cast<size_t>(columns));
  const bool shrinks = rows < picture.rows && columns < picture.columns;
  for (int c = 0; c < picture.channels; ++c) {
    cv::Mat target = plane(out, c);
    cv::resize(plane(picture, c), target, {columns, rows}, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  }
  return out;
}

}  // namespace flashcell::quant
