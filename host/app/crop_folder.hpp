#pragma once
#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "host/inference/roi/roi_cropper.hpp"

namespace flashcell::app {

/// Writes objects as a data set for `flashcell train`: FOLDER/train/CLASS/*.png and FOLDER/test/CLASS/*.png, exactly
/// the pictures that [classify] will see. Every fifth object of a class, the second first, goes to test, with all its
/// pictures: they say what a network makes of objects that it has not seen. Of a class's only object every fifth
/// picture. Names begin with "objectNUMBER_", by which readers know pictures of one object. Until all are written the
/// two folders have other names, train.part and test.part: a set with a name is whole.
class CropFolder {
 public:
  /// Throws Error(Fault::input) when the folder holds such a data set already or a class cannot name a folder.
  CropFolder(const std::string& folder, const std::vector<std::string>& classes, host::RoiCropper cropper);

  void add(const FrameView& frame, int64_t number, const contract::ObjectRecord& object, int class_index);

  /// Writes what was added; `objects` says in the same order which object each picture shows. Throws
  /// Error(Fault::input) when a picture cannot be written.
  void finish(std::span<const int> objects);

  size_t train_pictures() const { return train_; }
  size_t test_pictures() const { return test_; }

 private:
  struct Crop {
    std::string name;  ///< of its file
    size_t class_index;
    cv::Mat picture;
  };
  std::filesystem::path part(const char* name) const;
  void write(const Crop& crop, const char* to) const;

  std::string folder_;
  std::vector<std::string> classes_;
  std::vector<Crop> crops_;
  host::RoiCropper cropper_;
  size_t train_ = 0, test_ = 0;
};

}  // namespace flashcell::app
