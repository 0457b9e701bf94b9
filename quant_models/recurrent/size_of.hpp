#pragma once
#include <cstddef>
#include <cstdint>

namespace flashcell::quant {

/// Of a count that is 0 or more.
constexpr size_t size_of(int64_t count) {
  return static_cast<size_t>(count);
}

}  // namespace flashcell::quant
