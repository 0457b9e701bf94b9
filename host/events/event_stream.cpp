// Event Stream, version 2 (https://github.com/neuromorphic-paris/event_stream): a byte says the time since the last
// event, those that are too high for that stand for longer times or mean nothing.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/error.hpp"
#include "base/little_endian.hpp"
#include "host/events/block_reader.hpp"
#include "host/events/decoding_reader.hpp"
#include "host/events/formats.hpp"

namespace flashcell {
namespace {

constexpr uint64_t kVersionAt = 12, kTypeAt = 15, kSizeAt = 16;

// How the events of a type are stored.
struct Kind {
  uint8_t first_reserved;  // bytes from here on are no event's
  uint8_t overflow_us;     // that an overflow adds
  uint8_t overflow_mask;   // bits of a reserved byte that say how many of them there are
  int time_shift;          // of the time in the first byte
  size_t bytes;            // of an event
};
constexpr Kind kDvs{254, 127, 1, 1, 5}, kAtis{252, 63, 3, 2, 5}, kColour{254, 254, 1, 0, 8};

class EventStreamReader final : public DecodingReader {
 public:
  EventStreamReader(Bytes bytes, const Kind& kind, int width, int height, std::string name)
      : DecodingReader(std::move(name)), file_(std::move(bytes), kSizeAt + 4), kind_(kind) {
    info_.format = "Event Stream";
    info_.width = width;
    info_.height = height;
  }

 protected:
  size_t decode(Event* out, size_t room) override {
    Event* const begin = out;
    const Event* const end = out + room;
    while (out < end) {
      const std::span<const uint8_t> bytes = file_.ahead(kind_.bytes);
      if (bytes.empty()) break;
      size_t at = 0;
      while (out < end && at < bytes.size()) {
        if (bytes[at] >= kind_.first_reserved) {
          time_us_ += int64_t{kind_.overflow_us} * (bytes[at] & kind_.overflow_mask);
          ++at;
        } else if (bytes.size() - at >= kind_.bytes) {
          take(bytes.subspan(at, kind_.bytes), out);
          at += kind_.bytes;
        } else {
          break;
        }
      }
      file_.skip(at);
      if (at == 0) {
        ends(file_.position(), bytes.size(), false);
        break;
      }
    }
    if (out == begin && file_.shrank()) ends(file_.position(), 0, true);
    return static_cast<size_t>(out - begin);
  }

 private:
  void take(std::span<const uint8_t> bytes, Event*& out) {
    time_us_ += bytes[0] >> kind_.time_shift;
    // ATIS: events that measure grey have bit 0. Events of colours have no polarity: each is taken for an on event.
    const bool atis = kind_.time_shift == kAtis.time_shift, colour = kind_.time_shift == kColour.time_shift;
    const bool on = colour || (bytes[0] >> (atis ? 1 : 0) & 1) != 0;
    *out = {time_us_, *little_endian<uint16_t>(bytes, 1), *little_endian<uint16_t>(bytes, 3), on};
    out += !atis || (bytes[0] & 1) == 0;
  }

  BlockReader file_;
  Kind kind_;
  int64_t time_us_ = 0;
};

}  // namespace

std::unique_ptr<EventReader> open_event_stream(Bytes bytes, const std::string& name) {
  std::array<uint8_t, kSizeAt> head{};
  if (!bytes->read(0, head)) throw Error(Fault::input, name + ": ends within its header: it is truncated");
  if (head[kVersionAt] != 2) {
    throw Error(Fault::input, fmt::format("{}: Event Stream of version {}.{}.{}; only 2 is read: convert it", name,
                                          head[kVersionAt], head[kVersionAt + 1], head[kVersionAt + 2]));
  }
  constexpr uint8_t kGenericType = 0, kDvsType = 1, kAtisType = 2, kColourType = 4;
  const uint8_t type = head[kTypeAt];
  if (type == kGenericType)
    throw Error(Fault::input, name + ": an Event Stream of generic events, which have no place in a picture");
  if (type != kDvsType && type != kAtisType && type != kColourType)
    throw Error(Fault::input,
                fmt::format("{}: an Event Stream of type {}; read are 1 (DVS), 2 (ATIS), 4 (colour)", name, type));
  const auto width = little_endian<uint16_t>(*bytes, kSizeAt), height = little_endian<uint16_t>(*bytes, kSizeAt + 2);
  if (!width || !height) throw Error(Fault::input, name + ": ends within its header: it is truncated");
  const Kind& kind = type == kDvsType ? kDvs : type == kAtisType ? kAtis : kColour;
  return std::make_unique<EventStreamReader>(std::move(bytes), kind, *width, *height, name);
}

}  // namespace flashcell
