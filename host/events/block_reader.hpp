#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/random_reader.hpp"

namespace flashcell {

/// Bytes from beginning to end, a block at a time.
class BlockReader {
 public:
  BlockReader(std::shared_ptr<const RandomReader> bytes, uint64_t offset);

  /// What lies ahead: at least `least` bytes, fewer only where there are no more. Stays until the next call.
  std::span<const uint8_t> ahead(size_t least);
  void skip(uint64_t bytes);
  uint64_t position() const { return block_start_ + begin_; }
  /// Bytes from here to the end.
  uint64_t left() const { return end_of_file_ > position() ? end_of_file_ - position() : 0; }
  /// Whether it became shorter while it was read.
  bool shrank() const { return shrank_; }

 private:
  /// Reads up to a block of `fill` bytes.
  void read_on(size_t fill);

  std::shared_ptr<const RandomReader> bytes_;
  uint64_t end_of_file_, block_start_;
  bool shrank_ = false;
  std::vector<uint8_t> block_;
  size_t begin_ = 0, end_ = 0;  // of what was read and not skipped, in the block
};

}  // namespace flashcell
