#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace flashcell::quant {

/// The files of a data set, from a folder or straight from a .tar or .tar.gz archive of it. Names use '/' and are
/// relative to the folder or archive. Links to folders are followed, but for those that lead back to a folder they lie
/// in; an archive unpacks to kMostUnpacked bytes at most.
class FileSet {
 public:
  /// Throws ModelError when the path does not exist, the archive is damaged, or a folder holds more than 4 194 304
  /// entries.
  explicit FileSet(std::string path);
  /// An archive's own bytes, packed or not; `name` stands in messages.
  FileSet(std::vector<uint8_t> archive, std::string name);
  FileSet(const FileSet&) = delete;
  FileSet& operator=(const FileSet&) = delete;

  /// Sorted names of all files.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(const std::string& name) const;
  /// Throws ModelError naming the file when it is missing or cannot be read.
  std::vector<uint8_t> read(const std::string& name) const;
  /// Where a file is, for messages.
  std::string describe(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  void open_archive(std::vector<uint8_t> bytes);

  std::string path_;
  bool folder_ = true;
  std::vector<std::string> names_;
  std::vector<uint8_t> archive_;
  std::map<std::string, std::span<const uint8_t>> entries_;  // of archive_
};

}  // namespace flashcell::quant
