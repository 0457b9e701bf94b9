// The driver interface below AMD's XRT ("HAL", xrt.h), for the software device. XRT's user library loads this as
// libxrt_hwemu.so.2 when XCL_EMULATION_MODE=hw_emu says so; objects of Debian's libxrt_hwemu.a, linked in with it, make
// XRT's own classes out of the functions below.
#include <fmt/format.h>
#include <xclbin.h>
#include <xrt.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "host/xrt_software/hal/hal_device.hpp"
#include "kernels_hls/contract/board.hpp"

// Four names that XRT declares in headers which are not installed: two that its library exports, two that the objects
// of libxrt_hwemu.a want.
namespace xrt_core {
class device;
std::shared_ptr<device> get_userpf_device(void* handle, unsigned index);
namespace query {
enum class key_type;
}
}  // namespace xrt_core
extern "C" void register_axlf(xrt_core::device*, const axlf*) asm("_ZN8xrt_core6device13register_axlfEPK4axlf");

namespace xclhwemhal2 {
class HwEmShim {
 public:
  static HwEmShim* handleCheck(void*);
  uint32_t deviceQuery(xrt_core::query::key_type);
};
HwEmShim* HwEmShim::handleCheck(void*) {
  return nullptr;
}
uint32_t HwEmShim::deviceQuery(xrt_core::query::key_type) {
  return 0;
}
}  // namespace xclhwemhal2

namespace {

using flashcell::host::FaultPlan;
using flashcell::host::HalBuffer;
using flashcell::host::HalDevice;

/// An opened device and the object that XRT's library keeps of it.
struct Opened {
  explicit Opened(FaultPlan& plan) : device(plan) {}
  HalDevice device;
  std::shared_ptr<xrt_core::device> core;
};

std::mutex opened_mutex;
std::map<xclDeviceHandle, std::shared_ptr<Opened>>& opened_devices() {
  static std::map<xclDeviceHandle, std::shared_ptr<Opened>> devices;
  return devices;
}

std::shared_ptr<Opened> opened(xclDeviceHandle handle) {
  const std::lock_guard lock(opened_mutex);
  const auto it = opened_devices().find(handle);
  return it == opened_devices().end() ? nullptr : it->second;
}

FaultPlan* plan() {
  try {
    return &flashcell::host::process_fault_plan();
  } catch (const std::exception& e) {
    fmt::print(stderr, "FLASHCELL_SOFTWARE_DEVICE: {}\n", e.what());
    return nullptr;
  }
}

/// `action` on the handle's device; -ENODEV where there is none.
template <class Action>
int on_device(xclDeviceHandle handle, Action action) {
  const auto device = opened(handle);
  return device ? action(device->device) : -ENODEV;
}

std::shared_ptr<HalBuffer> buffer_of(xclDeviceHandle handle, xclBufferHandle buffer) {
  const auto device = opened(handle);
  return device ? device->device.buffer(buffer) : nullptr;
}

bool fits_buffer(const HalBuffer& buffer, size_t offset, size_t bytes) {
  return offset <= buffer.bytes && bytes <= buffer.bytes - offset;
}

}  // namespace

