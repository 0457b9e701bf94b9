#include "host/xrt_software/fault_plan.hpp"

#include <cstdlib>
#include <map>

namespace flashcell::host {

LaunchFate FaultPlan::next_launch() {
  const std::lock_guard lock(mutex_);
  const uint64_t launch = ++launches_;
  if (launch == options_.lost) lost_ = true;
  if (lost_) return LaunchFate::board_lost;
  if (options_.fail.count(launch) > 0) return LaunchFate::fail;
  if (options_.hang.count(launch) > 0) return LaunchFate::hang;
  return options_.mute.count(launch) > 0 ? LaunchFate::mute : LaunchFate::run;
}

bool FaultPlan::board_is_lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

bool FaultPlan::may_open() {
  const std::lock_guard lock(mutex_);
  if (!lost_) return true;
  if (options_.lost_opens < 0 || opens_while_lost_++ < options_.lost_opens) return false;
  lost_ = false;
  return true;
}

bool FaultPlan::may_load() {
  const std::lock_guard lock(mutex_);
  return loads_++ >= options_.busy;
}

FaultPlan& process_fault_plan() {
  static std::mutex mutex;
  static std::map<std::string, FaultPlan> plans;
  const char* const variable = std::getenv("FLASHCELL_SOFTWARE_DEVICE");
  const std::string text = variable != nullptr ? variable : "";
  const std::lock_guard lock(mutex);
  const auto it = plans.find(text);
  return it != plans.end() ? it->second : plans.try_emplace(text, parse_software_options(text)).first->second;
}

}  // namespace flashcell::host
