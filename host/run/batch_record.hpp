#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/run/batch.hpp"

namespace flashcell::host {

/// What a batch folder remembers, in .flashcell-done.json: which recordings are done, and from what.
class BatchRecord {
 public:
  /// Reads that folder's; one that is missing or damaged holds nothing. `settings`: everything beside the
  /// recording that results depend on.
  BatchRecord(std::filesystem::path folder, std::string settings);

  /// Fills in what an earlier batch found, where it finished this recording, unchanged since, with the same settings.
  bool recall(BatchResult& result) const;

  /// Remembers a finished recording, on disk before this returns. Throws Error(Fault::input) where it cannot be
  /// written.
  void remember(const BatchResult& result);

 private:
  struct Entry {
    std::string input, state;  ///< state of the recording's files: sizes and times of change
    BatchResult result;
  };

  void read();
  void write() const;

  std::filesystem::path folder_;
  std::string settings_;
  std::vector<Entry> entries_;
};

}  // namespace flashcell::host
