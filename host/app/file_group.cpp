#include "host/app/file_group.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "pipeline/error.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPartial = ".partial";

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file)
    throw Error(Fault::input, fmt::format("{}: cannot be written: {}; is there room, and may you write there?", path,
                                          std::strerror(errno)));
}

}  // namespace

std::string FileGroup::path(const std::string& name) const {
  return (fs::path(folder_) / name).string();
}

void FileGroup::write() const {
  std::error_code error;
  const bool made = fs::create_directories(folder_, error);
  if (error) throw Error(Fault::input, fmt::format("{}: cannot make the folder: {}", folder_, error.message()));
  try {
    for (const File& file : files_) write_bytes(path(file.name) + kPartial, file.bytes);
    for (const File& file : files_) {
      fs::rename(path(file.name) + kPartial, path(file.name), error);
      if (error) throw Error(Fault::input, fmt::format("{}: cannot be written: {}", path(file.name), error.message()));
    }
  } catch (...) {
    for (const File& file : files_) fs::remove(path(file.name) + kPartial, error);
    if (made) fs::remove(folder_, error);  // only where it is empty
    throw;
  }
}

}  // namespace flashcell::app
