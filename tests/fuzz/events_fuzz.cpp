// The first byte chooses the name's ending and whether bytes are taken where they lie or read in blocks, the rest is a
// recording of events (HDF5, which another library reads, aside).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "host/events/event_clock.hpp"
#include "host/events/event_reader.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

namespace {

/// As a file that is not mapped.
class Blocks : public flashcell::MemoryReader {
 public:
  using MemoryReader::MemoryReader;
  std::span<const uint8_t> in_place() const override { return {}; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  constexpr const char* kNames[] = {"fuzz.raw", "fuzz.dat", "fuzz.bin", "fuzz.aedat"};
  if (size < 1) return 0;
  const std::span rest(data + 1, size - 1);
  const bool in_blocks = (data[0] & 4) != 0;
  const std::shared_ptr<const MemoryReader> bytes =
      in_blocks ? std::make_shared<const Blocks>(rest) : std::make_shared<const MemoryReader>(rest);
  fuzz::must_parse_or_blame_the_input([&] {
    const auto reader = open_events(bytes, kNames[data[0] % 4]);
    EventClock clock;
    int64_t last_us = 0;
    std::vector<Event> part(1 + data[0]);
    for (size_t read = 0; read < size_t{1} << 22;) {
      const size_t count = reader->read(part);
      if (count == 0) break;
      if (count > part.size()) std::abort();
      for (size_t i = 0; i < count; ++i) {
        const int64_t time_us = clock(part[i].time_us);
        if (time_us < last_us) std::abort();
        last_us = time_us;
      }
      read += count;
    }
  });
  return 0;
}
