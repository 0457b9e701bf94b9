#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "host/xrt_software/executor.hpp"
#include "pipeline/record_vector.hpp"

namespace flashcell::host {

/// A buffer on the software device: memory of its own, so that what was never copied there shows.
struct DeviceBuffer {
  uint64_t address = 0;
  int bank = 0;
  RecordVector<std::byte> bytes;  ///< starts on a 512-bit word
};

/// Memory banks with buffers in them. Any thread may call.
class DeviceMemory {
 public:
  struct Bank {
    uint64_t base = 0, bytes = 0;
  };

  void set_banks(std::vector<Bank> banks);

  /// A buffer full of junk; it goes when the last pointer to it does. Null when the bank is full or not there.
  std::shared_ptr<DeviceBuffer> allocate(int bank, size_t bytes);

  /// The buffer that holds all of `bytes` bytes at `address`, or null.
  std::shared_ptr<DeviceBuffer> find(uint64_t address, size_t bytes) const;

 private:
  /// Where `taken` bytes are free in a bank: at `from` or behind it, else from its start.
  std::optional<uint64_t> free_address(const Bank& bank, uint64_t from, uint64_t taken) const;

  mutable std::mutex mutex_;
  std::vector<Bank> banks_;
  std::vector<uint64_t> next_;  // of each bank: where the last buffer ended. Addresses are used again late
  std::map<uint64_t, std::weak_ptr<DeviceBuffer>> buffers_;
};

}  // namespace flashcell::host
