#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/xrt_software/software_device.hpp"

// What stands behind the handles of the public xrt:: classes (xrt_device.h, xrt_bo.h, xrt_kernel.h): the same names as
// in AMD's library, nothing else of it.

namespace xrt_core {

/// An opened software device.
class device : public std::enable_shared_from_this<device> {
 public:
  explicit device(flashcell::host::FaultPlan& plan) : faults(plan), software(plan) {}

  flashcell::host::FaultPlan& faults;
  flashcell::host::SoftwareDevice software;

  /// Throws std::system_error when the board is lost.
  void must_be_there() const;
};

}  // namespace xrt_core

namespace xrt {

class bo_impl {
 public:
  std::shared_ptr<xrt_core::device> device;
  std::shared_ptr<flashcell::host::DeviceBuffer> buffer;
  std::shared_ptr<std::vector<std::byte>> storage;  ///< of the host's side, where it is not the user's own memory
  void* host = nullptr;
};

class kernel_impl {
 public:
  std::shared_ptr<xrt_core::device> device;
  std::string name;               ///< as asked for
  std::vector<int> units;         ///< any of them may do a run
  std::vector<uint32_t> offsets;  ///< of the arguments' registers, bytes
};

/// How a run stands. A compute unit's thread keeps it, and must not keep more: it would be the last to hold the device
/// that it belongs to.
struct run_state {
  std::mutex mutex;
  std::condition_variable changed;
  bool running = false, good = false;
};

class run_impl {
 public:
  std::shared_ptr<kernel_impl> kernel;
  std::vector<uint32_t> registers;
  std::vector<std::shared_ptr<bo_impl>> buffers;  ///< by argument: they stay while a run may use them
  std::shared_ptr<run_state> state = std::make_shared<run_state>();
};

}  // namespace xrt
