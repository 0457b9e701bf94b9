#include "base/streamed_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/output_file.hpp"

namespace flashcell {
namespace {

constexpr size_t kBuffer = size_t{1} << 18;

}  // namespace

StreamedFile::StreamedFile(std::filesystem::path path)
    : path_(std::move(path)),
      temporary_(path_.string() + ".part"),
      descriptor_(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) throw_write_error(path_, errno);
  buffer_.reserve(kBuffer);
}

StreamedFile::~StreamedFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void StreamedFile::flush() {
  if (write_all(descriptor_, buffer_) < buffer_.size()) throw_write_error(path_, errno);
  flushed_ += buffer_.size();
  buffer_.clear();
}

void StreamedFile::write(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > kBuffer) flush();
  if (bytes.size() < kBuffer) {
    buffer_.append(bytes);
    return;
  }
  if (write_all(descriptor_, bytes) < bytes.size()) throw_write_error(path_, errno);
  flushed_ += bytes.size();
}

void StreamedFile::overwrite(uint64_t offset, std::string_view bytes) {
  flush();
  const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (written != static_cast<ssize_t>(bytes.size())) throw_write_error(path_, written < 0 ? errno : ENOSPC);
}

void StreamedFile::finish() {
  flush();
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) throw_write_error(path_, errno);
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    throw_write_error(path_, error);
  }
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (!error) return;
  ::unlink(temporary_.c_str());
  throw_write_error(path_, error.value());
}

}  // namespace flashcell
