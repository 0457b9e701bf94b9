#include "host/xrt_software/hal/hal_device.hpp"

#include <ert.h>
#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace flashcell::host {
namespace {

constexpr unsigned kBankMask = 0xFFFF;  // of a buffer's flags
constexpr size_t kPage = 4096;
constexpr uint32_t kStateMask = 0xF;  // of a command's header

void set_state(ert_packet& packet, ert_cmd_state state) {
  const std::atomic_ref<uint32_t> header(packet.header);
  header.store((header.load(std::memory_order_relaxed) & ~kStateMask) | static_cast<uint32_t>(state),
               std::memory_order_release);
}

/// The first compute unit of a start command's bit masks; -1 when it names none.
int unit_of(const ert_packet& packet, uint32_t masks) {
  for (uint32_t word = 0; word < masks; ++word) {
    for (int bit = 0; bit < 32; ++bit) {
      if ((packet.data[word] >> bit & 1) != 0) return static_cast<int>(32 * word) + bit;
    }
  }
  return -1;
}

}  // namespace

int HalDevice::load(const void* xclbin, size_t bytes) {
  try {
    device_.load({static_cast<const uint8_t*>(xclbin), bytes});
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "software device: {}\n", e.what());
    return -EINVAL;
  }
}

xclBufferHandle HalDevice::allocate(void* user, size_t bytes, unsigned flags) {
  auto buffer = std::make_shared<HalBuffer>();
  buffer->bytes = bytes;
  buffer->flags = flags;
  buffer->host = user;
  if ((flags & XCL_BO_FLAGS_EXECBUF) == 0) {
    buffer->device = device_.memory().allocate(static_cast<int>(flags & kBankMask), bytes);
    if (!buffer->device) return XRT_NULL_BO;
  }
  if (user == nullptr) {
    buffer->storage.resize(bytes + kPage);
    buffer->host = buffer->storage.data();
    size_t space = buffer->storage.size();
    std::align(kPage, bytes, buffer->host, space);
  }
  const std::lock_guard lock(mutex_);
  buffers_[next_] = std::move(buffer);
  return next_++;
}

void HalDevice::free(xclBufferHandle handle) {
  const std::lock_guard lock(mutex_);
  buffers_.erase(handle);
}

std::shared_ptr<HalBuffer> HalDevice::buffer(xclBufferHandle handle) const {
  const std::lock_guard lock(mutex_);
  const auto it = buffers_.find(handle);
  return it == buffers_.end() ? nullptr : it->second;
}

int HalDevice::sync(xclBufferHandle handle, xclBOSyncDirection direction, size_t bytes, size_t offset) {
  if (lost()) return -ENODEV;
  const auto b = buffer(handle);
  if (!b || !b->device || offset > b->bytes || bytes > b->bytes - offset) return -EINVAL;
  std::byte* const host = static_cast<std::byte*>(b->host) + offset;
  std::byte* const device = b->device->bytes.data() + offset;
  if (direction == XCL_BO_SYNC_BO_TO_DEVICE) {
    std::memcpy(device, host, bytes);
  } else {
    std::memcpy(host, device, bytes);
  }
  return 0;
}

int HalDevice::execute(xclBufferHandle handle) {
  if (lost()) return -ENODEV;
  const auto command = buffer(handle);
  if (!command) return -EINVAL;
  auto& packet = *static_cast<ert_packet*>(command->host);
  const auto& start = *static_cast<const ert_start_kernel_cmd*>(command->host);
  const uint32_t masks = 1 + start.extra_cu_masks;
  const int unit = unit_of(packet, masks);
  if (unit < 0 || unit >= device_.units() || packet.count < masks) return -EINVAL;
  set_state(packet, ERT_CMD_STATE_RUNNING);
  device_.start(unit, {packet.data + masks, packet.count - masks},
                [this, command](bool good) { finish(command, good); });
  return 0;
}

void HalDevice::finish(const std::shared_ptr<HalBuffer>& command, bool good) {
  const std::lock_guard lock(mutex_);
  set_state(*static_cast<ert_packet*>(command->host), good ? ERT_CMD_STATE_COMPLETED : ERT_CMD_STATE_ERROR);
  ++completions_;
  ended_.notify_all();
}

int HalDevice::wait(int milliseconds) {
  std::unique_lock lock(mutex_);
  const auto any = [this] { return completions_ > 0; };
  if (!ended_.wait_for(lock, std::chrono::milliseconds(milliseconds), any)) return 0;
  --completions_;
  return 1;
}

}  // namespace flashcell::host
