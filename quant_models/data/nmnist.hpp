#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flashcell::quant {

/// A pixel that became brighter or darker.
struct AddressEvent {
  uint16_t column = 0, row = 0;
  bool brighter = false;
  uint32_t microseconds = 0;
  bool operator==(const AddressEvent&) const = default;
};

/// A saccade of N-MNIST (Orchard, Jayawant, Cohen, Thakor: Converting static image datasets to spiking neuromorphic
/// datasets using saccades, 2015): 5 bytes an event, column, row, then polarity in the highest bit of a 23-bit time in
/// microseconds, big endian. Throws ModelError, with `name`: a size that is no multiple of 5, pixels outside of
/// `size` x `size` (another sensor's file).
std::vector<AddressEvent> parse_nmnist(std::span<const uint8_t> file, const std::string& name, int size = 34);

}  // namespace flashcell::quant
