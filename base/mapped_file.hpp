#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace flashcell {

/// A regular file's bytes in memory, to be read only. A file that is cut, or a disk that fails, does not end the
/// program (SIGBUS) while it is mapped: bytes that are gone read as 0, and were_there() says so. For that the first map
/// of a program installs a handler of SIGBUS, which hands on what is of no map to the handler that was there.
class MappedFile {
 public:
  /// Maps the first `size` bytes of an open file, which may be closed then. Where the system does not map it (no room
  /// for addresses, a file system that cannot, more than 64 maps at a time) there are no bytes: read it instead.
  MappedFile(int file, uint64_t size);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// All of them, or none.
  std::span<const uint8_t> bytes() const { return bytes_; }

  /// Whether every byte before `end` that was read up to now was the file's. False once any was not.
  bool were_there(uint64_t end) const;

 private:
  std::span<const uint8_t> bytes_;
  int file_ = -1;
  size_t slot_ = 0;
};

}  // namespace flashcell
