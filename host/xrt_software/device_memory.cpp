#include "host/xrt_software/device_memory.hpp"

#include <utility>

namespace flashcell::host {
namespace {

constexpr std::byte kJunk{0xA5};
constexpr uint64_t kPage = 4096;

}  // namespace

void DeviceMemory::set_banks(std::vector<Bank> banks) {
  const std::lock_guard lock(mutex_);
  banks_ = std::move(banks);
  next_.resize(banks_.size(), 0);
}

std::shared_ptr<DeviceBuffer> DeviceMemory::allocate(int bank, size_t bytes) {
  const std::lock_guard lock(mutex_);
  auto buffer = place(bank, bytes);
  if (!buffer) return nullptr;
  buffer->own.assign(bytes, kJunk);
  buffer->bytes = buffer->own;
  return buffer;
}

std::shared_ptr<DeviceBuffer> DeviceMemory::share(int bank, std::span<std::byte> host, std::shared_ptr<void> owner) {
  const std::lock_guard lock(mutex_);
  auto buffer = place(bank, host.size());
  if (!buffer) return nullptr;
  buffer->bytes = host;
  buffer->owner = std::move(owner);
  return buffer;
}

/// A buffer with an address, its bytes not yet there; `mutex_` is held.
std::shared_ptr<DeviceBuffer> DeviceMemory::place(int bank, size_t bytes) {
  if (bank < 0 || static_cast<size_t>(bank) >= banks_.size()) return nullptr;
  std::erase_if(buffers_, [](const auto& entry) { return entry.second.expired(); });
  // A page stays free behind each buffer: what runs over its end hits nothing.
  const uint64_t taken = (bytes + kPage - 1) / kPage * kPage + kPage;
  uint64_t& next = next_[static_cast<size_t>(bank)];
  const auto address = free_address(banks_[static_cast<size_t>(bank)], next, taken);
  if (!address) return nullptr;
  next = *address + taken - banks_[static_cast<size_t>(bank)].base;
  auto buffer = std::make_shared<DeviceBuffer>();
  buffer->address = *address;
  buffer->bank = bank;
  buffers_[*address] = buffer;
  return buffer;
}

std::optional<uint64_t> DeviceMemory::free_address(const Bank& bank, uint64_t from, uint64_t taken) const {
  for (const uint64_t start : {from, uint64_t{0}}) {
    uint64_t address = bank.base + start;
    for (const auto& [other_address, weak] : buffers_) {
      const auto other = weak.lock();
      if (!other) continue;
      const uint64_t other_end = other_address + (other->bytes.size() + kPage - 1) / kPage * kPage + kPage;
      if (address < other_end && other_address < address + taken) address = other_end;
    }
    if (address + taken <= bank.base + bank.bytes) return address;
  }
  return {};
}

std::shared_ptr<DeviceBuffer> DeviceMemory::find(uint64_t address, size_t bytes) const {
  const std::lock_guard lock(mutex_);
  auto it = buffers_.upper_bound(address);
  if (it == buffers_.begin()) return nullptr;
  const auto buffer = (--it)->second.lock();
  if (!buffer) return nullptr;
  const uint64_t offset = address - buffer->address;
  if (offset > buffer->bytes.size() || buffer->bytes.size() - offset < bytes) return nullptr;
  return buffer;
}

}  // namespace flashcell::host
