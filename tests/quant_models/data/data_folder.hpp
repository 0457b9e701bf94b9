#pragma once
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

namespace flashcell::test {

/// A folder for one test's files, gone with it.
class DataFolder {
 public:
  DataFolder() {
    static std::atomic<int> number = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("flashcell-data-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    std::filesystem::create_directories(path_);
  }
  ~DataFolder() { std::filesystem::remove_all(path_); }
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  std::string path(const std::string& name = "") const {
    return name.empty() ? path_.string() : (path_ / name).string();
  }

  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path(name), std::ios::binary) << bytes;
  }

  /// A grey picture whose pixel (r, c) is (r * 7 + c + shade) mod 256.
  void write_picture(const std::string& name, int rows, int columns, int shade = 0) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    cv::Mat image(rows, columns, CV_8U);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) image.at<uint8_t>(r, c) = static_cast<uint8_t>(r * 7 + c + shade);
    cv::imwrite(path(name), image);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace flashcell::test
