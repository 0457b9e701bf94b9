#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/inference/roi/roi_cropper.hpp"

namespace flashcell::app {

/// Writes objects as a data set for `flashcell train`: FOLDER/train/CLASS/*.png and FOLDER/test/CLASS/*.png, exactly
/// the pictures that [classify] will see. Every fifth one of a class, the second first, goes to test. Until finish()
/// the two folders have other names, train.part and test.part: a set with a name is whole.
class CropFolder {
 public:
  /// Throws Error(Fault::input) when the folder holds such a data set already or a class cannot name a folder.
  CropFolder(const std::string& folder, const std::vector<std::string>& classes, host::RoiCropper cropper);

  /// Throws Error(Fault::input) when the picture cannot be written.
  void add(const FrameView& frame, int64_t number, const contract::ObjectRecord& object, int class_index);

  /// Gives the folders their names.
  void finish() const;

  size_t train_pictures() const { return train_; }
  size_t test_pictures() const { return test_; }

 private:
  std::filesystem::path part(const char* name) const;

  std::string folder_;
  std::vector<std::string> classes_;
  std::vector<size_t> counts_;  ///< of each class
  host::RoiCropper cropper_;
  size_t train_ = 0, test_ = 0;
};

}  // namespace flashcell::app
