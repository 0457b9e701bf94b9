#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/little_endian.hpp"
#include "base/mapped_file.hpp"

namespace flashcell {

/// Bytes that are read at any place.
class RandomReader {
 public:
  virtual ~RandomReader() = default;

  /// Bytes there were when it was opened.
  virtual uint64_t size() const = 0;

  /// Fills `out` with the bytes from `offset`; false where they end before, which a file may do since it was opened.
  /// Throws Error(Fault::input) when the system cannot read.
  virtual bool read(uint64_t offset, std::span<uint8_t> out) const = 0;

  /// All of them where they lie in memory; else none: they have to be read.
  virtual std::span<const uint8_t> in_place() const { return {}; }
  /// Whether what was taken from in_place() up to `end` were these bytes: those of a file that is cut become 0.
  virtual bool were_there(uint64_t /*end*/) const { return true; }
};

/// Bytes in memory, which must stay.
class MemoryReader : public RandomReader {
 public:
  explicit MemoryReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  bool read(uint64_t offset, std::span<uint8_t> out) const override;
  std::span<const uint8_t> in_place() const override { return bytes_; }

 private:
  std::span<const uint8_t> bytes_;
};

/// An open file. Several threads may read at once.
class FileReader : public RandomReader {
 public:
  /// Throws Error(Fault::input) when the file cannot be read.
  explicit FileReader(const std::filesystem::path& path);
  ~FileReader() override;
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  uint64_t size() const override { return size_; }
  bool read(uint64_t offset, std::span<uint8_t> out) const override;

 protected:
  int file() const { return file_; }

 private:
  std::string name_;
  int file_;
  uint64_t size_ = 0;
};

/// The same, mapped where the system does that. What is read by read() comes from the file.
class MappedFileReader final : public FileReader {
 public:
  /// Throws Error(Fault::input) when the file cannot be read.
  explicit MappedFileReader(const std::filesystem::path& path) : FileReader(path), map_(file(), size()) {}

  std::span<const uint8_t> in_place() const override { return map_.bytes(); }
  bool were_there(uint64_t end) const override { return map_.were_there(end); }

 private:
  MappedFile map_;
};

/// The whole file. Throws Error(Fault::input) when it cannot be read or has more than `most` bytes.
std::vector<uint8_t> read_whole(const std::filesystem::path& path, uint64_t most);

/// Unsigned little-endian number at byte `offset`; nothing when it does not lie wholly inside.
template <class Unsigned>
std::optional<Unsigned> little_endian(const RandomReader& file, uint64_t offset) {
  std::array<uint8_t, sizeof(Unsigned)> bytes{};
  if (!file.read(offset, bytes)) return {};
  return little_endian<Unsigned>(std::span<const uint8_t>(bytes), 0);
}

}  // namespace flashcell
