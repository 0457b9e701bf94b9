// Vector code for sums of coordinates over bits; included once for each instruction set (hwy/foreach_target.h).
#if defined(FLASHCELL_MOMENTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef FLASHCELL_MOMENTS_INL
#undef FLASHCELL_MOMENTS_INL
#else
#define FLASHCELL_MOMENTS_INL
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "host/label/geometry.hpp"

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

inline void add_pixel(int x, int y, int width, uint32_t object, GrowingRecords& growing) {
  contract::ObjectRecord& r = growing.records[object];
  const uint16_t x16 = static_cast<uint16_t>(x), y16 = static_cast<uint16_t>(y);
  if (object == growing.begun) {
    r = {};
    r.left = r.top = r.right = r.bottom = 0xFFFF;
    r.first_pixel = 0xFFFFFFFF;
    r.class_id = object;
    ++growing.begun;
  }
  const uint64_t ux = x16, uy = y16;
  r.m00 += 1;
  r.m10 += ux;
  r.m01 += uy;
  r.m20 += ux * ux;
  r.m11 += ux * uy;
  r.m02 += uy * uy;
  r.left = std::min(r.left, x16);
  r.top = std::min(r.top, y16);
  r.right = std::min(r.right, static_cast<uint16_t>(~x16));
  r.bottom = std::min(r.bottom, static_cast<uint16_t>(~y16));
  r.first_pixel = std::min(r.first_pixel, static_cast<uint32_t>(y * width + x));
}

#else

using U64 = hn::CappedTag<uint64_t, 8>;
using Vector = hn::Vec<U64>;
using U8 = hn::Repartition<uint8_t, U64>;
using U32 = hn::Repartition<uint32_t, U64>;
using I32 = hn::Repartition<int32_t, U64>;
using I16 = hn::Repartition<int16_t, U64>;
using Bytes = hn::Vec<U8>;

constexpr size_t kMaxLanes = hn::MaxLanes(U64());

HWY_INLINE Vector constant(uint64_t value) {
  return hn::Set(U64(), value);
}

// Products of values below 2^32.
HWY_INLINE Vector times(Vector a, Vector b) {
  return hn::MulEven(hn::BitCast(U32(), a), hn::BitCast(U32(), b));
}

// In each byte: the number of set bits, the sum of their positions, the sum of the positions' squares.
struct ByteSums {
  Bytes count, sum, squares;
};

