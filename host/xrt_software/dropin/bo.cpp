// xrt::bo for the software device.
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>

#include <cstring>
#include <new>
#include <stdexcept>

#include "host/xrt_software/dropin/implementations.hpp"

namespace {

constexpr size_t kPage = 4096;

std::shared_ptr<xrt::bo_impl> allocate(std::shared_ptr<xrt_core::device> device, void* user, size_t bytes,
                                       xrt::bo::flags kind, unsigned group) {
  if (kind == xrt::bo::flags::svm)
    throw std::invalid_argument("the software device does not know the host's addresses");
  auto bo = std::make_shared<xrt::bo_impl>();
  bo->host = user;
  if (user == nullptr) {
    bo->storage = std::make_shared<std::vector<std::byte>>(bytes + kPage);
    bo->host = bo->storage->data();
    size_t space = bo->storage->size();
    std::align(kPage, bytes, bo->host, space);
  }
  const int bank = static_cast<int>(group);
  flashcell::host::DeviceMemory& memory = device->software.memory();
  const bool shared = kind == xrt::bo::flags::host_only || kind == xrt::bo::flags::p2p;
  bo->buffer = shared ? memory.share(bank, {static_cast<std::byte*>(bo->host), bytes}, bo->storage)
                      : memory.allocate(bank, bytes);
  if (!bo->buffer) throw std::bad_alloc();
  bo->device = std::move(device);
  return bo;
}

}  // namespace

namespace xrt {

bo::bo(xclDeviceHandle device, void* user, size_t bytes, bo::flags kind, memory_group group)
    : handle(allocate(static_cast<xrt_core::device*>(device)->shared_from_this(), user, bytes, kind, group)) {}

bo::bo(xclDeviceHandle device, size_t bytes, bo::flags kind, memory_group group)
    : bo(device, nullptr, bytes, kind, group) {}

#if XRT_VERSION_CODE >= XRT_VERSION(2, 15)
bo::bo(const xrt::device& device, void* user, size_t bytes, bo::flags kind, memory_group group)
    : handle(allocate(device.get_handle(), user, bytes, kind, group)) {}

bo::bo(const xrt::device& device, size_t bytes, bo::flags kind, memory_group group)
    : bo(device, nullptr, bytes, kind, group) {}
#endif

#if XRT_VERSION_CODE >= XRT_VERSION(2, 18)
bo::~bo() {}
#endif

size_t bo::size() const {
  return handle->buffer->bytes.size();
}

uint64_t bo::address() const {
  return handle->buffer->address;
}

void* bo::map() {
  return handle->host;
}

void bo::sync(xclBOSyncDirection direction, size_t bytes, size_t offset) {
  handle->device->must_be_there();
  if (offset > size() || bytes > size() - offset) throw std::invalid_argument("sync beyond the buffer's end");
  std::byte* const host = static_cast<std::byte*>(handle->host) + offset;
  std::byte* const device = handle->buffer->bytes.data() + offset;
  if (host == device) return;  // shared
  if (direction == XCL_BO_SYNC_BO_TO_DEVICE) {
    std::memcpy(device, host, bytes);
  } else {
    std::memcpy(host, device, bytes);
  }
}

void bo::copy(const bo& from, size_t bytes, size_t from_offset, size_t to_offset) {
  handle->device->must_be_there();
  if (bytes == 0) throw std::invalid_argument("a copy of no bytes");
  if (from_offset > from.size() || bytes > from.size() - from_offset || to_offset > size() ||
      bytes > size() - to_offset)
    throw std::invalid_argument("copy beyond a buffer's end");
  std::memmove(handle->buffer->bytes.data() + to_offset, from.handle->buffer->bytes.data() + from_offset, bytes);
}

}  // namespace xrt
