#include "host/source/image_sequence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <opencv2/imgcodecs.hpp>

#include "base/error.hpp"
#include "host/source/file_names.hpp"
#include "host/source/frame_layout.hpp"
#include "host/source/image_files.hpp"
#include "host/source/mapped_file.hpp"
#include "host/source/opencv_quiet.hpp"

namespace flashcell::host {
namespace {

/// Pages of a TIFF read at once: OpenCV walks the file from its start each time.
constexpr int kChunkPages = 32;

bool is_tiff(const std::filesystem::path& path) {
  const std::string extension = lower_extension(path);
  return extension == ".tif" || extension == ".tiff";
}

/// Pages that can be read, and one more that cannot where the file was cut short.
int count_pages(const std::filesystem::path& path) {
  if (!is_tiff(path)) return 1;
  try {
    const auto readable = static_cast<int>(cv::imcount(path.string(), cv::IMREAD_UNCHANGED));
    return std::max(1, readable + (lacks_tiff_pages(MappedFile(path).bytes()) ? 1 : 0));
  } catch (const cv::Exception&) {
    return 1;  // reading it will tell
  }
}

}  // namespace

ImageSequence::ImageSequence(const std::string& name, std::vector<std::filesystem::path> files,
                             const SourceOptions& options)
    : files_(std::move(files)) {
  quiet_opencv();
  if (files_.empty()) throw Error(Fault::input, fmt::format("{}: holds no images (png, tif, bmp, jpg, pgm)", name));
  for (size_t f = 0; f < files_.size(); ++f) {
    const int pages = count_pages(files_[f]);
    for (int page = 0; page < pages; ++page) pages_.push_back({f, page, pages == 1});
  }
  flags_ = cv::IMREAD_ANYDEPTH | (options.grey ? cv::IMREAD_GRAYSCALE : cv::IMREAD_ANYCOLOR);
  info_.name = name;
  info_.fps = std::max(options.fps, 0.0);

  cv::Mat first;
  for (size_t i = 0; i < pages_.size() && first.empty(); ++i) first = read(i);
  if (first.empty()) throw Error(Fault::input, fmt::format("{}: cannot be read as an image", files_.front().string()));
  type_ = first.type();
  if (type_ != CV_8UC1 && type_ != CV_8UC3 && type_ != CV_16UC1) {
    throw Error(
        Fault::input,
        fmt::format("{}: only images of 8-bit grey or colour and 16-bit grey are supported: convert them", name));
  }
  check_sides(name, first.cols, first.rows);
  info_.width = first.cols;
  info_.height = first.rows;
  info_.format = type_ == CV_8UC1 ? PixelFormat::grey8 : type_ == CV_8UC3 ? PixelFormat::bgr8 : PixelFormat::grey16;
  info_.significant_bits = type_ == CV_16UC1 ? 16 : 8;

  const auto count = static_cast<int64_t>(pages_.size());
  if (options.start_frame >= count) {
    throw Error(Fault::usage,
                fmt::format("{}: the start frame {} is beyond the last, {}", name, options.start_frame, count - 1));
  }
  position_ = static_cast<size_t>(std::max<int64_t>(options.start_frame, 0));
  if (options.frame_limit) limit_ = std::max<int64_t>(*options.frame_limit, 0);
  info_.frame_count = std::min(count - static_cast<int64_t>(position_), limit_);
}

cv::Mat ImageSequence::read(size_t index) {
  const Page& page = pages_[index];
  const std::string path = files_[page.file].string();
  try {
    if (page.alone) return is_whole_image(path) ? cv::imread(path, flags_) : cv::Mat();
    if (index < chunk_first_ || index >= chunk_first_ + chunk_.size()) {
      chunk_.clear();
      chunk_first_ = index;
      cv::imreadmulti(path, chunk_, page.page, kChunkPages, flags_);
      if (chunk_.empty()) return {};
    }
    return chunk_[index - chunk_first_];
  } catch (const cv::Exception&) {
    return {};
  }
}

void ImageSequence::leave_out(size_t index, const std::string& reason) {
  if (left_out_++ == 0) {
    const Page& page = pages_[index];
    damage_ = fmt::format("frame {}, {}{}, {}", index, files_[page.file].string(),
                          page.alone ? "" : fmt::format(" page {}", page.page), reason);
  }
}

bool ImageSequence::next(Frame& frame) {
  while (position_ < pages_.size() && delivered_ < limit_) {
    const size_t index = position_++;
    const cv::Mat image = read(index);
    if (image.empty()) {
      leave_out(index, "is truncated or damaged");
      continue;
    }
    if (image.cols != info_.width || image.rows != info_.height || image.type() != type_) {
      leave_out(index, fmt::format("has another size or format ({}x{} px instead of {}x{})", image.cols, image.rows,
                                   info_.width, info_.height));
      continue;
    }
    const size_t stride = static_cast<size_t>(info_.width) * static_cast<size_t>(bytes_per_pixel(info_.format));
    frame.storage.resize(stride * static_cast<size_t>(info_.height));
    for (int y = 0; y < info_.height; ++y)
      std::memcpy(frame.storage.data() + static_cast<size_t>(y) * stride, image.ptr(y), stride);
    frame.view = {frame.storage.data(), info_.width, info_.height, static_cast<ptrdiff_t>(stride), info_.format};
    frame.number = static_cast<int64_t>(index);
    frame.device_time_ns.reset();
    ++delivered_;
    return true;
  }
  if (delivered_ < limit_ && left_out_ > 0) {
    throw Error(Fault::input, fmt::format("{}: {} of {} images were left out; the first: {}", info_.name, left_out_,
                                          pages_.size(), damage_));
  }
  return false;
}

}  // namespace flashcell::host
