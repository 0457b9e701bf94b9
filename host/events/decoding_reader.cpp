#include "host/events/decoding_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace flashcell {

size_t DecodingReader::read(std::span<Event> out) {
  size_t count = 0;
  while (count < out.size()) {
    const std::span<Event> rest = out.subspan(count);
    const bool few = few_begin_ < few_end_ || rest.size() < kLeastRoom;
    const size_t got = few ? decode_few(rest) : decode_more(rest.data(), rest.size());
    if (got == 0) break;
    count += got;
  }
  if (count == 0 && !out.empty() && !damage_.empty()) throw Error(Fault::input, damage_);
  return count;
}

size_t DecodingReader::decode_more(Event* out, size_t room) {
  const size_t count = ended_ ? 0 : decode(out, room);
  ended_ = count == 0;
  return count;
}

size_t DecodingReader::decode_few(std::span<Event> out) {
  if (few_begin_ == few_end_) {
    few_begin_ = 0;
    few_end_ = decode_more(few_.data(), few_.size());
  }
  const size_t count = std::min(out.size(), few_end_ - few_begin_);
  std::copy_n(few_.begin() + static_cast<ptrdiff_t>(few_begin_), count, out.begin());
  few_begin_ += count;
  return count;
}

void DecodingReader::ends(uint64_t position, uint64_t rest, bool shrank) {
  if (shrank) {
    damaged("became shorter while it was read; copy it again");
  } else if (rest > 0) {
    damaged(fmt::format("ends within an event, {} byte{} after byte {}: it is truncated; copy it again", rest,
                        rest == 1 ? "" : "s", position));
  }
}

}  // namespace flashcell
