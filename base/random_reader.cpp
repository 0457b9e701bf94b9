#include "base/random_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/error.hpp"

namespace flashcell {
namespace {

Error cannot_read(const std::string& name, int error) {
  return {Fault::input, fmt::format("{}: cannot be read: {}", name, std::generic_category().message(error))};
}

}  // namespace

bool MemoryReader::read(uint64_t offset, std::span<uint8_t> out) const {
  if (offset > bytes_.size() || bytes_.size() - offset < out.size()) return false;
  std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
  return true;
}

FileReader::FileReader(const std::filesystem::path& path)
    : name_(path.string()), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (file_ < 0) throw cannot_read(name_, errno);
  struct stat status {};
  if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file_);
    throw Error(Fault::input, fmt::format("{}: is not a regular file; copy what it gives into one", name_));
  }
  size_ = static_cast<uint64_t>(status.st_size);
  ::posix_fadvise(file_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

FileReader::~FileReader() {
  ::close(file_);
}

bool FileReader::read(uint64_t offset, std::span<uint8_t> out) const {
  if (offset > size_ || size_ - offset < out.size()) return false;
  while (!out.empty()) {
    const ssize_t count = ::pread(file_, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw cannot_read(name_, errno);
    if (count == 0) return false;
    out = out.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return true;
}

std::vector<uint8_t> read_whole(const std::filesystem::path& path, uint64_t most) {
  const FileReader file(path);
  if (file.size() > most) {
    throw Error(Fault::input,
                fmt::format("{}: has {} bytes; more than {} are not read", path.string(), file.size(), most));
  }
  std::vector<uint8_t> bytes(file.size());
  if (!file.read(0, bytes))
    throw Error(Fault::input, fmt::format("{}: became shorter while it was read; copy it again", path.string()));
  return bytes;
}

}  // namespace flashcell
