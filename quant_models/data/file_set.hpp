#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace flashcell::quant {

/// The files of a data set, from a folder or straight from a .tar or .tar.gz archive of it. Names use '/' and are
/// relative to the folder or archive.
class FileSet {
 public:
  /// Throws ModelError when the path does not exist or the archive is damaged.
  explicit FileSet(std::string path);

  /// Sorted names of all files.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(const std::string& name) const;
  /// Throws ModelError naming the file when it is missing or cannot be read.
  std::vector<uint8_t> read(const std::string& name) const;
  /// Where a file is, for messages.
  std::string describe(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool folder_ = true;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<uint8_t>> archive_;
};

}  // namespace flashcell::quant
