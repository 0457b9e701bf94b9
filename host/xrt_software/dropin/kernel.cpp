// xrt::kernel and xrt::run for the software device.
#include <xrt/xrt_kernel.h>

#include <cstring>
#include <stdexcept>

#include "host/xrt_software/dropin/implementations.hpp"

namespace {

constexpr size_t kRegisters = 1024;  // 4 KiB of 32-bit registers

/// "kernel:{instance}" or "kernel".
std::pair<std::string, std::string> split(const std::string& name) {
  const size_t colon = name.find(":{");
  if (colon == std::string::npos || name.back() != '}') return {name, ""};
  return {name.substr(0, colon), name.substr(colon + 2, name.size() - colon - 3)};
}

/// The kernel's compute units that reach every buffer of the run; all where none does: the run then ends in an error.
std::vector<int> units_for(const xrt::run_impl& run) {
  const flashcell::host::SoftwareDevice& device = run.kernel->device->software;
  std::vector<int> units;
  for (const int unit : run.kernel->units) {
    bool reaches = true;
    for (size_t i = 0; i < run.buffers.size(); ++i) {
      if (run.buffers[i])
        reaches = reaches && device.bank_of(unit, static_cast<int>(i)) == run.buffers[i]->buffer->bank;
    }
    if (reaches) units.push_back(unit);
  }
  return units.empty() ? run.kernel->units : units;
}

}  // namespace

namespace xrt {

kernel::kernel(const xrt::device& device, const xrt::uuid&, const std::string& name, cu_access_mode)
    : handle(std::make_shared<kernel_impl>()) {
  const auto [kernel_name, instance] = split(name);
  handle->device = device.get_handle();
  handle->device->must_be_there();
  handle->name = name;
  handle->units = handle->device->software.find_units(kernel_name, instance);
  const auto* description = flashcell::host::find_kernel(handle->device->software.xclbin(), kernel_name);
  if (handle->units.empty() || description == nullptr)
    throw std::runtime_error("No compute units matching '" + name + "'");
  for (const auto& argument : description->arguments) handle->offsets.push_back(argument.offset);
}

int kernel::group_id(int argument) const {
  const int bank = handle->device->software.bank_of(handle->units.front(), argument);
  if (bank < 0) throw std::runtime_error("argument " + std::to_string(argument) + " is wired to no memory");
  return bank;
}

run::run(const kernel& kernel) : handle(std::make_shared<run_impl>()) {
  handle->kernel = kernel.get_handle();
  handle->registers.assign(kRegisters, 0);
  handle->buffers.resize(handle->kernel->offsets.size());
}

#if XRT_VERSION_CODE >= XRT_VERSION(2, 18)
kernel::~kernel() {}
run::~run() {}
#endif

void run::set_arg_at_index(int index, const void* value, size_t bytes) {
  const size_t word = handle->kernel->offsets.at(static_cast<size_t>(index)) / 4;
  if (bytes > 8 || word + 2 > kRegisters) throw std::invalid_argument("an argument is too wide for its registers");
  std::memcpy(&handle->registers[word], value, bytes);
}

void run::set_arg_at_index(int index, const xrt::bo& buffer) {
  const uint64_t address = buffer.address();
  set_arg_at_index(index, &address, sizeof address);
  handle->buffers.at(static_cast<size_t>(index)) = buffer.get_handle();
}

void run::start() {
  xrt_core::device& device = *handle->kernel->device;
  device.must_be_there();
  {
    const std::lock_guard lock(handle->state->mutex);
    if (handle->state->running) throw std::runtime_error("the run has not ended yet");
    handle->state->running = true;
  }
  device.software.start(units_for(*handle), handle->registers, [state = handle->state](bool good) {
    const std::lock_guard lock(state->mutex);
    state->running = false;
    state->good = good;
    state->changed.notify_all();
  });
}

ert_cmd_state run::wait(const std::chrono::milliseconds& limit) const {
  run_state& state = *handle->state;
  std::unique_lock lock(state.mutex);
  const auto ended = [&state] { return !state.running; };
  if (limit.count() == 0) {
    state.changed.wait(lock, ended);
  } else if (!state.changed.wait_for(lock, limit, ended)) {
    return ERT_CMD_STATE_TIMEOUT;
  }
  return state.good ? ERT_CMD_STATE_COMPLETED : ERT_CMD_STATE_ERROR;
}

}  // namespace xrt
