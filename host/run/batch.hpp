#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/config/config.hpp"

namespace flashcell::host {

/// One of many recordings that are tracked alike.
struct BatchItem {
  std::string input;             ///< as for open_source()
  std::filesystem::path folder;  ///< for its outputs, inside the batch's
};

/// The recordings that `inputs` name: each stands for itself, a pattern of files that are no images for every file that
/// matches it (headers of Photron recordings left out). Folders are named after the files, told apart by extension or
/// number. What is named again, under whatever name, is taken once, and `note` hears of all in one line. Throws
/// Error(Fault::input) where a pattern matches nothing, Error(Fault::usage) where several are pictures of one frame.
std::vector<BatchItem> batch_items(const std::vector<std::string>& inputs, const std::filesystem::path& folder,
                                   const std::function<void(const std::string&)>& note);

/// Whether these inputs are more than one recording.
bool is_batch(const std::vector<std::string>& inputs);

enum class BatchState : uint8_t { waiting, done, done_before, interrupted, failed };

/// What became of one recording.
struct BatchResult {
  BatchItem item;
  BatchState state = BatchState::waiting;
  std::string error;     ///< one line, where it failed
  std::string warnings;  ///< one line: what was dropped, lost or left out; empty: nothing that matters
  int exit_code = 0;     ///< that a run of this recording alone would have
  uint64_t frames = 0, dropped = 0, tracks = 0;
  double objects_mean = 0;  ///< a frame
  double wall_s = 0;
  double fps = 0;  ///< of the recording, frames/s
};

/// Hears how a batch goes. One call at a time, from any thread.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  /// One recording ended, or was done before.
  virtual void ended(const BatchResult& /*result*/, size_t /*so_far*/, size_t /*all*/) {}
  virtual void note(const BatchItem& /*item*/, const std::string& /*line*/) {}
  virtual void warn(const BatchItem& /*item*/, const std::string& /*line*/) {}
  /// Frames of all recordings that are done so far.
  virtual void progress(uint64_t /*frames*/, size_t /*recordings*/, size_t /*all*/) {}
};

struct BatchOptions {
  std::filesystem::path folder;  ///< gets a folder for each recording, recordings.csv and index.html
  int jobs = 0;                  ///< recordings at a time; 0: one a core
  bool again = false;            ///< track what is done already once more
  std::vector<std::filesystem::path> also_read;
  std::string command;
  const std::atomic<bool>* stop = nullptr;
};

/// Tracks every recording as host::run() would alone, several at a time; each result is the same bytes as alone. One
/// that fails does not stop the others. What an earlier batch in the same folder finished is left as it is where
/// recording (size and time of change), configuration and version are the same: a batch that was stopped goes on where
/// it was. Results in the order of `items`. Throws Error where the folder cannot be had, another batch is at work in
/// it, or the configuration cannot be run several times at once.
std::vector<BatchResult> run_batch(const std::vector<BatchItem>& items, const Config& config,
                                   const BatchOptions& options, BatchObserver& observer);

}  // namespace flashcell::host
