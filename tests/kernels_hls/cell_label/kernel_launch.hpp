#pragma once
#include <cstring>
#include <vector>

#include "kernels_hls/cell_label/kernels.hpp"
#include "kernels_hls/contract/cell_label_launch.hpp"
#include "pipeline/object_table.hpp"

// A launch of a kernel as a host prepares it: written from the contract alone, on purpose beside host/launch, so that
// an error in one of them shows.
namespace flashcell::test {

/// Memory of a board: words, with junk before, between and after what is used.
class BoardMemory {
 public:
  explicit BoardMemory(size_t words = 0) : words_(words + 2 * kGuard) {
    std::memset(static_cast<void*>(words_.data()), kJunk, words_.size() * sizeof words_[0]);
  }
  ap_uint<512>* words() { return words_.data() + kGuard; }
  uint8_t* bytes(size_t word) { return reinterpret_cast<uint8_t*>(words() + word); }
  size_t size() const { return words_.size() - 2 * kGuard; }

  /// Whether a word, which may be one of the guards around the memory, still is what it was.
  bool untouched(ptrdiff_t word) const {
    const auto* bytes = reinterpret_cast<const uint8_t*>(words_.data() + kGuard + word);
    for (int i = 0; i < contract::kWordBytes; ++i) {
      if (bytes[i] != kJunk) return false;
    }
    return true;
  }
  bool guards_untouched() const {
    for (ptrdiff_t i = 1; i <= kGuard; ++i) {
      if (!untouched(-i) || !untouched(static_cast<ptrdiff_t>(size()) - 1 + i)) return false;
    }
    return true;
  }

 private:
  static constexpr int kGuard = 16;
  static constexpr uint8_t kJunk = 0xA5;
  std::vector<ap_uint<512>> words_;
};

/// What a kernel answers for one class of one frame; objects as they came.
struct PassResult {
  contract::ResultHeader header{};
  std::vector<contract::ObjectRecord> objects;
  std::vector<contract::ObjectFeatures> features;
};

struct Launch {
  contract::CellLabelJob job{};
  uint32_t frame_count = 1;
  uint32_t sequence = 0;
  BoardMemory frames, masks, parameters, results;

  /// Offsets as small as they can be, plus `gap` words between rows and regions; then memory for all of it.
  void lay_out(uint32_t gap = 0) {
    const uint32_t row_bytes = job.width * contract::bytes_of(job.layout);
    job.row_words = contract::words_for(row_bytes) + gap;
    job.frame_words = job.row_words * job.height + gap;
    job.mask_row_words = contract::words_for((job.width + 7u) / 8) + gap;
    job.mask_words = job.mask_row_words * job.height + gap;
    job.result_words = 1 + job.capacity * contract::words_per_object(job.features) + gap;
    frames = BoardMemory(size_t{frame_count} * job.frame_words);
    masks = BoardMemory(size_t{frame_count} * job.classes * job.mask_words);
    parameters = BoardMemory(1 + contract::kColourTableWords);
    results = BoardMemory(size_t{frame_count} * job.classes * job.result_words);
  }
  uint8_t* frame_row(uint32_t frame, uint32_t y) {
    return frames.bytes(size_t{frame} * job.frame_words + size_t{y} * job.row_words);
  }
  uint8_t* mask_row(uint32_t frame, uint32_t class_id, uint32_t y) {
    return masks.bytes((size_t{frame} * job.classes + class_id) * job.mask_words + size_t{y} * job.mask_row_words);
  }
  uint8_t* colour_table() { return parameters.bytes(1); }

  void run(kernels::CellLabelKernel kernel) {
    std::memcpy(parameters.bytes(0), &job, sizeof job);
    kernel(frames.words(), masks.words(), parameters.words(), results.words(), frame_count, sequence);
  }

  PassResult result(uint32_t frame, uint32_t class_id) {
    PassResult out;
    const size_t region = (size_t{frame} * job.classes + class_id) * job.result_words;
    std::memcpy(&out.header, results.bytes(region), sizeof out.header);
    const uint32_t stride = contract::words_per_object(job.features);
    for (uint32_t i = 0; i < out.header.objects && i < job.capacity; ++i) {
      const size_t word = region + 1 + size_t{i} * stride;
      std::memcpy(&out.objects.emplace_back(), results.bytes(word), sizeof(contract::ObjectRecord));
      if (stride == 1) continue;
      out.features.push_back(contract::ObjectFeatures{});
      std::memcpy(&out.features.back(), results.bytes(word + 1), size_t{stride - 1} * contract::kWordBytes);
    }
    return out;
  }

  /// Words of a region behind its last object still are as they were.
  bool rest_untouched(uint32_t frame, uint32_t class_id) {
    const size_t region = (size_t{frame} * job.classes + class_id) * job.result_words;
    contract::ResultHeader header;
    std::memcpy(&header, results.bytes(region), sizeof header);
    for (size_t i = 1 + size_t{header.objects} * contract::words_per_object(job.features); i < job.result_words; ++i) {
      if (!results.untouched(static_cast<ptrdiff_t>(region + i))) return false;
    }
    return true;
  }
};

}  // namespace flashcell::test
