#include <cstdlib>
#include <map>
#include <new>
#include <vector>

#include "kernels_hls/emulation/fifo.hpp"

namespace flashcell_emulation {
namespace {

constexpr size_t kAlignment = 64;

class TokenMemory {
 public:
  ~TokenMemory() {
    for (auto& [bytes, blocks] : free_) {
      for (void* block : blocks) std::free(block);
    }
    ended_ = true;
  }
  void* take(size_t bytes) {
    std::vector<void*>& blocks = free_[bytes];
    if (blocks.empty()) {
      void* block = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
      if (block == nullptr) throw std::bad_alloc();
      return block;
    }
    void* block = blocks.back();
    blocks.pop_back();
    return block;
  }
  void give(void* block, size_t bytes) {
    // Streams of static life outlive the thread's memory.
    if (ended_) return std::free(block);
    free_[bytes].push_back(block);
  }

 private:
  std::map<size_t, std::vector<void*>> free_;  // by size
  static thread_local bool ended_;
};
thread_local bool TokenMemory::ended_ = false;

TokenMemory& of_thread() {
  thread_local TokenMemory memory;
  return memory;
}

}  // namespace

void* take_memory(size_t bytes) {
  return of_thread().take(bytes);
}

void give_memory(void* memory, size_t bytes) {
  if (memory != nullptr) of_thread().give(memory, bytes);
}

}  // namespace flashcell_emulation
