// Vector code that takes pixels of three channels apart; included once for each instruction set (hwy/foreach_target.h).
#if defined(FLASHCELL_PIXEL_PLANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef FLASHCELL_PIXEL_PLANES_INL
#undef FLASHCELL_PIXEL_PLANES_INL
#else
#define FLASHCELL_PIXEL_PLANES_INL
#endif

#include <hwy/highway.h>

#include <array>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR

using PixelBytes = hn::CappedTag<uint8_t, 64>;
using PixelVector = hn::Vec<PixelBytes>;

#if HWY_TARGET == HWY_AVX3_DL
// Where a channel's bytes are among 192, by the low seven bits: six of them also find those of the last 64.
constexpr std::array<uint8_t, 64> channel_places(int channel) {
  std::array<uint8_t, 64> places{};
  for (int i = 0; i < 64; ++i) places[i] = static_cast<uint8_t>((3 * i + channel) & 127);
  return places;
}
#endif

// First, second and third bytes of a vector full of pixels.
HWY_INLINE void load_planes(const uint8_t* pixels, PixelVector& first, PixelVector& second, PixelVector& third) {
  const PixelBytes d;
#if HWY_TARGET == HWY_AVX3_DL
  // This instruction set picks any bytes out of two registers at once.
  const auto part = [&](int i) HWY_ATTR { return hn::LoadU(d, pixels + 64 * i).raw; };
  const __m512i low = part(0), middle = part(1), high = part(2);
  const auto pick = [&](const std::array<uint8_t, 64>& places, __mmask64 from_high) HWY_ATTR {
    const __m512i index = hn::LoadU(d, places.data()).raw;
    const __m512i picked = _mm512_permutex2var_epi8(low, index, middle);
    return PixelVector{_mm512_mask_permutexvar_epi8(picked, from_high, index, high)};
  };
  alignas(64) static constexpr std::array<uint8_t, 64> kFirst = channel_places(0), kSecond = channel_places(1),
                                                       kThird = channel_places(2);
  first = pick(kFirst, ~__mmask64{0} << 43);
  second = pick(kSecond, ~__mmask64{0} << 43);
  third = pick(kThird, ~__mmask64{0} << 42);
#else
  hn::LoadInterleaved3(d, pixels, first, second, third);
#endif
}

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
