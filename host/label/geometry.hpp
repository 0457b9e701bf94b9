#pragma once
#include <cstdint>

#include "host/label/bit_image.hpp"
#include "host/label/run_table.hpp"
#include "kernels_hls/contract/object.hpp"

namespace flashcell::host {

/// Sums over an object's pixels while they are being collected. One cache line, four vectors' worth of lanes that are
/// added and two that take the minimum.
struct alignas(64) Geometry {
  uint64_t m00, m10, m01, m20;
  uint64_t m11, m02;
  uint64_t box;          ///< four 16-bit lanes under the minimum: left, top, ~right, ~bottom
  uint64_t first_pixel;  ///< minimum
};

constexpr Geometry kNoPixels = {0, 0, 0, 0, 0, 0, ~uint64_t{0}, ~uint64_t{0}};

/// Objects while they are measured. Their numbers come up in ascending order, so none needs to be cleared beforehand.
struct GeometryTable {
  Geometry* objects;
  uint32_t begun = 0;  ///< objects that have pixels so far
};

constexpr uint32_t top_of(const Geometry& g) {
  return static_cast<uint32_t>(g.box >> 16) & 0xFFFF;
}
constexpr uint32_t bottom_of(const Geometry& g) {
  return 0xFFFF - static_cast<uint32_t>(g.box >> 48);
}

inline void write_geometry(const Geometry& g, contract::ObjectRecord& record) {
  record.m00 = static_cast<uint32_t>(g.m00);
  record.m10 = g.m10;
  record.m01 = g.m01;
  record.m20 = g.m20;
  record.m11 = g.m11;
  record.m02 = g.m02;
  record.first_pixel = static_cast<uint32_t>(g.first_pixel);
  record.left = static_cast<uint16_t>(g.box);
  record.top = static_cast<uint16_t>(g.box >> 16);
  record.right = static_cast<uint16_t>(0xFFFF - (g.box >> 32 & 0xFFFF));
  record.bottom = static_cast<uint16_t>(0xFFFF - (g.box >> 48));
}

/// Moments, box and first pixel of the objects of `table`, found in `mask`, into geometry[0 .. table.objects()-1].
void measure_runs(const BitImage& mask, const RunTable& table, Geometry* geometry);

}  // namespace flashcell::host
