#include "host/eval/label_images.hpp"

#include <algorithm>
#include <charconv>
#include <opencv2/imgcodecs.hpp>

#include "base/error.hpp"
#include "base/picture_header.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostFileBytes = uint64_t{1} << 30;

/// The digits that a name ends with; -1 without any.
int64_t trailing_number(const std::string& stem) {
  const size_t end = stem.find_last_not_of("0123456789");
  const std::string digits = stem.substr(end == std::string::npos ? 0 : end + 1);
  int64_t number = -1;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return result.ec == std::errc{} && number < kMaxFrameNumber ? number : -1;
}

bool is_challenge_name(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("mask") || name.starts_with("man_track") || name.starts_with("man_seg");
}

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> pictures;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string kind = entry.path().extension().string();
    if (kind == ".tif" || kind == ".tiff" || kind == ".png") pictures.push_back(entry.path());
  }
  if (std::any_of(pictures.begin(), pictures.end(), is_challenge_name))
    std::erase_if(pictures, [](const fs::path& path) { return !is_challenge_name(path); });
  std::sort(pictures.begin(), pictures.end());
  return pictures;
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

std::map<int64_t, Extent> extents(const LabelImage& image) {
  std::map<int64_t, Extent> found;
  const uint16_t* label = image.labels.data();
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x, ++label)
      if (*label != 0) found[*label].add(x, y);
  }
  return found;
}

}  // namespace

std::map<int64_t, fs::path> label_image_files(const fs::path& folder) {
  std::map<int64_t, fs::path> images;
  for (const fs::path& path : pictures_in(folder)) {
    const int64_t number = trailing_number(path.stem().string());
    if (number < 0) throw Error(Fault::input, path.string() + ": its name ends with no frame number");
    if (!images.emplace(number, path).second)
      throw Error(Fault::input, path.string() + ": another image has the same frame number");
  }
  if (images.empty())
    throw Error(Fault::input,
                folder.string() + ": holds no label images (.tif, .png); a run writes them with --output.labels true");
  return images;
}

fs::path tracking_folder(const fs::path& folder) {
  return fs::is_directory(folder / "TRA") ? folder / "TRA" : folder;
}

LabelImage read_label_image(const fs::path& path) {
  const std::vector<uint8_t> bytes = read_whole(path, kMostFileBytes);
  check_picture(bytes, path.string());
  const cv::Mat image = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
  if (image.empty() || (image.type() != CV_8UC1 && image.type() != CV_16UC1))
    throw Error(Fault::input, path.string() + ": is no label image of 8 or 16 bits");
  LabelImage labels;
  labels.width = image.cols;
  labels.height = image.rows;
  labels.labels.resize(image.total());
  cv::Mat target(image.rows, image.cols, CV_16UC1, labels.labels.data());
  image.convertTo(target, CV_16U);
  return labels;
}

ObjectList read_label_images(const std::string& folder) {
  ObjectList list;
  list.name = folder;
  list.has_boxes = list.has_points = true;
  for (const auto& [number, path] : label_image_files(tracking_folder(folder))) {
    for (const auto& [id, extent] : extents(read_label_image(path))) {
      list.objects.push_back(extent.object(number + 1, id));
      list.lines.push_back(number);
    }
  }
  return list;
}

}  // namespace flashcell::host
