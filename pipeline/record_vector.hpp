#pragma once
#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace flashcell {

/// Starts its memory on a cache line, and leaves elements that resize(n) adds as they are: whoever resizes writes them.
template <class T>
struct RecordAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  RecordAllocator() = default;
  template <class Other>
  RecordAllocator(const RecordAllocator<Other>&) {}

  T* allocate(size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kAlignment)); }
  void deallocate(T* memory, size_t) { ::operator delete(memory, kAlignment); }

  template <class U>
  void construct(U* at) {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }

  friend bool operator==(const RecordAllocator&, const RecordAllocator&) { return true; }
};

/// A vector of plain records; resize(n) adds unset ones.
template <class T>
using RecordVector = std::vector<T, RecordAllocator<T>>;

}  // namespace flashcell
