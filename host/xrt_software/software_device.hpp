#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "host/xclbin/xclbin.hpp"
#include "host/xrt_software/device_memory.hpp"
#include "host/xrt_software/fault_plan.hpp"

namespace flashcell::host {

/// A board in software: memory of its own, and a compute unit with a thread for each one in the xclbin, which runs an
/// executor. What the xcl* entry points and the drop-in for xrt:: stand on. Any thread may call.
class SoftwareDevice {
 public:
  explicit SoftwareDevice(FaultPlan& plan);
  /// Gives up runs that have not ended: their `done` is never called.
  ~SoftwareDevice();
  SoftwareDevice(const SoftwareDevice&) = delete;
  SoftwareDevice& operator=(const SoftwareDevice&) = delete;

  /// Compute units and memory of an xclbin. Throws Error(Fault::input) when it is damaged.
  void load(std::span<const uint8_t> xclbin);

  /// What load() was given last. Compute unit i below is the i-th of all, by address of its registers: XRT's order.
  const Xclbin& xclbin() const { return xclbin_; }
  int units() const { return static_cast<int>(units_.size()); }
  /// Numbers of a kernel's compute units: of the one called `instance`, or of all where that is empty.
  std::vector<int> find_units(const std::string& kernel, const std::string& instance) const;
  /// Memory bank that an argument of a compute unit is wired to; -1 when to none.
  int bank_of(int unit, int argument) const;

  DeviceMemory& memory() { return memory_; }
  bool lost() const { return plan_.board_is_lost(); }

  /// Starts one of the compute units `units`, the one with the fewest runs that have not ended, with these control
  /// registers, from offset 0; `done` is called from the unit's thread with whether the run went well. Runs of one unit
  /// go one after the other. Throws std::out_of_range when there are none, or not all are there.
  void start(std::span<const int> units, std::span<const uint32_t> registers, std::function<void(bool good)> done);

 private:
  class Unit;

  FaultPlan& plan_;
  Xclbin xclbin_;
  DeviceMemory memory_;
  std::mutex starting_;  ///< a unit is chosen and gets its run before another choice is made
  std::vector<std::unique_ptr<Unit>> units_;
};

}  // namespace flashcell::host
