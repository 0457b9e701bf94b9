#pragma once
#include "kernels_hls/qcnn/values.hpp"

// Functions of one value, looked up: every lane has a copy of the table, or of its channels' own.
namespace flashcell {
namespace kernels {

/// Where lane `lane` of piece `piece` finds the low byte of its entry.
struct TableBank {
  uint32_t word, channel;
};

inline TableBank table_bank(bool each, uint32_t piece, uint32_t entries, uint32_t entry) {
  FLASHCELL_HLS(INLINE)
  if (!each) return TableBank{entry, 0};
  return TableBank{piece / contract::kQcnnTablePieces * entries + entry, 2 * (piece % contract::kQcnnTablePieces)};
}

inline bool has_own_tables(const contract::LayerDescriptor& layer, const Tensor& in, const Tensor& out) {
  return layer.weight_bytes != (uint32_t{1} << in.bits) * out.bytes;
}

/// One entry a clock, into all lanes, or into its channel's. Lanes are those of pieces of kLanes channels.
template <class S>
void load_table(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer, const Tensor& in,
                const Tensor& out, Memory<S>& memory) {
  const uint64_t first_word = image.weights + layer.weight_offset / kWordBytes;
  ValueReader reader(model, first_word, first_word + words_for(layer.weight_bytes), 8);
  const bool each = has_own_tables(layer, in, out);
  const uint32_t entries = uint32_t{1} << in.bits, tables = each ? out.channels : 1;
  uint32_t channel = 0, entry = 0;
  FLASHCELL_LOOP(load_table, 1, 8)
  for (uint32_t step = 0; step < tables * entries; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(load_table);
    const Lanes bytes = reader.take(out.bytes);
    const TableBank bank = table_bank(each, channel / kLanes, entries, entry);
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      if (!each || static_cast<uint32_t>(lane) == channel % kLanes) {
        memory.weights[bank.word][bank.channel][lane] = static_cast<int8_t>(bytes.value[0]);
        memory.weights[bank.word][bank.channel + 1][lane] = static_cast<int8_t>(bytes.value[1]);
      }
    }
    if (++entry == entries) {
      entry = 0;
      ++channel;
    }
  }
}

template <class S>
void table_layer(const contract::LayerDescriptor& layer, const Tensor& in, const Tensor& out, Memory<S>& memory) {
  const bool own = has_own_tables(layer, in, out);
  const uint32_t entries = uint32_t{1} << in.bits, each = piece_values(in, in, out);
  const int32_t lowest = contract::lowest(contract::activation_type(in.is_signed, in.bits), in.bits);
  const uint64_t steps = uint64_t{out.height} * out.width * contract::qcnn_pieces(out.channels, each);
  uint32_t pixel = 0, begin = 0;
  FLASHCELL_LOOP(table_layer, 1, 12)
  for (uint64_t step = 0; step < steps; ++step) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.arena.bytes_ type = inter dependent = false)
    FLASHCELL_ITERATION(table_layer);
    const uint32_t place = pixel * out.channels + begin, count = piece_count(out.channels - begin, each);
    const Values values = read_values(memory.arena, in, place);
    Values result = Values();
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      if (static_cast<uint32_t>(lane) < count) {
        const uint32_t entry = static_cast<uint32_t>(values.value[lane] - lowest);
        const TableBank bank = table_bank(own, begin / kLanes, entries, entry);
        const uint32_t copy = (begin + static_cast<uint32_t>(lane)) % kLanes;
        const int low = static_cast<uint8_t>(memory.weights[bank.word][bank.channel][copy]);
        const int high = static_cast<uint8_t>(memory.weights[bank.word][bank.channel + 1][copy]);
        result.value[lane] = clamped(out.bytes == 1  ? value_of(static_cast<uint8_t>(low), out.is_signed)
                                     : out.is_signed ? static_cast<int16_t>(low | high << 8)
                                                     : low | high << 8,
                                     layer);
      }
    }
    write_values(memory.arena, out, place, result, count);
    begin += each;
    if (begin < out.channels) continue;
    begin = 0;
    ++pixel;
  }
}

}  // namespace kernels
}  // namespace flashcell
