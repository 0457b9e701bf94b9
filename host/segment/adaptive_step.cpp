#include "host/segment/adaptive_step.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/segment/adaptive_step.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void window_sums(const uint8_t* pixels, int words, int window, uint16_t* prefix, uint16_t* sums) {
  for (int i = 0; i < 64 * words + window; ++i) prefix[i] = static_cast<uint16_t>(prefix[i - 1] + pixels[i]);
  for (int x = 0; x < 64 * words; ++x) sums[x] = static_cast<uint16_t>(prefix[x + window - 1] - prefix[x - 1]);
}

void move_sums(const uint16_t* entering, const uint16_t* leaving, int words, int32_t* balance) {
  for (int x = 0; x < 64 * words; ++x) balance[x] += entering[x] - leaving[x];
}

void compare_row(const uint8_t* grey, int words, int grey_weight, const uint16_t* entering, const uint16_t* leaving,
                 int32_t* balance, uint64_t* mask) {
  for (int word = 0; word < words; ++word) {
    mask[word] = 0;
    for (int i = 0; i < 64; ++i) {
      const int x = 64 * word + i;
      mask[word] |= static_cast<uint64_t>(balance[x] < grey_weight * grey[x]) << i;
    }
  }
  move_sums(entering, leaving, words, balance);
}

#else

// Prefix sums run modulo 2^16, and so do their differences: a window's sum fits.
void window_sums(const uint8_t* pixels, int words, int window, uint16_t* prefix, uint16_t* sums) {
  const hn::CappedTag<uint16_t, 8> d8;
  const hn::Rebind<uint8_t, decltype(d8)> bytes;
  const int block = static_cast<int>(hn::Lanes(d8));
  auto carry = hn::Zero(d8);
  for (int i = 0; i < 64 * words + window - 1; i += block) {
    auto v = hn::PromoteTo(d8, hn::LoadU(bytes, pixels + i));
    v = hn::Add(v, hn::ShiftLeftLanes<1>(d8, v));
    v = hn::Add(v, hn::ShiftLeftLanes<2>(d8, v));
    v = hn::Add(v, hn::ShiftLeftLanes<4>(d8, v));
    hn::StoreU(hn::Add(v, carry), d8, prefix + i);
    carry = hn::Add(carry, hn::Broadcast<7>(v));
  }
  const hn::CappedTag<uint16_t, 32> d;
  for (int x = 0; x < 64 * words; x += static_cast<int>(hn::Lanes(d))) {
    hn::StoreU(hn::Sub(hn::LoadU(d, prefix + x + window - 1), hn::LoadU(d, prefix + x - 1)), d, sums + x);
  }
}

using D16 = hn::CappedTag<int16_t, 32>;
using D32 = hn::RepartitionToWide<D16>;

// Pixels pair up in 32-bit lanes: those at even x low, those at odd x high. So the balances of a vector's even pixels
// lie before those of its odd ones, and nothing crosses lanes.
struct Balance {
  hn::Vec<D32> even, odd;
};

HWY_INLINE Balance load(const int32_t* at) {
  const D32 d;
  return {hn::LoadU(d, at), hn::LoadU(d, at + hn::Lanes(d))};
}

HWY_INLINE void move_vector(const uint16_t* entering, const uint16_t* leaving, Balance balance, int32_t* at) {
  const D32 dw;
  const hn::RebindToUnsigned<D16> du;
  const auto change = hn::BitCast(dw, hn::Sub(hn::LoadU(du, entering), hn::LoadU(du, leaving)));
  const auto even = hn::ShiftRight<16>(hn::ShiftLeft<16>(change));
  hn::StoreU(hn::Add(balance.even, even), dw, at);
  hn::StoreU(hn::Add(balance.odd, hn::ShiftRight<16>(change)), dw, at + hn::Lanes(dw));
}

void move_sums(const uint16_t* entering, const uint16_t* leaving, int words, int32_t* balance) {
  for (int x = 0; x < 64 * words; x += static_cast<int>(hn::Lanes(D16()))) {
    move_vector(entering + x, leaving + x, load(balance + x), balance + x);
  }
}

// One product a 32-bit lane: the other 16-bit half of `weight` is 0.
HWY_INLINE hn::Vec<D32> weighted(hn::Vec<D16> grey, hn::Vec<D16> weight) {
  const D32 d;
  auto odd = hn::Zero(d);
  const auto even = hn::ReorderWidenMulAccumulate(d, grey, weight, hn::Zero(d), odd);
  return hn::RearrangeToOddPlusEven(even, odd);
}

void compare_row(const uint8_t* grey, int words, int grey_weight, const uint16_t* entering, const uint16_t* leaving,
                 int32_t* balance, uint64_t* mask) {
  const D16 d;
  const D32 dw;
  const hn::Rebind<uint8_t, D16> bytes;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto even_weight = hn::BitCast(d, hn::Set(dw, grey_weight & 0xFFFF));
  const auto odd_weight = hn::BitCast(d, hn::Set(dw, static_cast<int32_t>(static_cast<uint32_t>(grey_weight) << 16)));
  for (int word = 0; word < words; ++word) {
    uint64_t bits = 0;
    for (int i = 0; i < 64; i += lanes) {
      const int x = 64 * word + i;
      const Balance b = load(balance + x);
      const auto level = hn::PromoteTo(d, hn::LoadU(bytes, grey + x));
      const auto even = hn::Sub(b.even, weighted(level, even_weight));
      const auto odd = hn::Sub(b.odd, weighted(level, odd_weight));
      // The upper halves keep the signs.
      const auto signs = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<16>(even)));
      hn::StoreMaskBits(d, hn::Lt(signs, hn::Zero(d)), reinterpret_cast<uint8_t*>(&bits) + i / 8);
      move_vector(entering + x, leaving + x, b, balance + x);
    }
    mask[word] = bits;
  }
}

#endif

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {

HWY_EXPORT(window_sums);
HWY_EXPORT(move_sums);
HWY_EXPORT(compare_row);

void window_sums_row(const uint8_t* pixels, int words, int window, uint16_t* prefix, uint16_t* sums) {
  HWY_DYNAMIC_DISPATCH(window_sums)(pixels, words, window, prefix, sums);
}

void move_window(const uint16_t* entering, const uint16_t* leaving, int words, int32_t* balance) {
  HWY_DYNAMIC_DISPATCH(move_sums)(entering, leaving, words, balance);
}

void adaptive_row(const uint8_t* grey, int words, int grey_weight, const uint16_t* entering, const uint16_t* leaving,
                  int32_t* balance, uint64_t* mask) {
  HWY_DYNAMIC_DISPATCH(compare_row)(grey, words, grey_weight, entering, leaving, balance, mask);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
