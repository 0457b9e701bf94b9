#include "quant_models/data/nmnist.hpp"

#include <fmt/format.h>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {

std::vector<AddressEvent> parse_nmnist(std::span<const uint8_t> file, const std::string& name, int size) {
  constexpr size_t kBytes = 5;
  if (file.empty() || file.size() % kBytes != 0)
    throw ModelError(fmt::format("{}: {} bytes are no whole number of N-MNIST's 5-byte events", name, file.size()));
  std::vector<AddressEvent> events;
  events.reserve(file.size() / kBytes);
  for (size_t at = 0; at < file.size(); at += kBytes) {
    const uint8_t* e = file.data() + at;
    if (e[0] >= size || e[1] >= size)
      throw ModelError(
          fmt::format("{}: an event at column {}, row {} lies outside of {} x {} pixels: of another sensor", name, e[0],
                      e[1], size, size));
    events.push_back({e[0], e[1], (e[2] & 0x80) != 0, static_cast<uint32_t>((e[2] & 0x7F) << 16 | e[3] << 8 | e[4])});
  }
  return events;
}

}  // namespace flashcell::quant
