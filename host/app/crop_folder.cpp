#include "host/app/crop_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "host/app/picture_file.hpp"
#include "host/run/run_folder.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;
constexpr size_t kTestEvery = 5;
constexpr const char *kTrain = "train", *kTest = "test";

}  // namespace

CropFolder::CropFolder(const std::string& folder, const std::vector<std::string>& classes, host::RoiCropper cropper)
    : folder_(folder), classes_(classes), cropper_(std::move(cropper)) {
  for (const std::string& name : classes) {
    if (name.empty() || name.front() == '.' || name.find_first_of("/\\") != std::string::npos)
      throw Error(Fault::input, fmt::format("class `{}` cannot name a folder of pictures; rename it", name));
  }
  for (const char* name : {kTrain, kTest}) {
    const fs::path path = fs::path(folder) / name;
    std::error_code error;
    if (fs::exists(path, error))
      throw Error(Fault::input, fmt::format("{}: exists already; remove it or name another folder", path.string()));
    fs::remove_all(part(name), error);  // of a run that did not end
  }
}

void CropFolder::add(const FrameView& frame, int64_t number, const contract::ObjectRecord& object, int class_index) {
  cv::Mat picture(cropper_.resampler().height(), cropper_.resampler().width(),
                  cropper_.resampler().channels() == 1 ? CV_8UC1 : CV_8UC3);
  cropper_.crop(frame, object, picture.data);
  crops_.push_back({fmt::format("f{:06}_x{:04}_y{:04}.png", number, object.left, object.top),
                    static_cast<size_t>(class_index), std::move(picture)});
}

void CropFolder::write(const Crop& crop, const char* to) const {
  const fs::path path = part(to) / classes_[crop.class_index];
  host::make_output_folder(path.string());
  const std::string file = (path / crop.name).string();
  const std::vector<uint8_t> bytes = encode_picture(file, crop.picture);
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw_write_error(file, errno);
}

void CropFolder::finish(std::span<const int> objects) {
  std::vector<std::map<int, size_t>> order(classes_.size());  // of each class: its objects, by their first picture
  for (size_t i = 0; i < crops_.size(); ++i) {
    auto& its = order[crops_[i].class_index];
    its.emplace(objects[i], its.size());
  }
  std::vector<size_t> pictures(classes_.size());
  for (size_t i = 0; i < crops_.size(); ++i) {
    const auto& its = order[crops_[i].class_index];
    const size_t place = its.size() > 1 ? its.at(objects[i]) : pictures[crops_[i].class_index]++;
    const bool test = place % kTestEvery == 1;
    ++(test ? test_ : train_);
    crops_[i].name = fmt::format("object{}_{}", its.at(objects[i]), crops_[i].name);
    write(crops_[i], test ? kTest : kTrain);
  }
  for (const char* name : {kTrain, kTest}) {
    std::error_code error;
    if (!fs::exists(part(name), error)) continue;
    fs::rename(part(name), fs::path(folder_) / name, error);
    if (error) throw_write_error(fs::path(folder_) / name, error.value());
  }
}

fs::path CropFolder::part(const char* name) const {
  return fs::path(folder_) / (std::string(name) + ".part");
}

}  // namespace flashcell::app
