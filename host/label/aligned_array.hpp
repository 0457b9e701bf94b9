#pragma once
#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <new>

namespace flashcell::host {

template <class T>
using AlignedArray = hwy::AlignedFreeUniquePtr<T[]>;

/// `count` numbers that are not set, for whole vectors, placed so that arrays of one size do not share cache sets.
/// Throws std::bad_alloc, where Highway returns nullptr.
template <class T>
AlignedArray<T> aligned_array(size_t count) {
  AlignedArray<T> memory = hwy::AllocateAligned<T>(count);
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace flashcell::host
