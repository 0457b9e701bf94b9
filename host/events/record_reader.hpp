#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "host/events/block_reader.hpp"
#include "host/events/decoding_reader.hpp"

namespace flashcell {

/// What is common to formats of records (words, events) that all have `kBytes` bytes, each worth `kMostEvents` events
/// at most, from some place of the file to its end. `Format`, the class that derives from this, has
///   state_   all that decoding changes
///   void take(const uint8_t* record, Event*& out)   moves `out` behind the events that it wrote; or, in place of that,
///            its own take_records().
/// Records are taken from where they lie in memory, a mapped file's too, else read in blocks.
template <class Format, size_t kBytes, size_t kMostEvents = 1>
class RecordReader : public DecodingReader {
  static_assert(kMostEvents <= kLeastRoom);

 protected:
  RecordReader(Bytes bytes, uint64_t offset, std::string name)
      : DecodingReader(std::move(name)),
        bytes_(bytes),
        in_place_(bytes->in_place()),
        position_(std::min<uint64_t>(offset, in_place_.size())),
        blocks_(std::move(bytes), offset) {}

  size_t decode(Event* out, size_t room) final {
    Event* const begin = out;
    const Event* const full = out + room - kMostEvents;
    if (!in_place_.empty() && decode_in_place(out, full)) return static_cast<size_t>(out - begin);
    while (out <= full) {
      const std::span<const uint8_t> bytes = blocks_.ahead(kBytes);
      const size_t records = bytes.size() / kBytes;
      if (records == 0) {
        ends(blocks_.position(), bytes.size(), blocks_.shrank());
        break;
      }
      blocks_.skip(kBytes * format().take_records(bytes.data(), records, out, full));
    }
    return static_cast<size_t>(out - begin);
  }

  /// Takes records until there are no more, or `out` is beyond `full`: less room than one may need. How many.
  size_t take_records(const uint8_t* bytes, size_t records, Event*& out, const Event* full) {
    size_t i = 0;
    for (; i < records && out <= full; ++i) format().take(bytes + kBytes * i, out);
    return i;
  }

 private:
  Format& format() { return *static_cast<Format*>(this); }

  /// False, with all as before, for a file that was cut: from here on it is read.
  bool decode_in_place(Event*& out, const Event* full) {
    const auto before = format().state_;
    Event* const begin = out;
    const std::span<const uint8_t> bytes = in_place_.subspan(position_);
    const size_t records = bytes.size() / kBytes;
    const size_t end = position_ + kBytes * format().take_records(bytes.data(), records, out, full);
    if (bytes_->were_there(end)) {
      position_ = end;
      if (out == begin) ends(position_, in_place_.size() - position_, false);
      return true;
    }
    format().state_ = before;
    out = begin;
    in_place_ = {};
    blocks_ = BlockReader(bytes_, position_);
    return false;
  }

  Bytes bytes_;
  std::span<const uint8_t> in_place_;
  size_t position_;
  BlockReader blocks_;
};

}  // namespace flashcell
