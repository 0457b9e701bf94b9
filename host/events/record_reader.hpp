#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "host/events/block_reader.hpp"
#include "host/events/decoding_reader.hpp"

namespace flashcell {

/// What is common to formats of records (words, events) that all have `kBytes` bytes, each worth `kMostEvents` events
/// at most, from some place of the file to its end. `Format`, the class that derives from this, has `void take(const
/// uint8_t* record, Event*& out)`, which moves `out` behind the events that it wrote; or, in place of that, its own
/// take_records().
template <class Format, size_t kBytes, size_t kMostEvents = 1>
class RecordReader : public DecodingReader {
  static_assert(kMostEvents <= kLeastRoom);

 protected:
  RecordReader(Bytes bytes, uint64_t offset, std::string name)
      : DecodingReader(std::move(name)), file_(std::move(bytes), offset) {}

  size_t decode(Event* out, size_t room) final {
    Event* const begin = out;
    const Event* const full = out + room - kMostEvents;
    while (out <= full) {
      const std::span<const uint8_t> bytes = file_.ahead(kBytes);
      const size_t records = bytes.size() / kBytes;
      if (records == 0) {
        ends(file_.position(), bytes.size(), file_.shrank());
        break;
      }
      file_.skip(kBytes * static_cast<Format*>(this)->take_records(bytes.data(), records, out, full));
    }
    return static_cast<size_t>(out - begin);
  }

  /// Takes records until there are no more, or `out` is beyond `full`: less room than one may need. How many.
  size_t take_records(const uint8_t* bytes, size_t records, Event*& out, const Event* full) {
    size_t i = 0;
    for (; i < records && out <= full; ++i) static_cast<Format*>(this)->take(bytes + kBytes * i, out);
    return i;
  }

 private:
  BlockReader file_;
};

}  // namespace flashcell
