#pragma once
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

template <class S>
contract::ObjectRecord to_record(const Features<S>& f, uint8_t features) {
  contract::ObjectRecord record = contract::ObjectRecord();
  record.m00 = static_cast<uint32_t>(f.m00.to_uint64());
  record.m10 = f.m10.to_uint64();
  record.m01 = f.m01.to_uint64();
  record.m20 = f.m20.to_uint64();
  record.m11 = f.m11.to_uint64();
  record.m02 = f.m02.to_uint64();
  record.first_pixel = static_cast<uint32_t>(f.first_pixel.to_uint64());
  record.left = static_cast<uint16_t>(f.left.to_uint64());
  record.top = static_cast<uint16_t>(f.top.to_uint64());
  record.right = static_cast<uint16_t>(f.right.to_uint64());
  record.bottom = static_cast<uint16_t>(f.bottom.to_uint64());
  record.sum_i = f.sum_i.to_uint64();
  record.sum_ix = f.sum_ix.to_uint64();
  record.sum_iy = f.sum_iy.to_uint64();
  record.peak = static_cast<uint32_t>(f.peak.to_uint64());
  record.achromatic = static_cast<uint32_t>(f.achromatic.to_uint64());
  for (int bin = 0; bin < contract::kHueBins; ++bin) {
    FLASHCELL_HLS(UNROLL)
    record.hue[bin] = static_cast<uint32_t>(f.hue[bin].to_uint64());
  }
  if (features & contract::kFeatureHlac) record.hlac[0] = record.m00;
  for (int i = 1; i < contract::kHlacCount; ++i) {
    FLASHCELL_HLS(UNROLL)
    record.hlac[i] = static_cast<uint32_t>(f.hlac[i - 1].to_uint64());
  }
  return record;
}

/// Filters by area and writes records; counts those left out.
template <class S>
void emit_stage(const Job& job, hls::stream<Features<S>>& complete, hls::stream<bool>& more,
                hls::stream<ObjectToken>& objects, uint32_t& filtered) {
  filtered = 0;
  while (more.read()) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT max = 4 * S::kColumns * S::kColumns)
    FLASHCELL_HLS(PIPELINE II = 1)
    const ObjectToken token = {to_record(complete.read(), job.features), false};
    if (token.record.m00 < job.min_area || token.record.m00 > job.max_area) {
      ++filtered;
    } else {
      objects.write(token);
    }
  }
  const ObjectToken end = {contract::ObjectRecord(), true};
  objects.write(end);
}

}  // namespace kernels
}  // namespace flashcell
