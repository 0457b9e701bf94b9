#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/aligned_vector.hpp"
#include "host/xrt_software/executor.hpp"

namespace flashcell::host {

/// A buffer on the software device: memory of its own, so that what was never copied there shows; or the host's, where
/// host and kernels are to share it.
struct DeviceBuffer {
  uint64_t address = 0;
  int bank = 0;
  std::span<std::byte> bytes;   ///< starts on a 512-bit word
  RecordVector<std::byte> own;  ///< empty: `bytes` are the host's
  std::shared_ptr<void> owner;  ///< of the host's, where somebody must keep them
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
  /// The same over memory of the host, which starts on a 512-bit word and stays there as long as `owner`, or, without
  /// one, as anybody uses it.
  std::shared_ptr<DeviceBuffer> share(int bank, std::span<std::byte> host, std::shared_ptr<void> owner = nullptr);

  /// The buffer that holds all of `bytes` bytes at `address`, or null.
  std::shared_ptr<DeviceBuffer> find(uint64_t address, size_t bytes) const;

 private:
  std::shared_ptr<DeviceBuffer> place(int bank, size_t bytes);
  /// Where `taken` bytes are free in a bank: at `from` or behind it, else from its start.
  std::optional<uint64_t> free_address(const Bank& bank, uint64_t from, uint64_t taken) const;

  mutable std::mutex mutex_;
  std::vector<Bank> banks_;
  std::vector<uint64_t> next_;  // of each bank: where the last buffer ended. Addresses are used again late
  std::map<uint64_t, std::weak_ptr<DeviceBuffer>> buffers_;
};

}  // namespace flashcell::host
