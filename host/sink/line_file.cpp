#include "host/sink/line_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/output_file.hpp"

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
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 0) {
    failed_ = true;
    throw_write_error(path_, ENOENT);
  }
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

}  // namespace flashcell::host
