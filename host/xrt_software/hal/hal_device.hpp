#pragma once
#include <xrt.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "host/xrt_software/software_device.hpp"

struct ert_packet;

namespace flashcell::host {

/// A buffer object: the host's side, which the program maps, and the device's.
struct HalBuffer {
  void* host = nullptr;
  size_t bytes = 0;
  unsigned flags = 0;
  std::shared_ptr<DeviceBuffer> device;             ///< null: a command buffer, which no kernel sees
  std::shared_ptr<std::vector<std::byte>> storage;  ///< of `host`, where the program brought no memory
};

/// One opened device under AMD's XRT: what the xcl* functions of a handle do. Functions that return int give 0 or a
/// negative errno value. Any thread may call.
class HalDevice {
 public:
  explicit HalDevice(FaultPlan& plan) : device_(plan) {}

  int load(const void* xclbin, size_t bytes);

  /// A new buffer over `user` memory, or over its own where that is null; XRT_NULL_BO when there is no room.
  xclBufferHandle allocate(void* user, size_t bytes, unsigned flags);
  void free(xclBufferHandle handle);
  std::shared_ptr<HalBuffer> buffer(xclBufferHandle handle) const;
  int sync(xclBufferHandle handle, xclBOSyncDirection direction, size_t bytes, size_t offset);
  /// From one buffer's device memory to another's.
  int copy(xclBufferHandle to, xclBufferHandle from, size_t bytes, size_t to_offset, size_t from_offset);

  /// Queues the command that `handle` holds.
  int execute(xclBufferHandle handle);
  /// Waits until some command has ended, `milliseconds` at most: > 0 when one has.
  int wait(int milliseconds);

  bool lost() const { return device_.lost(); }

 private:
  int start_kernel(const std::shared_ptr<HalBuffer>& command);
  int start_copy(const std::shared_ptr<HalBuffer>& command);
  void finish(const std::shared_ptr<HalBuffer>& command, bool good);

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::map<xclBufferHandle, std::shared_ptr<HalBuffer>> buffers_;
  xclBufferHandle next_ = 1;
  unsigned completions_ = 0;
  SoftwareDevice device_;  // last: its threads use what is above
};

}  // namespace flashcell::host
