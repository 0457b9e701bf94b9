#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flashcell::app {

/// Files that belong together: all of them appear in the folder, or none and nothing is left behind.
class FileGroup {
 public:
  explicit FileGroup(std::string folder) : folder_(std::move(folder)) {}

  void add(const std::string& name, std::string bytes) { files_.push_back({name, std::move(bytes)}); }
  void add(const std::string& name, std::span<const uint8_t> bytes) {
    add(name, std::string(bytes.begin(), bytes.end()));
  }

  /// Makes the folder where it is missing, writes every file under another name beside its own, then renames them.
  /// Throws Error(Fault::input) that names the file and the reason.
  void write() const;

  std::string path(const std::string& name) const;

 private:
  struct File {
    std::string name, bytes;
  };

  std::string folder_;
  std::vector<File> files_;
};

}  // namespace flashcell::app
