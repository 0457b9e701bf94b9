#pragma once
#include <array>
#include <string>

#include "host/events/event_reader.hpp"

namespace flashcell {

/// What is common to readers: a caller's buffer of any size, and damage that is told of after the last whole event.
class DecodingReader : public EventReader {
 public:
  const EventRecordingInfo& info() const override { return info_; }
  size_t read(std::span<Event> out) final;

 protected:
  static constexpr size_t kLeastRoom = 64;  ///< events that decode() has room for

  explicit DecodingReader(std::string name) : name_(std::move(name)) {}

  /// Decodes what comes next to `out`, with room for `room` >= kLeastRoom events; how many, 0 at the end only. Does not
  /// throw for damage: it ends there and calls damaged().
  virtual size_t decode(Event* out, size_t room) = 0;

  /// Keeps what is wrong, for the error after the last whole event: "is cut …", without the file's name.
  void damaged(const std::string& what) {
    if (damage_.empty()) damage_ = name_ + ": " + what;
  }
  /// The same for a file that ends within an event, `rest` bytes after the last whole one; 0: it does not.
  void ends(uint64_t position, uint64_t rest, bool shrank);

  EventRecordingInfo info_;
  std::string name_;

 private:
  size_t decode_few(std::span<Event> out);
  /// Once the end was reached it stays: what lies behind damage is not looked at.
  size_t decode_more(Event* out, size_t room);

  std::string damage_;
  bool ended_ = false;
  std::array<Event, kLeastRoom> few_;  // decoded for a caller with less room
  size_t few_begin_ = 0, few_end_ = 0;
};

/// A counter of so many bits that wraps, as times are stored: a value that falls by more than half a turn began the
/// next turn.
class UnwrappedCounter {
 public:
  explicit UnwrappedCounter(int bits) : turn_(int64_t{1} << bits) {}

  int64_t operator()(int64_t value) {
    if (value < last_ - turn_ / 2) turns_ += turn_;
    last_ = value;
    return turns_ + value;
  }

 private:
  int64_t turn_, last_ = 0, turns_ = 0;
};

}  // namespace flashcell
