#include "host/source/mapped_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace flashcell::host {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const auto fail = [&path] {
    return Error(Fault::input, fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw fail();
  struct stat status {};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    throw Error(Fault::input, fmt::format("{}: is not a regular file", path.string()));
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* const memory = size == 0 ? nullptr : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (memory == MAP_FAILED) {
    const Error error = fail();
    ::close(file);
    throw error;
  }
  ::close(file);
  if (memory != nullptr) ::madvise(memory, size, MADV_SEQUENTIAL);
  bytes_ = {static_cast<const uint8_t*>(memory), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace flashcell::host
