#pragma once
#include <mutex>

#include "host/xrt_software/software_options.hpp"

namespace flashcell::host {

/// What is to become of a launch.
enum class LaunchFate { run, fail, hang, mute, board_lost };

/// Counts launches and openings over the whole process and says what goes wrong when. Any thread may call.
class FaultPlan {
 public:
  explicit FaultPlan(SoftwareOptions options) : options_(std::move(options)) {}

  const SoftwareOptions& options() const { return options_; }
  LaunchFate next_launch();
  bool board_is_lost() const;
  bool may_open();  ///< false: there is no board now
  bool may_load();  ///< false: somebody else has the board

 private:
  const SoftwareOptions options_;
  mutable std::mutex mutex_;
  uint64_t launches_ = 0;
  int opens_while_lost_ = 0, loads_ = 0;
  bool lost_ = false;
};

/// The process's plan, from FLASHCELL_SOFTWARE_DEVICE as it stands now; each value has a plan of its own, which stays.
/// Throws std::invalid_argument when it cannot be read.
FaultPlan& process_fault_plan();

}  // namespace flashcell::host
