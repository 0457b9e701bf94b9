#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace flashcell::host {

/// A kernel that misbehaves: memory that is not there, a register that makes no sense. Its run ends in an error.
class KernelFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The device's memory as one compute unit sees it.
class KernelMemory {
 public:
  virtual ~KernelMemory() = default;

  /// `bytes` bytes at device address `address`, which the kernel reaches through its argument number `argument`. Throws
  /// KernelFault when they do not lie in one buffer, or not in the memory that this argument is wired to.
  virtual std::span<std::byte> at(uint64_t address, size_t bytes, int argument) = 0;
};

/// One start of a compute unit.
struct KernelCall {
  const std::string& kernel;            ///< name of its top function
  std::span<const uint32_t> registers;  ///< its control registers, from offset 0
  KernelMemory& memory;
};

/// What a compute unit of the software device does instead of logic. One for each compute unit, so that it may keep
/// state between calls; called from one thread at a time.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Runs the kernel to its end. Throws KernelFault.
  virtual void run(const KernelCall& call) = 0;
};

/// `cpu`: segments and labels with the host's own fast routines. `hls`: labels with the kernel's sources. Both read and
/// write what contract/cell_label_launch.hpp states, with the limits of the build that the kernel's name stands for.
/// Throws std::invalid_argument for other names.
std::unique_ptr<Executor> make_executor(const std::string& name);

}  // namespace flashcell::host
