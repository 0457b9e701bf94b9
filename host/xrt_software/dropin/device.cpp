// xrt::device and xrt::system for the software device.
#include <experimental/xrt_system.h>
#include <xrt/xrt_device.h>

#include <any>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "host/xrt_software/dropin/implementations.hpp"
#include "kernels_hls/contract/board.hpp"

namespace {

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

std::string platform(const xrt_core::device& device) {
  const std::string& name = device.faults.options().platform;
  return name.empty() ? flashcell::contract::kSoftwarePlatform : name;
}

}  // namespace

void xrt_core::device::must_be_there() const {
  if (software.lost()) fail(ENODEV, "software device");
}

/// Tells a program that it runs over this library and not over XRT's.
extern "C" const int flashcell_xrt_dropin;
const int flashcell_xrt_dropin = 1;

namespace xrt {

unsigned int system::enumerate_devices() {
  return static_cast<unsigned>(flashcell::host::process_fault_plan().options().boards);
}

device::device(unsigned int index) {
  flashcell::host::FaultPlan& plan = flashcell::host::process_fault_plan();
  if (index >= static_cast<unsigned>(plan.options().boards) || !plan.may_open())
    throw std::runtime_error("Could not open device with index '" + std::to_string(index) + "'");
  handle = std::make_shared<xrt_core::device>(plan);
}

#if XRT_VERSION_CODE >= XRT_VERSION(2, 18)
device::~device() {}
#endif

device::operator xclDeviceHandle() const {
  return handle.get();
}

uuid device::load_xclbin(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  handle->must_be_there();
  if (!handle->faults.may_load()) fail(EBUSY, "failed to load xclbin");
  handle->software.load({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  return get_xclbin_uuid();
}

uuid device::get_xclbin_uuid() const {
  const std::string& digits = handle->software.xclbin().uuid;
  xuid_t id{};
  for (size_t i = 0; i < sizeof id && 2 * i + 1 < digits.size(); ++i)
    id[i] = static_cast<unsigned char>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  return uuid(id);
}

std::any device::get_info_std(info::device parameter, const detail::abi&) const {
  if (parameter == info::device::name) return platform(*handle);
  if (parameter == info::device::max_clock_frequency_mhz) return 300ul;
  throw std::runtime_error("the software device does not know this");
}

}  // namespace xrt
