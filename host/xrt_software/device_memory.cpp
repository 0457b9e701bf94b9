#include "host/xrt_software/device_memory.hpp"

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
  if (bank < 0 || static_cast<size_t>(bank) >= banks_.size()) return nullptr;
  const size_t b = static_cast<size_t>(bank);
  // A page stays free behind each buffer: what runs over its end hits nothing. Addresses come round again when the bank
  // is through, past the buffers that are still there.
  const uint64_t taken = (bytes + kPage - 1) / kPage * kPage + kPage;
  if (taken > banks_[b].bytes) return nullptr;
  for (int round = 0; round < 2; ++round) {
    if (next_[b] + taken > banks_[b].bytes) next_[b] = 0;
    const uint64_t start = banks_[b].base + next_[b];
    bool free = true;
    for (auto it = buffers_.begin(); it != buffers_.end();) {
      const auto other = it->second.lock();
      if (!other) {
        it = buffers_.erase(it);
        continue;
      }
      free &= other->address + other->bytes.size() + kPage <= start || start + taken <= other->address;
      ++it;
    }
    if (!free) {
      next_[b] = 0;
      continue;
    }
    auto buffer = std::make_shared<DeviceBuffer>();
    buffer->address = start;
    buffer->bank = bank;
    buffer->bytes.assign(bytes, kJunk);
    buffers_[start] = buffer;
    next_[b] += taken;
    return buffer;
  }
  return nullptr;
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
