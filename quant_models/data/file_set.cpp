#include "quant_models/data/file_set.hpp"

#include <algorithm>
#include <filesystem>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/gzip.hpp"
#include "quant_models/data/tar_archive.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {

namespace fs = std::filesystem;

namespace {

/// The files under a folder. The library's own walk follows links in circles.
class FolderWalk {
 public:
  explicit FolderWalk(const std::string& root) : root_(root) { walk(""); }

  std::vector<std::string> take_names() { return std::move(names_); }

 private:
  void walk(const std::string& inside) {
    const std::string folder = inside.empty() ? root_ : root_ + "/" + inside;
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (std::find(open_.begin(), open_.end(), real) != open_.end()) return;
    open_.push_back(real);
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      constexpr size_t kMost = size_t{1} << 22;
      if (++entries_ > kMost)
        throw ModelError(root_ + ": has more than " + std::to_string(kMost) + " entries; is this the right folder?");
      const std::string name = (inside.empty() ? "" : inside + "/") + it->path().filename().string();
      std::error_code dangling;
      if (it->is_directory(dangling)) {
        walk(name);
      } else if (it->is_regular_file(dangling)) {
        names_.push_back(name);
      }
    }
    if (error) throw ModelError(folder + ": cannot be listed: " + error.message());
    open_.pop_back();
  }

  const std::string& root_;
  std::vector<fs::path> open_;  // the folders that are being walked, each in the one before
  std::vector<std::string> names_;
  size_t entries_ = 0;
};

}  // namespace

FileSet::FileSet(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  std::error_code error;
  if (!fs::exists(path_, error)) throw ModelError(path_ + ": does not exist; give the data set's folder or .tar.gz");
  folder_ = fs::is_directory(path_, error);
  if (!folder_) {
    open_archive(read_file(path_));
    return;
  }
  names_ = FolderWalk(path_).take_names();
  std::sort(names_.begin(), names_.end());
}

FileSet::FileSet(std::vector<uint8_t> archive, std::string name) : path_(std::move(name)), folder_(false) {
  open_archive(std::move(archive));
}

void FileSet::open_archive(std::vector<uint8_t> bytes) {
  archive_ = gunzip(std::move(bytes), path_);
  entries_ = read_tar(archive_, path_);
  for (const auto& [name, content] : entries_) names_.push_back(name);
}

bool FileSet::contains(const std::string& name) const {
  return std::binary_search(names_.begin(), names_.end(), name);
}

std::vector<uint8_t> FileSet::read(const std::string& name) const {
  if (!contains(name)) throw ModelError(describe(name) + ": is missing");
  if (folder_) return read_file(describe(name));
  const std::span<const uint8_t> bytes = entries_.at(name);
  return {bytes.begin(), bytes.end()};
}

}  // namespace flashcell::quant
