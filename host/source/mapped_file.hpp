#pragma once
#include <cstdint>
#include <filesystem>
#include <span>

namespace flashcell::host {

/// A file mapped read-only into memory.
class MappedFile {
 public:
  /// Throws Error(Fault::input) when the file cannot be read.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace flashcell::host
