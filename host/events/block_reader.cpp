#include "host/events/block_reader.hpp"

#include <algorithm>
#include <utility>

namespace flashcell {
namespace {
constexpr size_t kBlockBytes = size_t{256} << 10;  // stays in the second-level cache
}  // namespace

BlockReader::BlockReader(std::shared_ptr<const RandomReader> bytes, uint64_t offset)
    : bytes_(std::move(bytes)), end_of_file_(bytes_->size()), block_start_(std::min(offset, end_of_file_)) {}

std::span<const uint8_t> BlockReader::ahead(size_t least) {
  if (end_ - begin_ < least) {
    std::copy(block_.begin() + static_cast<ptrdiff_t>(begin_), block_.begin() + static_cast<ptrdiff_t>(end_),
              block_.begin());
    block_start_ += begin_;
    end_ -= begin_;
    begin_ = 0;
    while (end_ < least && block_start_ + end_ < end_of_file_) read_on(std::max(least, kBlockBytes));
  }
  return {block_.data() + begin_, end_ - begin_};
}

void BlockReader::read_on(size_t fill) {
  uint64_t more = std::min<uint64_t>(fill - end_, end_of_file_ - (block_start_ + end_));
  block_.resize(std::max<size_t>(block_.size(), end_ + more));
  while (more > 0 && !bytes_->read(block_start_ + end_, std::span(block_.data() + end_, more))) {
    // Cut since it was opened: where, is found by halves.
    shrank_ = true;
    end_of_file_ = block_start_ + end_ + more - 1;
    more /= 2;
  }
  end_ += more;
}

void BlockReader::skip(uint64_t bytes) {
  if (bytes <= end_ - begin_) {
    begin_ += bytes;
    return;
  }
  block_start_ += begin_ + std::min(bytes, left());
  begin_ = end_ = 0;
}

}  // namespace flashcell
