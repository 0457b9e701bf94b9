#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "base/little_endian.hpp"

namespace flashcell {

/// A table of a FlatBuffer from outside, every place checked (https://flatbuffers.dev/internals).
class FlatTable {
 public:
  /// The root table of a buffer; nothing where the bytes are none.
  static std::optional<FlatTable> root(std::span<const uint8_t> buffer) { return at_offset(buffer, 0); }

  /// A number of field `id`; `otherwise` where the table does not have it. Nothing where it lies outside.
  template <class Unsigned>
  std::optional<Unsigned> number(unsigned id, Unsigned otherwise) const {
    const std::optional<uint64_t> place = field(id);
    return place ? little_endian<Unsigned>(buffer_, *place) : otherwise;
  }

  /// The items of a vector of field `id`, each of `item_bytes`, or the characters of a string with 1; empty where the
  /// table does not have it. Nothing where it lies outside.
  std::optional<std::span<const uint8_t>> items(unsigned id, uint64_t item_bytes) const {
    const std::optional<uint64_t> place = field(id);
    if (!place) return std::span<const uint8_t>{};
    const auto offset = little_endian<uint32_t>(buffer_, *place);
    if (!offset) return {};
    const uint64_t start = *place + *offset;
    const auto count = little_endian<uint32_t>(buffer_, start);
    if (!count || (buffer_.size() - start - 4) / item_bytes < *count) return {};
    return buffer_.subspan(start + 4, *count * item_bytes);
  }

 private:
  FlatTable(std::span<const uint8_t> buffer, uint64_t table, uint64_t layout, uint16_t layout_bytes)
      : buffer_(buffer), table_(table), layout_(layout), layout_bytes_(layout_bytes) {}

  static std::optional<FlatTable> at_offset(std::span<const uint8_t> buffer, uint64_t place) {
    const auto offset = little_endian<uint32_t>(buffer, place);
    if (!offset) return {};
    const uint64_t table = place + *offset;
    const auto back = little_endian<uint32_t>(buffer, table);
    if (!back) return {};
    const int64_t layout = static_cast<int64_t>(table) - static_cast<int32_t>(*back);
    if (layout < 0) return {};
    const auto bytes = little_endian<uint16_t>(buffer, static_cast<uint64_t>(layout));
    if (!bytes) return {};
    return FlatTable(buffer, table, static_cast<uint64_t>(layout), *bytes);
  }

  // Where field `id` lies; nothing where the table does not have it.
  std::optional<uint64_t> field(unsigned id) const {
    const uint64_t entry = 4 + 2 * uint64_t{id};
    if (entry + 2 > layout_bytes_) return {};
    const auto offset = little_endian<uint16_t>(buffer_, layout_ + entry);
    if (!offset || *offset == 0) return {};
    return table_ + *offset;
  }

  std::span<const uint8_t> buffer_;
  uint64_t table_, layout_;
  uint16_t layout_bytes_;
};

}  // namespace flashcell
