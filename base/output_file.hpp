#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flashcell {

/// The one error line for output that the system refused with `error` (an errno): Error(Fault::input).
[[noreturn]] void throw_write_error(const std::filesystem::path& path, int error);

/// Bytes of `bytes` that went to `descriptor` before an error, which errno then tells.
size_t write_all(int descriptor, std::string_view bytes);

/// Writes a whole file at once, by way of a temporary one beside it that is on disk before it takes the name: `path` is
/// always the old file or the new one, whole. Throws Error(Fault::input) that names the file and the reason.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Files that belong together: all of them appear in the folder, or none and nothing is left behind.
class FileGroup {
 public:
  explicit FileGroup(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& name, std::string bytes) { files_.push_back({name, std::move(bytes)}); }
  void add(const std::string& name, std::span<const uint8_t> bytes) {
    add(name, std::string(bytes.begin(), bytes.end()));
  }

  /// Makes the folder where it is missing, writes every file under another name beside its own, then renames them.
  /// Throws Error(Fault::input) that names the file and the reason.
  void write() const;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  struct File {
    std::string name, bytes;
  };

  std::filesystem::path folder_;
  std::vector<File> files_;
};

}  // namespace flashcell
