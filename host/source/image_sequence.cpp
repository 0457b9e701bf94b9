#include "host/source/image_sequence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <opencv2/imgcodecs.hpp>

#include "base/error.hpp"
#include "base/picture_header.hpp"
#include "host/source/file_names.hpp"
#include "host/source/frame_layout.hpp"
#include "host/source/opencv_quiet.hpp"
#include "kernels_hls/contract/limits.hpp"

namespace flashcell::host {
namespace {

/// Bytes of one image file that is not a stack.
constexpr uint64_t kMostFileBytes = uint64_t{1} << 30;

/// Pages of a TIFF read at once, and their bytes at most: OpenCV walks the file from its start each time.
constexpr uint64_t kChunkPages = 32, kChunkBytes = uint64_t{1} << 27;

bool is_tiff(const std::filesystem::path& path) {
  const std::string extension = lower_extension(path);
  return extension == ".tif" || extension == ".tiff";
}

bool fits(const PictureHeader& header) {
  constexpr uint64_t kMost = contract::kMaxFrameSide;
  return header.width >= 1 && header.height >= 1 && header.width <= kMost && header.height <= kMost;
}

/// Why an image of that header is not decoded.
std::string misfit(const PictureHeader& header) {
  return fmt::format("states {}x{} px: sides must be 1..{}", header.width, header.height, contract::kMaxFrameSide);
}

}  // namespace

ImageSequence::ImageSequence(const std::string& name, std::vector<std::filesystem::path> files,
                             const SourceOptions& options)
    : files_(std::move(files)) {
  quiet_opencv();
  if (files_.empty()) throw Error(Fault::input, fmt::format("{}: holds no images (png, tif, bmp, jpg, pgm)", name));
  for (size_t f = 0; f < files_.size(); ++f) add_pages(f);
  check_frame_count(name, pages_.size());
  flags_ = cv::IMREAD_ANYDEPTH | (options.grey ? cv::IMREAD_GRAYSCALE : cv::IMREAD_ANYCOLOR);
  info_.name = name;
  info_.fps = std::max(options.fps, 0.0);

  cv::Mat first;
  std::string first_reason;
  for (size_t i = 0; i < pages_.size() && first.empty(); ++i) {
    std::string reason;
    first = read(i, reason);
    if (i == 0) first_reason = reason;
  }
  if (first.empty())
    throw Error(Fault::input, fmt::format("{}: cannot be read as an image: {}", files_.front().string(), first_reason));
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
  info_.random_access = std::none_of(files_.begin(), files_.end(), is_tiff);  // of stacks the pages are counted first
}

void ImageSequence::add_pages(size_t file) {
  uint64_t pages = 1;
  chunk_pages_.push_back(1);
  if (is_tiff(files_[file])) {
    try {
      const std::optional<PictureHeader> header = read_tiff_header(FileReader(files_[file]));
      if (header && header->pages + (header->whole ? 0 : 1) > 1 && fits(*header)) {
        // What cannot be read of the pages counted here is left out one by one.
        pages = std::min<uint64_t>(header->pages, cv::imcount(files_[file].string(), cv::IMREAD_UNCHANGED));
        pages = std::max<uint64_t>(1, pages + (header->whole ? 0 : 1));
        constexpr uint64_t kMostPixelBytes = 6;
        chunk_pages_.back() = static_cast<int>(
            std::clamp(kChunkBytes / (header->width * header->height * kMostPixelBytes), uint64_t{1}, kChunkPages));
      }
    } catch (const Error&) {  // reading it will tell
    } catch (const cv::Exception&) {
    }
  }
  for (uint64_t page = 0; page < pages; ++page) pages_.push_back({file, static_cast<int>(page), pages == 1});
}

cv::Mat ImageSequence::read_alone(const std::filesystem::path& path, std::string& reason) const {
  const std::vector<uint8_t> bytes = read_whole(path, kMostFileBytes);
  const std::optional<PictureHeader> header = read_picture_header(bytes);
  if (!header) {
    reason = "is no PNG, JPEG, BMP, TIFF or PNM image, or damaged";
  } else if (!header->whole) {
    reason = "is truncated or damaged";
  } else if (!fits(*header)) {
    reason = misfit(*header);
  } else {
    return cv::imdecode(bytes, flags_);
  }
  return {};
}

cv::Mat ImageSequence::read(size_t index, std::string& reason) {
  reason = "is truncated or damaged";
  const Page& page = pages_[index];
  const std::filesystem::path& path = files_[page.file];
  try {
    if (page.alone) return read_alone(path, reason);
    if (index < chunk_first_ || index >= chunk_first_ + chunk_.size()) {
      chunk_.clear();
      chunk_first_ = index;
      cv::imreadmulti(path.string(), chunk_, page.page, chunk_pages_[page.file], flags_);
      if (chunk_.empty()) return {};
    }
    return chunk_[index - chunk_first_];
  } catch (const Error&) {
    reason = "cannot be read any more";
    return {};
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
    std::string reason;
    const cv::Mat image = read(index, reason);
    if (image.empty()) {
      leave_out(index, reason);
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
