#include "quant_models/data/file_set.hpp"

#include <algorithm>
#include <filesystem>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/gzip.hpp"
#include "quant_models/data/tar_archive.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {

namespace fs = std::filesystem;

FileSet::FileSet(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  std::error_code error;
  if (!fs::exists(path_, error)) throw ModelError(path_ + ": does not exist; give the data set's folder or .tar.gz");
  folder_ = fs::is_directory(path_, error);
  if (!folder_) {
    archive_ = read_tar(gunzip(read_file(path_), path_), path_);
    for (const auto& [name, bytes] : archive_) names_.push_back(name);
    return;
  }
  for (fs::recursive_directory_iterator it(path_, fs::directory_options::follow_directory_symlink, error), end;
       !error && it != end; it.increment(error)) {
    if (it->is_regular_file(error)) names_.push_back(fs::relative(it->path(), path_, error).generic_string());
  }
  if (error) throw ModelError(path_ + ": cannot be listed: " + error.message());
  std::sort(names_.begin(), names_.end());
}

bool FileSet::contains(const std::string& name) const {
  return std::binary_search(names_.begin(), names_.end(), name);
}

std::vector<uint8_t> FileSet::read(const std::string& name) const {
  if (!contains(name)) throw ModelError(describe(name) + ": is missing");
  return folder_ ? read_file(describe(name)) : archive_.at(name);
}

}  // namespace flashcell::quant
