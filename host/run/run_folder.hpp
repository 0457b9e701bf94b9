#pragma once
#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/sink.hpp"

namespace flashcell::host {

/// Makes the folder, or throws Error(Fault::input) that says why it cannot.
void make_output_folder(const std::string& path);

/// The files that one kind of run makes in its folder.
struct RunFiles {
  std::string command;                      ///< whose run: "track", "detect"
  std::vector<std::string> names;           ///< that this run makes, without folder
  bool (*possible)(std::string_view name);  ///< whether any run of this kind may have made `name`
  /// Names of files that this run may claim() later; none where null.
  bool (*later)(std::string_view name) = nullptr;
};

/// An output folder while a run has it to itself. A small file in it, .flashcell-COMMAND, is locked as long as the run
/// lasts and names the files that the run makes: the next run of that kind removes them, all of them and nothing else.
class RunFolder {
 public:
  /// Makes the folder where it is missing, locks it, removes what the run before left. Throws Error(Fault::usage), and
  /// nothing was created or removed, where one of `inputs` would be lost, or where a file that no run made has one of
  /// the names; Error(Fault::input) where another run has the folder or it cannot be made.
  RunFolder(std::filesystem::path folder, const RunFiles& files, const std::vector<std::filesystem::path>& inputs);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  /// Adds one of the files that were `later` to those that the run makes, before it is made: where it is not known
  /// beforehand how many there are. Throws Error(Fault::input) where the marker cannot be written.
  void claim(const std::string& name);
  const std::set<std::string>& claimed() const { return claimed_; }

  /// Throws Error(Fault::input) where the folder was removed or moved.
  void check() const;

 private:
  std::vector<std::string> names_of_earlier_run(bool (*possible)(std::string_view)) const;
  void lock();
  void refuse_foreign(const RunFiles& files, const std::vector<std::string>& earlier) const;
  void write_marker(const RunFiles& files) const;
  void undo();

  std::filesystem::path folder_, marker_;
  bool made_folder_ = false, made_marker_ = false;
  int descriptor_ = -1;  // of the marker, which holds the lock
  dev_t device_ = 0;     // of the folder
  ino_t inode_ = 0;
  std::set<std::string> claimed_;
};

/// Notices within a fraction of a second of frames that the folder is gone, and at the end. `folder` must outlive it.
std::unique_ptr<Sink> make_folder_watch(const RunFolder& folder);

}  // namespace flashcell::host
