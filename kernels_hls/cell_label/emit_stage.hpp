#pragma once
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// Two neighbouring 32-bit fields of a record.
inline uint64_t pair_of(uint64_t low, uint64_t high) {
  return low | high << 32;
}

/// The word of contract::ObjectRecord.
template <class S>
ObjectWord record_word(const Features<S>& f) {
  const uint64_t box =
      f.left.to_uint64() | f.top.to_uint64() << 16 | f.right.to_uint64() << 32 | f.bottom.to_uint64() << 48;
  return {{f.m20.to_uint64(), f.m11.to_uint64(), f.m02.to_uint64(), f.m10.to_uint64(), f.m01.to_uint64(),
           pair_of(f.m00.to_uint64(), f.first_pixel.to_uint64()), box, pair_of(0, f.peak.to_uint64())},
          false};
}

/// All 32-bit fields of contract::ObjectFeatures after the 64-bit ones, in its order; `i` is a constant once unrolled.
template <class S>
uint64_t small_feature(const Features<S>& f, uint8_t features, int i) {
  if (i == 0) return f.achromatic.to_uint64();
  if (i <= contract::kHueBins) return f.hue[i - 1].to_uint64();
  const int pattern = i - 1 - contract::kHueBins;
  if (pattern == 0) return (features & contract::kFeatureHlac) ? f.m00.to_uint64() : 0;
  return f.hlac[pattern - 1].to_uint64();
}

/// Word `word` of contract::ObjectFeatures.
template <class S>
ObjectWord feature_word(const Features<S>& f, uint8_t features, int word) {
  constexpr int kSums = 3;  // lanes of the first word
  ObjectWord out = ObjectWord();
  for (int lane = 0; lane < 8; ++lane) {
    FLASHCELL_HLS(UNROLL)
    const int pair = 8 * word + lane - kSums;
    if (pair >= 0) {
      out.lanes[lane] = pair_of(small_feature(f, features, 2 * pair), small_feature(f, features, 2 * pair + 1));
    } else {
      out.lanes[lane] = lane == 0 ? f.sum_i.to_uint64() : lane == 1 ? f.sum_ix.to_uint64() : f.sum_iy.to_uint64();
    }
  }
  return out;
}

/// Filters by area and writes the words of what stays; counts what is left out.
template <class S>
void emit_stage(const Job& job, hls::stream<Features<S>>& complete, hls::stream<bool>& more,
                hls::stream<ObjectWord>& objects, uint32_t& filtered) {
  filtered = 0;
  while (more.read()) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT max = 4 * S::kColumns * S::kColumns)
    const Features<S> features = complete.read();
    const uint64_t area = features.m00.to_uint64();
    if (area < job.min_area || area > job.max_area) {
      ++filtered;
      continue;
    }
    objects.write(record_word(features));
    if (job.features == 0) continue;
    for (int word = 0; word < kFeatureWords; ++word) {
      FLASHCELL_HLS(PIPELINE II = 1)
      objects.write(feature_word(features, job.features, word));
    }
  }
  ObjectWord end = ObjectWord();
  end.last = true;
  objects.write(end);
}

}  // namespace kernels
}  // namespace flashcell
