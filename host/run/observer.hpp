#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace flashcell::host {

/// Hears what a run does. One call at a time; none need be listened to.
class RunObserver {
 public:
  virtual ~RunObserver() = default;

  /// Work over frames begins, as in "tracking"; `frames` of them are to come, where that is known.
  virtual void begin(const std::string& /*work*/, std::optional<int64_t> /*frames*/) {}
  /// So many frames are done, and so many were dropped.
  virtual void progress(int64_t /*frames*/, int64_t /*dropped*/) {}
  /// That work is over, whether whole or not.
  virtual void end() {}

  /// One line for the user: what was decided for him.
  virtual void note(const std::string& /*line*/) {}
  /// One line for the user: what makes the result less than he asked for.
  virtual void warn(const std::string& /*line*/) {}
};

/// Work that begins with this, and ends with it however it is left.
class ObservedWork {
 public:
  ObservedWork(RunObserver& observer, const std::string& work, std::optional<int64_t> frames) : observer_(observer) {
    observer_.begin(work, frames);
  }
  ~ObservedWork() { observer_.end(); }
  ObservedWork(const ObservedWork&) = delete;
  ObservedWork& operator=(const ObservedWork&) = delete;

 private:
  RunObserver& observer_;
};

}  // namespace flashcell::host
