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
// Memory that host and kernels share: what one writes the other sees.
constexpr unsigned kShared = XCL_BO_FLAGS_HOST_ONLY | XCL_BO_FLAGS_P2P;

void set_state(ert_packet& packet, ert_cmd_state state) {
  const std::atomic_ref<uint32_t> header(packet.header);
  header.store((header.load(std::memory_order_relaxed) & ~kStateMask) | static_cast<uint32_t>(state),
               std::memory_order_release);
}

/// The compute units of a start command's bit masks: any of them may do it.
std::vector<int> units_of(const ert_packet& packet, uint32_t masks) {
  std::vector<int> units;
  for (uint32_t word = 0; word < masks; ++word) {
    for (int bit = 0; bit < 32; ++bit) {
      if ((packet.data[word] >> bit & 1) != 0) units.push_back(static_cast<int>(32 * word) + bit);
    }
  }
  return units;
}

bool inside(const HalBuffer& buffer, size_t offset, size_t bytes) {
  return offset <= buffer.bytes && bytes <= buffer.bytes - offset;
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
  // The software device does not know the host's addresses.
  if ((flags & XCL_BO_FLAGS_SVM) != 0 && (flags & XCL_BO_FLAGS_EXECBUF) == 0) return XRT_NULL_BO;
  if (user == nullptr) {
    buffer->storage = std::make_shared<std::vector<std::byte>>(bytes + kPage);
    buffer->host = buffer->storage->data();
    size_t space = buffer->storage->size();
    std::align(kPage, bytes, buffer->host, space);
  }
  if ((flags & XCL_BO_FLAGS_EXECBUF) == 0) {
    const int bank = static_cast<int>(flags & kBankMask);
    buffer->device = (flags & kShared) != 0
                         ? device_.memory().share(bank, {static_cast<std::byte*>(buffer->host), bytes}, buffer->storage)
                         : device_.memory().allocate(bank, bytes);
    if (!buffer->device) return XRT_NULL_BO;
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
  if (!b || !b->device || !inside(*b, offset, bytes)) return -EINVAL;
  std::byte* const host = static_cast<std::byte*>(b->host) + offset;
  std::byte* const device = b->device->bytes.data() + offset;
  if (host == device) return 0;  // shared
  if (direction == XCL_BO_SYNC_BO_TO_DEVICE) {
    std::memcpy(device, host, bytes);
  } else {
    std::memcpy(host, device, bytes);
  }
  return 0;
}

int HalDevice::copy(xclBufferHandle to, xclBufferHandle from, size_t bytes, size_t to_offset, size_t from_offset) {
  if (lost()) return -ENODEV;
  const auto a = buffer(to), b = buffer(from);
  if (!a || !b || !a->device || !b->device || !inside(*a, to_offset, bytes) || !inside(*b, from_offset, bytes))
    return -EINVAL;
  std::memmove(a->device->bytes.data() + to_offset, b->device->bytes.data() + from_offset, bytes);
  return 0;
}

int HalDevice::execute(xclBufferHandle handle) {
  if (lost()) return -ENODEV;
  const auto command = buffer(handle);
  if (!command) return -EINVAL;
  switch (static_cast<const ert_packet*>(command->host)->opcode) {
    case ERT_START_CU:
      return start_kernel(command);
    case ERT_START_COPYBO:
      return start_copy(command);
    default:
      return -ENOSYS;
  }
}

int HalDevice::start_kernel(const std::shared_ptr<HalBuffer>& command) {
  auto& packet = *static_cast<ert_packet*>(command->host);
  const auto& start = *static_cast<const ert_start_kernel_cmd*>(command->host);
  const uint32_t masks = 1 + start.extra_cu_masks;
  const std::vector<int> units = units_of(packet, masks);
  if (units.empty() || units.back() >= device_.units() || packet.count < masks) return -EINVAL;
  set_state(packet, ERT_CMD_STATE_RUNNING);
  device_.start(units, {packet.data + masks, packet.count - masks},
                [this, command](bool good) { finish(command, good); });
  return 0;
}

int HalDevice::start_copy(const std::shared_ptr<HalBuffer>& command) {
  auto* const packet = static_cast<ert_start_copybo_cmd*>(command->host);
  const uint64_t bytes = uint64_t{packet->size_hi} << 32 | packet->size;
  const uint64_t from = uint64_t{packet->src_addr_hi} << 32 | packet->src_addr_lo,
                 to = uint64_t{packet->dst_addr_hi} << 32 | packet->dst_addr_lo;
  const int failure = copy(packet->dst_bo_hdl, packet->src_bo_hdl, bytes, to, from);
  if (failure != 0) return failure;
  finish(command, true);
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