extern "C" {

unsigned xclProbe() {
  const FaultPlan* p = plan();
  return p != nullptr ? static_cast<unsigned>(p->options().boards) : 0;
}

xclDeviceHandle xclOpen(unsigned index, const char*, xclVerbosityLevel) {
  FaultPlan* const p = plan();
  if (p == nullptr || index >= static_cast<unsigned>(p->options().boards) || !p->may_open()) return nullptr;
  const auto device = std::make_shared<Opened>(*p);
  device->core = xrt_core::get_userpf_device(device.get(), index);
  const std::lock_guard lock(opened_mutex);
  opened_devices()[device.get()] = device;
  return device.get();
}

void xclClose(xclDeviceHandle handle) {
  std::shared_ptr<Opened> last;
  const std::lock_guard lock(opened_mutex);
  const auto it = opened_devices().find(handle);
  if (it == opened_devices().end()) return;
  last = std::move(it->second);
  opened_devices().erase(it);
}

int xclLoadXclBin(xclDeviceHandle handle, const xclBin* xclbin) {
  const auto device = opened(handle);
  if (!device) return -ENODEV;
  if (!plan()->may_load()) return -EBUSY;
  const int result = device->device.load(xclbin, xclbin->m_header.m_length);
  if (result == 0) register_axlf(device->core.get(), xclbin);
  return result;
}

int xclGetDeviceInfo2(xclDeviceHandle, xclDeviceInfo2* info) {
  *info = {};
  const std::string& name = plan()->options().platform;
  std::snprintf(info->mName, sizeof info->mName, "%s",
                name.empty() ? flashcell::contract::kSoftwarePlatform : name.c_str());
  info->mDataAlignment = 4096;
  info->mOCLFrequency[0] = 300;
  return 0;
}

xclBufferHandle xclAllocBO(xclDeviceHandle handle, size_t bytes, int, unsigned flags) {
  const auto device = opened(handle);
  return device ? device->device.allocate(nullptr, bytes, flags) : XRT_NULL_BO;
}

xclBufferHandle xclAllocUserPtrBO(xclDeviceHandle handle, void* memory, size_t bytes, unsigned flags) {
  const auto device = opened(handle);
  return device ? device->device.allocate(memory, bytes, flags) : XRT_NULL_BO;
}

void xclFreeBO(xclDeviceHandle handle, xclBufferHandle buffer) {
  if (const auto device = opened(handle)) device->device.free(buffer);
}

void* xclMapBO(xclDeviceHandle handle, xclBufferHandle buffer, bool) {
  const auto b = buffer_of(handle, buffer);
  return b ? b->host : nullptr;
}

int xclUnmapBO(xclDeviceHandle, xclBufferHandle, void*) {
  return 0;
}

int xclSyncBO(xclDeviceHandle handle, xclBufferHandle buffer, xclBOSyncDirection direction, size_t bytes,
              size_t offset) {
  return on_device(handle, [&](HalDevice& device) { return device.sync(buffer, direction, bytes, offset); });
}

int xclCopyBO(xclDeviceHandle handle, xclBufferHandle to, xclBufferHandle from, size_t bytes, size_t to_offset,
              size_t from_offset) {
  return on_device(handle, [&](HalDevice& device) { return device.copy(to, from, bytes, to_offset, from_offset); });
}

int xclGetBOProperties(xclDeviceHandle handle, xclBufferHandle buffer, xclBOProperties* properties) {
  const auto b = buffer_of(handle, buffer);
  if (!b) return -EINVAL;
  properties->handle = buffer;
  properties->flags = b->flags;
  properties->size = b->bytes;
  properties->paddr = b->device ? b->device->address : 0;
  return 0;
}

size_t xclWriteBO(xclDeviceHandle handle, xclBufferHandle buffer, const void* from, size_t bytes, size_t offset) {
  const auto b = buffer_of(handle, buffer);
  if (!b || !fits_buffer(*b, offset, bytes)) return static_cast<size_t>(-EINVAL);
  std::memcpy(static_cast<char*>(b->host) + offset, from, bytes);
  return 0;
}

size_t xclReadBO(xclDeviceHandle handle, xclBufferHandle buffer, void* to, size_t bytes, size_t offset) {
  const auto b = buffer_of(handle, buffer);
  if (!b || !fits_buffer(*b, offset, bytes)) return static_cast<size_t>(-EINVAL);
  std::memcpy(to, static_cast<const char*>(b->host) + offset, bytes);
  return 0;
}

int xclOpenContext(xclDeviceHandle handle, const xuid_t, unsigned, bool) {
  return on_device(handle, [](HalDevice& device) { return device.lost() ? -ENODEV : 0; });
}

int xclCloseContext(xclDeviceHandle, const xuid_t, unsigned) {
  return 0;
}

int xclExecBuf(xclDeviceHandle handle, xclBufferHandle command) {
  return on_device(handle, [&](HalDevice& device) { return device.execute(command); });
}

int xclExecWait(xclDeviceHandle handle, int milliseconds) {
  return on_device(handle, [&](HalDevice& device) { return device.wait(milliseconds); });
}

// What a host of ours does not use, and the library wants to be there.

xclBufferExportHandle xclExportBO(xclDeviceHandle, xclBufferHandle) {
  return XRT_NULL_BO_EXPORT;
}
xclBufferHandle xclImportBO(xclDeviceHandle, xclBufferExportHandle, unsigned) {
  return XRT_NULL_BO;
}
int xclRegRead(xclDeviceHandle, uint32_t, uint32_t, uint32_t*) {
  return -ENOSYS;
}
int xclRegWrite(xclDeviceHandle, uint32_t, uint32_t, uint32_t) {
  return -ENOSYS;
}
int xclP2pEnable(xclDeviceHandle, bool, bool) {
  return -ENOSYS;
}
int xclReClock2(xclDeviceHandle, unsigned short, const uint16_t*) {
  return -ENOSYS;
}
size_t xclRead(xclDeviceHandle, xclAddressSpace, uint64_t, void*, size_t) {
  return 0;
}
size_t xclWrite(xclDeviceHandle, xclAddressSpace, uint64_t, const void*, size_t) {
  return 0;
}
ssize_t xclUnmgdPread(xclDeviceHandle, unsigned, void*, size_t, uint64_t) {
  return -ENOSYS;
}
ssize_t xclUnmgdPwrite(xclDeviceHandle, unsigned, const void*, size_t, uint64_t) {
  return -ENOSYS;
}

}  // extern "C"

int xclCloseExportHandle(int) {
  return 0;
}
enum xclResetKind;
int xclInternalResetDevice(void*, xclResetKind) {
  return -ENOSYS;
}
int xclUpdateSchedulerStat(void*) {
  return 0;
}
int xclCmaEnable(void*, bool, uint64_t) {
  return -ENOSYS;
}
