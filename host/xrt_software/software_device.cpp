#include "host/xrt_software/software_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "host/xrt_software/executor.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kRegisters = 1024;  // 4 KiB of 32-bit registers

/// The memory that one run sees. Buffers that it touches stay until it ends.
class RunMemory : public KernelMemory {
 public:
  RunMemory(const DeviceMemory& memory, const ComputeUnit& unit) : memory_(memory), unit_(unit) {}

  std::span<std::byte> at(uint64_t address, size_t bytes, int argument) override {
    const auto buffer = memory_.find(address, bytes);
    if (!buffer) {
      throw KernelFault(fmt::format("argument {} reaches {} bytes at {:#x}, where no buffer holds them all", argument,
                                    bytes, address));
    }
    const bool wired = std::any_of(unit_.connections.begin(), unit_.connections.end(),
                                   [&](const auto& c) { return c.argument == argument && c.memory == buffer->bank; });
    if (!wired) {
      throw KernelFault(
          fmt::format("argument {} is not wired to bank {}, where its buffer lies", argument, buffer->bank));
    }
    if (std::find(touched_.begin(), touched_.end(), buffer) == touched_.end()) touched_.push_back(buffer);
    return buffer->bytes.subspan(address - buffer->address, bytes);
  }

 private:
  const DeviceMemory& memory_;
  const ComputeUnit& unit_;
  std::vector<std::shared_ptr<DeviceBuffer>> touched_;
};

}  // namespace

/// One compute unit: a queue of runs and the thread that works it off, which starts with the first run.
class SoftwareDevice::Unit {
 public:
  Unit(FaultPlan& plan, const DeviceMemory& memory, std::string kernel, ComputeUnit description)
      : plan_(plan), memory_(memory), kernel_(std::move(kernel)), description_(std::move(description)) {}

  ~Unit() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  const std::string& kernel() const { return kernel_; }
  const ComputeUnit& description() const { return description_; }
  /// Runs that have not ended.
  size_t runs() const {
    const std::lock_guard lock(mutex_);
    return runs_.size() + (running_ ? 1 : 0);
  }

  void start(std::span<const uint32_t> registers, std::function<void(bool)> done) {
    Run run;
    run.registers.assign(kRegisters, 0);
    std::copy_n(registers.begin(), std::min(registers.size(), kRegisters), run.registers.begin());
    run.done = std::move(done);
    run.fate = plan_.next_launch();
    {
      const std::lock_guard lock(mutex_);
      runs_.push_back(std::move(run));
      if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    }
    changed_.notify_all();
  }

 private:
  struct Run {
    std::vector<uint32_t> registers;
    std::function<void(bool)> done;
    LaunchFate fate = LaunchFate::run;
  };

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return closing_ || !runs_.empty(); });
      if (closing_) return;
      Run run = std::move(runs_.front());
      runs_.pop_front();
      running_ = true;
      if (run.fate == LaunchFate::hang || run.fate == LaunchFate::board_lost) {
        changed_.wait(lock, [this] { return closing_; });
        return;
      }
      const uint32_t slow_us = plan_.options().slow_us;
      if (slow_us > 0) changed_.wait_for(lock, std::chrono::microseconds(slow_us), [this] { return closing_; });
      if (closing_) return;
      lock.unlock();
      const bool good = execute(run);
      lock.lock();
      running_ = false;
      lock.unlock();
      run.done(good);  // whoever hears of it finds the unit free
      lock.lock();
    }
  }

  bool execute(const Run& run) {
    if (run.fate == LaunchFate::fail) return false;
    if (run.fate == LaunchFate::mute) return true;
    try {
      if (!executor_) executor_ = make_executor(plan_.options().executor);
      RunMemory memory(memory_, description_);
      executor_->run({kernel_, run.registers, memory});
      return true;
    } catch (const std::exception& e) {
      fmt::print(stderr, "software device: {} ({}): {}\n", kernel_, description_.instance, e.what());
      return false;
    }
  }

  FaultPlan& plan_;
  const DeviceMemory& memory_;
  const std::string kernel_;
  const ComputeUnit description_;
  std::unique_ptr<Executor> executor_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Run> runs_;
  bool running_ = false, closing_ = false;
  std::thread thread_;
};

SoftwareDevice::SoftwareDevice(FaultPlan& plan) : plan_(plan) {}

SoftwareDevice::~SoftwareDevice() = default;

void SoftwareDevice::load(std::span<const uint8_t> bytes) {
  Xclbin xclbin = read_xclbin(bytes, "xclbin");
  units_.clear();
  std::vector<DeviceMemory::Bank> banks;
  for (const XclbinMemory& memory : xclbin.memories) {
    banks.push_back({memory.base, memory.used ? memory.kilobytes * 1024 : 0});
  }
  memory_.set_banks(std::move(banks));
  for (const XclbinKernel& kernel : xclbin.kernels) {
    for (const ComputeUnit& unit : kernel.units) {
      units_.push_back(std::make_unique<Unit>(plan_, memory_, kernel.name, unit));
    }
  }
  std::stable_sort(units_.begin(), units_.end(),
                   [](const auto& a, const auto& b) { return a->description().base < b->description().base; });
  xclbin_ = std::move(xclbin);
}

std::vector<int> SoftwareDevice::find_units(const std::string& kernel, const std::string& instance) const {
  std::vector<int> found;
  for (size_t i = 0; i < units_.size(); ++i) {
    const bool named = instance.empty() || units_[i]->description().instance == instance;
    if (units_[i]->kernel() == kernel && named) found.push_back(static_cast<int>(i));
  }
  return found;
}

int SoftwareDevice::bank_of(int unit, int argument) const {
  for (const auto& c : units_.at(static_cast<size_t>(unit))->description().connections) {
    if (c.argument == argument) return c.memory;
  }
  return -1;
}

void SoftwareDevice::start(std::span<const int> units, std::span<const uint32_t> registers,
                           std::function<void(bool)> done) {
  const std::lock_guard lock(starting_);
  Unit* idlest = nullptr;
  size_t fewest = 0;
  for (const int unit : units) {
    Unit& candidate = *units_.at(static_cast<size_t>(unit));
    const size_t runs = candidate.runs();
    if (idlest != nullptr && runs >= fewest) continue;
    idlest = &candidate;
    fewest = runs;
  }
  if (idlest == nullptr) throw std::out_of_range("no compute unit to start");
  idlest->start(registers, std::move(done));
}

}  // namespace flashcell::host
