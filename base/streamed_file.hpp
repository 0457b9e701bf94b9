#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace flashcell {

/// A file written from its beginning to its end under another name beside its own, `path`.part: `path` is always the
/// old file or the new one, whole. What is not finished goes. Every function throws Error(Fault::input) that names the
/// file and the reason when the system refuses.
class StreamedFile {
 public:
  explicit StreamedFile(std::filesystem::path path);
  ~StreamedFile();
  StreamedFile(const StreamedFile&) = delete;
  StreamedFile& operator=(const StreamedFile&) = delete;

  void write(std::string_view bytes);
  /// Replaces bytes that were written before.
  void overwrite(uint64_t offset, std::string_view bytes);
  /// Bytes written so far.
  uint64_t size() const { return flushed_ + buffer_.size(); }
  /// Brings the file to the disk and gives it its name.
  void finish();

 private:
  void flush();

  std::filesystem::path path_, temporary_;
  int descriptor_;
  std::string buffer_;
  uint64_t flushed_ = 0;
};

}  // namespace flashcell
