#include "host/run/run_folder.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <utility>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "host/run/input_files.hpp"
#include "pipeline/frame_feed.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

constexpr int kHeaderLines = 2;  // of the marker; then one file name a line
constexpr int64_t kWatchNs = 200'000'000;

std::string second_line(const fs::path& marker) {
  std::ifstream file(marker);
  std::string line;
  std::getline(file, line);
  std::getline(file, line);
  return line.empty() ? "another run" : printable(line);
}

std::string holder_line() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return fmt::format("process {} on {}, since {:%Y-%m-%d %H:%M:%S}", ::getpid(), host.data(),
                     fmt::localtime(std::time(nullptr)));
}

}  // namespace

void make_output_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path)) {
    throw Error(Fault::input, fmt::format("{}: cannot make this output folder ({}); -o names another", path,
                                          error ? error.message() : "a file stands there"));
  }
}

RunFolder::RunFolder(fs::path folder, const RunFiles& files, const std::vector<fs::path>& inputs)
    : folder_(std::move(folder)), marker_(folder_ / (".flashcell-" + files.command)) {
  std::vector<fs::path> touched;
  for (const std::string& name : files.names) touched.push_back(path(name));
  for (const std::string& name : names_of_earlier_run(files.possible)) touched.push_back(path(name));
  keep_inputs(inputs, touched);
  std::error_code error;
  made_folder_ = !fs::exists(folder_, error);
  make_output_folder(folder_.string());
  try {
    lock();
    const std::vector<std::string> earlier = names_of_earlier_run(files.possible);
    refuse_foreign(files, earlier);
    for (const std::string& name : earlier) fs::remove(path(name), error);
    write_marker(files);
  } catch (...) {
    undo();
    throw;
  }
  struct stat status {};
  if (::stat(folder_.c_str(), &status) == 0) {
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
}

RunFolder::~RunFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

/// Only plain names of files that such a run makes: whoever wrote the marker, nothing else is ever removed.
std::vector<std::string> RunFolder::names_of_earlier_run(bool (*possible)(std::string_view)) const {
  std::vector<std::string> names;
  std::ifstream file(marker_);
  std::string line;
  for (int number = 0; std::getline(file, line); ++number) {
    const bool plain = !line.empty() && line.find('/') == std::string::npos && line != "." && line != "..";
    std::error_code error;
    if (number >= kHeaderLines && plain && possible(line) && !fs::is_directory(path(line), error))
      names.push_back(line);
  }
  std::sort(names.begin(), names.end());  // a folder of images has many
  return names;
}

void RunFolder::lock() {
  descriptor_ = ::open(marker_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  made_marker_ = descriptor_ >= 0;
  if (descriptor_ < 0 && errno == EEXIST) descriptor_ = ::open(marker_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor_ < 0) throw_write_error(marker_, errno);
  // Where a file system has no locks, one user at a time has to do.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    made_marker_ = false;  // its holder's now
    throw Error(Fault::input, fmt::format("{}: in use by {}; wait for that run or name another folder with -o",
                                          folder_.string(), second_line(marker_)));
  }
}

void RunFolder::refuse_foreign(const RunFiles& files, const std::vector<std::string>& earlier) const {
  std::vector<std::string> names = files.names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    if (files.later != nullptr && files.later(name)) names.push_back(name);
  }
  for (const std::string& name : names) {
    std::error_code error;
    if (std::binary_search(earlier.begin(), earlier.end(), name) || !fs::exists(fs::symlink_status(path(name), error)))
      continue;
    throw Error(Fault::usage, fmt::format("{} was not made by an earlier `flashcell {}` here and would be overwritten; "
                                          "move it or name another folder with -o",
                                          path(name).string(), files.command));
  }
}

void RunFolder::claim(const std::string& name) {
  if (!claimed_.insert(name).second) return;
  const std::string line = name + "\n";
  if (write_all(descriptor_, line) < line.size()) throw_write_error(marker_, errno);
}

void RunFolder::write_marker(const RunFiles& files) const {
  std::string text =
      fmt::format("flashcell {}: made the files below; the next run removes them\n{}\n", files.command, holder_line());
  for (const std::string& name : files.names) text += name + "\n";
  if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) != 0 ||
      write_all(descriptor_, text) < text.size())
    throw_write_error(marker_, errno);
}

void RunFolder::undo() {
  std::error_code ignored;
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  if (made_marker_) fs::remove(marker_, ignored);
  if (made_folder_) fs::remove(folder_, ignored);  // only where it is empty
}

void RunFolder::check() const {
  struct stat folder {
  }, marker{};
  const bool there = ::stat(folder_.c_str(), &folder) == 0 && folder.st_dev == device_ && folder.st_ino == inode_ &&
                     ::fstat(descriptor_, &marker) == 0 && marker.st_nlink > 0;
  if (!there)
    throw Error(Fault::input, fmt::format("{}: this output folder was removed or moved while the run wrote into it",
                                          folder_.string()));
}

namespace {

class FolderWatch final : public Sink {
 public:
  explicit FolderWatch(const RunFolder& folder) : folder_(folder) {}
  void begin(const RunInfo&) override {}
  void write(const FrameResult&) override {
    const int64_t now = steady_now_ns();
    if (now - looked_ns_ < kWatchNs) return;
    looked_ns_ = now;
    folder_.check();
  }
  void finish(const RunSummary&) override { folder_.check(); }

 private:
  const RunFolder& folder_;
  int64_t looked_ns_ = 0;
};

}  // namespace

std::unique_ptr<Sink> make_folder_watch(const RunFolder& folder) {
  return std::make_unique<FolderWatch>(folder);
}

}  // namespace flashcell::host
