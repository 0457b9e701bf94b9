#include "host/eval/label_images.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <opencv2/imgcodecs.hpp>

#include "base/error.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

/// Where the images lie: below NN_GT they are in TRA.
fs::path image_folder(const fs::path& folder) {
  return fs::is_directory(folder / "TRA") ? folder / "TRA" : folder;
}

/// The digits that a name ends with; -1 without any.
int64_t trailing_number(const std::string& stem) {
  const size_t end = stem.find_last_not_of("0123456789");
  const std::string digits = stem.substr(end == std::string::npos ? 0 : end + 1);
  int64_t number = -1;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return result.ec == std::errc{} && number < kMaxFrameNumber ? number : -1;
}

std::map<int64_t, fs::path> images_by_frame(const fs::path& folder) {
  std::map<int64_t, fs::path> images;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string kind = entry.path().extension().string();
    if (kind != ".tif" && kind != ".tiff" && kind != ".png") continue;
    const int64_t number = trailing_number(entry.path().stem().string());
    if (number < 0) throw Error(Fault::input, entry.path().string() + ": its name ends with no frame number");
    if (!images.emplace(number, entry.path()).second)
      throw Error(Fault::input, entry.path().string() + ": another image has the same frame number");
  }
  if (images.empty()) throw Error(Fault::input, folder.string() + ": holds no label images (.tif, .png)");
  return images;
}

/// What an object's pixels add up to.
struct Extent {
  int left = 0, top = 0, right = 0, bottom = 0;
  int64_t area = 0, sum_x = 0, sum_y = 0;

  void add(int x, int y) {
    if (area++ == 0) left = right = x, top = bottom = y;
    left = std::min(left, x), right = std::max(right, x);
    top = std::min(top, y), bottom = std::max(bottom, y);
    sum_x += x, sum_y += y;
  }

  tracking::LabelledObject object(int64_t frame, int64_t id) const {
    tracking::LabelledObject o;
    o.frame = frame;
    o.id = id;
    o.box = {double(left), double(top), double(right - left + 1), double(bottom - top + 1)};
    o.x = double(sum_x) / double(area);
    o.y = double(sum_y) / double(area);
    return o;
  }
};

template <class Pixel>
std::map<int64_t, Extent> extents(const cv::Mat& image) {
  std::map<int64_t, Extent> found;
  for (int y = 0; y < image.rows; ++y) {
    const Pixel* row = image.ptr<Pixel>(y);
    for (int x = 0; x < image.cols; ++x)
      if (row[x] != 0) found[row[x]].add(x, y);
  }
  return found;
}

}  // namespace

ObjectList read_label_images(const std::string& folder) {
  ObjectList list;
  list.name = folder;
  list.has_boxes = list.has_points = true;
  for (const auto& [number, path] : images_by_frame(image_folder(folder))) {
    const cv::Mat image = cv::imread(path.string(), cv::IMREAD_UNCHANGED);
    if (image.empty() || (image.type() != CV_8UC1 && image.type() != CV_16UC1))
      throw Error(Fault::input, path.string() + ": is no label image of 8 or 16 bits");
    const auto found = image.type() == CV_8UC1 ? extents<uint8_t>(image) : extents<uint16_t>(image);
    for (const auto& [id, extent] : found) {
      list.objects.push_back(extent.object(number + 1, id));
      list.lines.push_back(number);
    }
  }
  return list;
}

}  // namespace flashcell::host
