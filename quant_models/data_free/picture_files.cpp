#include "quant_models/data_free/picture_files.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgcodecs.hpp>

#include "base/output_file.hpp"
#include "quant_models/data/numpy_output.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kGap = 2;  // pixels between pictures
constexpr int64_t kMostShown = 64;

// A picture's pixels, blue first as OpenCV writes them.
void paint(std::span<const float> image, const PixelForm& form, cv::Mat at) {
  const int64_t channels = form.shape[1], rows = form.shape[2], columns = form.shape[3];
  for (int64_t plane = 0; plane < 3; ++plane) {
    const auto from = static_cast<size_t>(channels == 1 ? 0 : form.blue_first ? plane : 2 - plane);
    const float low = form.range.low[from], high = form.range.high[from];
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) {
        const float value =
            image[(from * static_cast<size_t>(rows) + static_cast<size_t>(r)) * static_cast<size_t>(columns) +
                  static_cast<size_t>(c)];
        at.at<cv::Vec3b>(static_cast<int>(r), static_cast<int>(c))[static_cast<int>(plane)] =
            static_cast<uint8_t>(std::lround(255 * std::clamp((value - low) / (high - low), 0.0F, 1.0F)));
      }
  }
}

}  // namespace

ContactSheet contact_sheet(std::span<const float> values, int64_t most, const PixelForm& form, std::string caption) {
  const auto size = static_cast<size_t>(element_count(form.shape));
  const auto count = std::min(most, static_cast<int64_t>(values.size() / size));
  const auto across = std::max<int64_t>(1, std::llround(std::ceil(std::sqrt(static_cast<double>(count)))));
  const int64_t down = (count + across - 1) / across, rows = form.shape[2], columns = form.shape[3];
  cv::Mat sheet(static_cast<int>(down * (rows + kGap) + kGap), static_cast<int>(across * (columns + kGap) + kGap),
                CV_8UC3, cv::Scalar(32, 32, 32));
  for (int64_t i = 0; i < count; ++i) {
    const cv::Rect place(static_cast<int>(kGap + i % across * (columns + kGap)),
                         static_cast<int>(kGap + i / across * (rows + kGap)), static_cast<int>(columns),
                         static_cast<int>(rows));
    paint(values.subspan(static_cast<size_t>(i) * size, size), form, sheet(place));
  }
  ContactSheet drawn{std::move(caption), {}, sheet.cols, sheet.rows};
  cv::imencode(".png", sheet, drawn.png);
  return drawn;
}

void write_pictures(const DrawnImages& images, const PixelForm& form, const std::string& folder) {
  NumpyArray pictures{"f4", {images.count, form.shape[1], form.shape[2], form.shape[3]}, {}};
  pictures.bytes.resize(images.values.size() * sizeof(float));
  std::memcpy(pictures.bytes.data(), images.values.data(), pictures.bytes.size());
  std::vector<std::pair<std::string, NumpyArray>> arrays = {{"pictures", std::move(pictures)}};
  if (!images.labels.empty()) {
    NumpyArray labels{"i4", {images.count}, std::vector<uint8_t>(images.labels.size() * sizeof(int32_t))};
    std::memcpy(labels.bytes.data(), images.labels.data(), labels.bytes.size());
    arrays.emplace_back("labels", std::move(labels));
  }
  FileGroup files(folder);
  files.add("pictures.npz", npz_bytes(arrays));
  files.add("sheet.png", std::span<const uint8_t>(contact_sheet(images.values, kMostShown, form, "").png));
  files.write();
}

}  // namespace flashcell::quant
