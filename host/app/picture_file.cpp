#include "host/app/picture_file.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/picture_header.hpp"

namespace flashcell::app {

cv::Mat read_picture(const std::string& path) {
  constexpr uint64_t kMostFileBytes = uint64_t{1} << 30;
  const std::vector<uint8_t> bytes = read_whole(path, kMostFileBytes);
  check_picture(bytes, path);
  cv::Mat picture;
  try {
    picture = cv::imdecode(bytes, cv::IMREAD_ANYCOLOR | cv::IMREAD_ANYDEPTH);
  } catch (const cv::Exception&) {
    picture.release();
  }
  if (picture.empty()) throw Error(Fault::input, fmt::format("{}: is no picture that can be read, or damaged", path));
  if (picture.depth() != CV_8U && picture.type() != CV_16UC1) {
    picture.convertTo(picture, CV_8U, picture.depth() == CV_16U ? 1.0 / 257 : 255.0);
  }
  if (picture.channels() != 1 && picture.channels() != 3)
    throw Error(Fault::input, fmt::format("{}: has {} channels; 1 or 3 can be used", path, picture.channels()));
  return picture;
}

FrameView view_of(const cv::Mat& picture) {
  const PixelFormat format = picture.channels() == 3    ? PixelFormat::bgr8
                             : picture.depth() == CV_8U ? PixelFormat::grey8
                                                        : PixelFormat::grey16;
  return {picture.data, picture.cols, picture.rows, static_cast<ptrdiff_t>(picture.step), format};
}

std::vector<uint8_t> encode_picture(const std::string& path, const cv::Mat& picture) {
  std::vector<uint8_t> bytes;
  bool encoded = false;
  try {
    encoded = cv::imencode(std::filesystem::path(path).extension().string(), picture, bytes);
  } catch (const cv::Exception&) {
  }
  if (!encoded)
    throw Error(Fault::usage, fmt::format("{}: is no kind of picture file that can be written; .png is", path));
  return bytes;
}

void write_picture(const std::string& path, const cv::Mat& picture) {
  const std::vector<uint8_t> bytes = encode_picture(path, picture);
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace flashcell::app