HWY_INLINE ByteSums byte_sums(Vector bits) {
  alignas(16) static constexpr uint8_t kCount[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
  alignas(16) static constexpr uint8_t kSumLow[16] = {0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6};
  alignas(16) static constexpr uint8_t kSumHigh[16] = {0, 4, 5, 9, 6, 10, 11, 15, 7, 11, 12, 16, 13, 17, 18, 22};
  alignas(16) static constexpr uint8_t kSquaresLow[16] = {0, 0, 1, 1, 4, 4, 5, 5, 9, 9, 10, 10, 13, 13, 14, 14};
  alignas(16) static constexpr uint8_t kSquaresHigh[16] = {0,  16, 25, 41, 36, 52,  61,  77,
                                                           49, 65, 74, 90, 85, 101, 110, 126};
  const U8 d;
  const Vector nibble = constant(0x0F0F0F0F0F0F0F0Full);
  const Bytes low = hn::BitCast(d, hn::And(bits, nibble));
  const Bytes high = hn::BitCast(d, hn::And(hn::ShiftRight<4>(bits), nibble));
  const auto look_up = [&](const uint8_t* table, Bytes index)
                           HWY_ATTR { return hn::TableLookupBytes(hn::LoadDup128(d, table), index); };
  return {hn::Add(look_up(kCount, low), look_up(kCount, high)), hn::Add(look_up(kSumLow, low), look_up(kSumHigh, high)),
          hn::Add(look_up(kSquaresLow, low), look_up(kSquaresHigh, high))};
}

// The sum over the eight bytes of each lane of byte times weight, in two halves of 32 bits that are still to be added.
// The weights are 16 bits each, four for the even bytes and four for the odd ones.
HWY_INLINE hn::Vec<I32> weigh(Bytes bytes, uint64_t even_weights, uint64_t odd_weights) {
  const I16 d16;
  const I32 d32;
  const auto even = hn::BitCast(d16, hn::And(hn::BitCast(U64(), bytes), constant(0x00FF00FF00FF00FFull)));
  const auto odd = hn::ShiftRight<8>(hn::BitCast(hn::Repartition<uint16_t, U64>(), bytes));
  auto second = hn::Zero(d32);
  auto first =
      hn::ReorderWidenMulAccumulate(d32, even, hn::BitCast(d16, constant(even_weights)), hn::Zero(d32), second);
  first =
      hn::ReorderWidenMulAccumulate(d32, hn::BitCast(d16, odd), hn::BitCast(d16, constant(odd_weights)), first, second);
  return hn::RearrangeToOddPlusEven(first, second);
}

// The two halves of each lane added.
HWY_INLINE Vector add_halves(hn::Vec<I32> v) {
  const Vector both = hn::BitCast(U64(), v);
  return hn::Add(hn::And(both, constant(0xFFFFFFFF)), hn::ShiftRight<32>(both));
}

constexpr uint64_t four(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  return a | b << 16 | c << 32 | d << 48;
}

// Sum of the positions of a lane's set bits: position is 8 j + i in byte j.
HWY_INLINE Vector sum_of_positions(const ByteSums& s) {
  return hn::Add(add_halves(weigh(s.count, four(0, 16, 32, 48), four(8, 24, 40, 56))), hn::SumsOf8(s.sum));
}

// (8 j + i)^2 = 64 j^2 + 16 j i + i^2.
HWY_INLINE Vector sum_of_squares(const ByteSums& s) {
  const auto whole = weigh(s.count, four(0, 256, 1024, 2304), four(64, 576, 1600, 3136));
  const auto mixed = weigh(s.sum, four(0, 32, 64, 96), four(16, 48, 80, 112));
  return hn::Add(add_halves(hn::Add(whole, mixed)), hn::SumsOf8(s.squares));
}

// Number of zero bits below the lowest set bit; 64 when there is none.
HWY_INLINE Vector trailing_zeros(Vector v) {
  return hn::PopulationCount(hn::AndNot(v, hn::Sub(v, constant(1))));
}

// Sums over a lane's pixels in coordinates of its own: of 1, x, y, x*x, x*y, y*y.
struct LocalSums {
  Vector n, x, y, xx, xy, yy;
};

struct Box {
  Vector left, top, right, bottom;
};

// Adds pieces to their objects' records. The record of the latest object stays in registers: pieces of one object often
// follow each other, and through memory each would wait for the one before.
class PieceAdder {
 public:
  explicit PieceAdder(GrowingRecords& growing) : growing_(growing) {}
  ~PieceAdder() { store(); }
  PieceAdder(const PieceAdder&) = delete;
  PieceAdder& operator=(const PieceAdder&) = delete;

  // What two StoreInterleaved4 wrote for one lane: the two halves of a record.
  HWY_INLINE void add(const uint64_t* moments, const uint64_t* rest, uint32_t object) {
    if (object != object_) {
      store();
      object_ = object;
      if (object == growing_.begun) {
        ++growing_.begun;
        for (size_t i = 0; i < kParts; ++i) moments_[i] = hn::Load(Part(), moments + i * kLanes);
        for (size_t i = 0; i < kParts; ++i) rest_[i] = hn::Load(Part(), rest + i * kLanes);
        return;
      }
      const uint64_t* record = reinterpret_cast<const uint64_t*>(growing_.records + object);
      for (size_t i = 0; i < kParts; ++i) moments_[i] = hn::LoadU(Part(), record + i * kLanes);
      for (size_t i = 0; i < kParts; ++i) rest_[i] = hn::LoadU(Part(), record + 4 + i * kLanes);
    }
    for (size_t i = 0; i < kParts; ++i) {
      moments_[i] = hn::Add(moments_[i], hn::Load(Part(), moments + i * kLanes));
      rest_[i] = add_rest(rest_[i], hn::Load(Part(), rest + i * kLanes), i * kLanes);
    }
  }

 private:
  using Part = hn::CappedTag<uint64_t, 4>;
  static constexpr size_t kLanes = hn::MaxLanes(Part()), kParts = 4 / kLanes;
  static constexpr uint32_t kNobody = 0xFFFFFFFF;

  // Lanes: m01; m00 and first pixel; box; object number and nothing. A carry out of m00 is impossible.
  static HWY_INLINE hn::Vec<Part> add_rest(hn::Vec<Part> old, hn::Vec<Part> added, size_t lane) {
    alignas(32) static constexpr uint64_t kSums[4] = {~uint64_t{0}, 0xFFFFFFFF, 0, 0};
    alignas(32) static constexpr uint64_t kFirst[4] = {0, 0xFFFFFFFF00000000, 0, 0};
    const Part d;
    const hn::Repartition<uint32_t, Part> d32;
    const hn::Repartition<uint16_t, Part> d16;
    const auto sum = hn::Add(old, added);
    const auto first = hn::BitCast(d, hn::Min(hn::BitCast(d32, old), hn::BitCast(d32, added)));
    const auto box = hn::BitCast(d, hn::Min(hn::BitCast(d16, old), hn::BitCast(d16, added)));
    const auto sums = hn::Load(d, kSums + lane), firsts = hn::Load(d, kFirst + lane);
    const auto minima = hn::Or(hn::And(first, firsts), hn::AndNot(hn::Or(sums, firsts), box));
    return hn::Or(hn::And(sum, sums), minima);
  }

  HWY_INLINE void store() {
    if (object_ == kNobody) return;
    uint64_t* record = reinterpret_cast<uint64_t*>(growing_.records + object_);
    for (size_t i = 0; i < kParts; ++i) {
      hn::StoreU(moments_[i], Part(), record + i * kLanes);
      hn::StoreU(rest_[i], Part(), record + 4 + i * kLanes);
    }
  }

  GrowingRecords& growing_;
  uint32_t object_ = kNobody;
  hn::Vec<Part> moments_[kParts], rest_[kParts];
};

// Adds each of the first `count` lanes, whose own coordinates start at (x, y), to its object; lanes that are `empty`
// add nothing.
template <class Mask>
HWY_INLINE void add_lanes(const LocalSums& s, Vector x, Vector y, const Box& box, Vector first_pixel, Mask empty,
                          const uint32_t* objects, size_t count, PieceAdder& adder) {
  const U64 d;
  // Everything stays below 2^32 but m11 and m02.
  const Vector m10 = hn::Add(times(s.n, x), s.x);
  const Vector m20 = hn::Add(times(x, hn::Add(m10, s.x)), s.xx);
  const Vector m01 = hn::Add(times(s.n, y), s.y);
  const Vector m02 = hn::Add(times(y, hn::Add(m01, s.y)), s.yy);
  const Vector m11 = hn::Add(times(y, m10), hn::Add(times(s.y, x), s.xy));
  const Vector near_corner = hn::Or(box.left, hn::ShiftLeft<16>(box.top));
  const Vector far_corner = hn::Or(hn::ShiftLeft<32>(box.right), hn::ShiftLeft<48>(box.bottom));
  const Vector packed = hn::Xor(hn::Or(near_corner, far_corner), constant(0xFFFFFFFF00000000ull));
  const Vector nothing = constant(~uint64_t{0});

  const Vector numbers = hn::PromoteTo(d, hn::LoadU(hn::Rebind<uint32_t, U64>(), objects));

  alignas(64) uint64_t moments[4 * kMaxLanes];
  alignas(64) uint64_t rest[4 * kMaxLanes];
  const Vector area_and_first = hn::Or(s.n, hn::ShiftLeft<32>(hn::IfThenElse(empty, nothing, first_pixel)));
  hn::StoreInterleaved4(m20, m11, m02, m10, d, moments);
  hn::StoreInterleaved4(m01, area_and_first, hn::IfThenElse(empty, nothing, packed), numbers, d, rest);
  for (size_t i = 0; i < count; ++i) adder.add(moments + 4 * i, rest + 4 * i, objects[i]);
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
