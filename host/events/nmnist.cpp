// N-MNIST and N-Caltech101 (Orchard et al. 2015): five bytes an event, no header.
#include <algorithm>
#include <utility>
#include <vector>

#include "host/events/formats.hpp"
#include "host/events/record_reader.hpp"

namespace flashcell {
namespace {

constexpr size_t kEventBytes = 5;
constexpr int kDigitSide = 34, kObjectWidth = 240, kObjectHeight = 180;
constexpr uint8_t kTurnMark = 240;  // y of what is no event but the time's overflow
constexpr int64_t kTurnUs = int64_t{1} << 13;

class NmnistReader final : public RecordReader<NmnistReader, kEventBytes> {
 public:
  NmnistReader(Bytes bytes, bool digits, std::string name) : RecordReader(std::move(bytes), 0, std::move(name)) {
    info_.format = digits ? "N-MNIST" : "N-Caltech101";
    info_.width = digits ? kDigitSide : kObjectWidth;
    info_.height = digits ? kDigitSide : kObjectHeight;
  }

 private:
  friend RecordReader;

  void take(const uint8_t* at, Event*& out) {
    const uint32_t rest = static_cast<uint32_t>(at[2]) << 16 | static_cast<uint32_t>(at[3]) << 8 | at[4];
    const bool mark = at[1] == kTurnMark;
    state_ += mark ? kTurnUs : 0;
    *out = {state_ + int64_t{rest & 0x7FFFFF}, at[0], at[1], (rest & 0x800000) != 0};
    out += !mark;
  }

  int64_t state_ = 0;  // time of all turns, us
};

// Calls visit(x, y, time) for at most so many events.
template <class Visit>
void for_each_event(const RandomReader& bytes, uint64_t most, Visit visit) {
  const uint64_t count = std::min(most, bytes.size() / kEventBytes);
  std::vector<uint8_t> part(count * kEventBytes);
  if (!bytes.read(0, part)) return;
  for (size_t i = 0; i < part.size(); i += kEventBytes) {
    const uint32_t time =
        static_cast<uint32_t>(part[i + 2] & 0x7F) << 16 | static_cast<uint32_t>(part[i + 3]) << 8 | part[i + 4];
    visit(part[i], part[i + 1], time);
  }
}

constexpr uint64_t kLook = 100'000;  // events; recordings are of some thousands

}  // namespace

bool looks_like_nmnist(const RandomReader& bytes) {
  constexpr uint64_t kFirst = 1000;
  bool fits = true;
  uint32_t last = 0;
  uint64_t count = 0, rises = 0;
  for_each_event(bytes, kFirst, [&](uint8_t x, uint8_t y, uint32_t time) {
    const bool mark = y == kTurnMark;
    fits = fits && (mark || (x < kObjectWidth && y < kObjectHeight && time >= last));
    rises += time > last;
    last = mark ? 0 : time;
    ++count;
  });
  return fits && count > 0 && 4 * rises >= count;
}

std::unique_ptr<EventReader> open_nmnist(Bytes bytes, const std::string& name) {
  bool digits = true;
  for_each_event(*bytes, kLook, [&](uint8_t x, uint8_t y, uint32_t) {
    digits = digits && x < kDigitSide && (y < kDigitSide || y == kTurnMark);
  });
  return std::make_unique<NmnistReader>(std::move(bytes), digits, name);
}

}  // namespace flashcell
