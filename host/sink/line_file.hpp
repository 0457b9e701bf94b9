#pragma once
#include <chrono>
#include <filesystem>
#include <string>

namespace flashcell::host {

/// A text file written in blocks of whole lines, so that what is on disk is readable whenever the program is killed: a
/// block goes to the system at 64 KiB, or at the first end_line() 100 ms after the last block.
class LineFile {
 public:
  /// Creates or empties `path`. Throws Error(Fault::input) when it cannot.
  explicit LineFile(std::filesystem::path path);
  /// Writes what is left, silently: call close() to learn of errors.
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// Append the next line's text here, then call end_line().
  std::string& text() { return buffer_; }
  /// Ends the line; writes a block when it is time. Throws Error(Fault::input) when the disk is full, and whole lines
  /// stay, or when the file was removed.
  void end_line();
  /// Writes everything now. Throws as end_line().
  void flush();
  void close();

 private:
  void write_block();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::string buffer_;
  bool failed_ = false;
  std::chrono::steady_clock::time_point written_at_;
};

}  // namespace flashcell::host
