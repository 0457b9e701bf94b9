#include "host/sink/line_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "pipeline/error.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kBlockBytes = 64 * 1024;
constexpr std::chrono::milliseconds kBlockAge{100};

int open_for_writing(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    throw Error(Fault::input, fmt::format("cannot create {}: {}; check that the folder exists and may be written to",
                                          path.string(), std::generic_category().message(errno)));
  }
  return descriptor;
}

// Bytes of `text` that reached the file before an error; errno tells which.
size_t write_all(int descriptor, std::string_view text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(descriptor, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

// A disk that fills up takes part of a block: cuts the file back to the last whole line.
void drop_partial_line(int descriptor, std::string_view written) {
  const size_t newline = written.rfind('\n');
  const size_t partial = newline == std::string_view::npos ? written.size() : written.size() - newline - 1;
  struct stat status {};
  if (partial == 0 || ::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return;
  // A failure here leaves half a line at the end of a file whose error is reported anyway.
  [[maybe_unused]] const int result = ::ftruncate(descriptor, status.st_size - static_cast<off_t>(partial));
}

}  // namespace

void throw_write_error(const std::filesystem::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error(Fault::input,
              fmt::format("cannot write {}: {}; {}", path.string(), std::generic_category().message(error),
                          full ? "free some space or choose another output folder (what was written so far is intact)"
                               : "check the output folder (what was written so far is intact)"));
}

LineFile::LineFile(std::filesystem::path path)
    : path_(std::move(path)), descriptor_(open_for_writing(path_)), written_at_(std::chrono::steady_clock::now()) {
  buffer_.reserve(2 * kBlockBytes);
}

LineFile::~LineFile() {
  if (descriptor_ < 0) return;
  if (!failed_) {
    const size_t done = write_all(descriptor_, buffer_);
    if (done < buffer_.size()) drop_partial_line(descriptor_, std::string_view(buffer_).substr(0, done));
  }
  ::close(descriptor_);
}

void LineFile::end_line() {
  buffer_ += '\n';
  if (buffer_.size() >= kBlockBytes || std::chrono::steady_clock::now() - written_at_ >= kBlockAge) write_block();
}

void LineFile::flush() {
  if (!buffer_.empty()) write_block();
}

void LineFile::write_block() {
  if (failed_) return;  // reported once
  const size_t done = write_all(descriptor_, buffer_);
  if (done < buffer_.size()) {
    const int error = errno;
    failed_ = true;
    drop_partial_line(descriptor_, std::string_view(buffer_).substr(0, done));
    throw_write_error(path_, error);
  }
  buffer_.clear();
  written_at_ = std::chrono::steady_clock::now();
}

void LineFile::close() {
  if (descriptor_ < 0) return;
  flush();
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0 && errno != EINTR) throw_write_error(path_, errno);
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  const std::filesystem::path temporary = path.string() + ".part";
  const int descriptor = open_for_writing(temporary);
  const bool whole = write_all(descriptor, content) == content.size();
  int error = whole ? 0 : errno;
  if (::close(descriptor) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    throw_write_error(path, error);
  }
}

}  // namespace flashcell::host
