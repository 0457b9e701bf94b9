#include "base/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/error.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;

fs::path temporary_name(const fs::path& path) {
  return path.string() + ".part";
}

// Writes the temporary file of `path`, to the disk; removes it and throws when that fails.
void write_temporary(const fs::path& path, std::string_view bytes) {
  const fs::path temporary = temporary_name(path);
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) throw_write_error(path, errno);
  int error = write_all(descriptor, bytes) == bytes.size() ? 0 : errno;
  if (error == 0 && ::fsync(descriptor) != 0 && errno != EINVAL && errno != EROFS) error = errno;
  if (::close(descriptor) != 0 && error == 0 && errno != EINTR) error = errno;
  if (error == 0) return;
  ::unlink(temporary.c_str());
  throw_write_error(path, error);
}

void take_name(const fs::path& path) {
  std::error_code error;
  fs::rename(temporary_name(path), path, error);
  if (!error) return;
  std::error_code ignored;
  fs::remove(temporary_name(path), ignored);
  throw_write_error(path, error.value());
}

}  // namespace

void throw_write_error(const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error(Fault::input,
              fmt::format("cannot write {}: {}; {}", path.string(), std::generic_category().message(error),
                          full ? "free some space or choose another output folder"
                               : "check that the folder exists and that you may write there"));
}

size_t write_all(int descriptor, std::string_view bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

void write_file(const fs::path& path, std::string_view bytes) {
  write_temporary(path, bytes);
  take_name(path);
}

void FileGroup::write() const {
  std::error_code error;
  const bool made = fs::create_directories(folder_, error);
  if (error)
    throw Error(Fault::input, fmt::format("{}: cannot make the folder: {}", folder_.string(), error.message()));
  try {
    for (const File& file : files_) write_temporary(path(file.name), file.bytes);
    for (const File& file : files_) take_name(path(file.name));
  } catch (...) {
    for (const File& file : files_) fs::remove(temporary_name(path(file.name)), error);
    if (made) fs::remove(folder_, error);  // only where it is empty
    throw;
  }
}

}  // namespace flashcell
