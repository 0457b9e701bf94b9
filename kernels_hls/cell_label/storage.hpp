#pragma once
#include <memory>

#include "kernels_hls/cell_label/cell_label.hpp"
#include "kernels_hls/cell_label/kernels.hpp"

// Bits that a build keeps on chip, counted from the types of its memories and streams. For tests and the README's
// tables, not for the kernel.
namespace flashcell {
namespace kernels {

/// Adds up the bits of the fields that are handed to it. The kernels' structs list theirs by fields(visit).
struct BitCounter {
  long long bits = 0;

  void operator()(bool) { bits += 1; }
  void operator()(uint8_t) { bits += 8; }
  void operator()(uint32_t) { bits += 32; }
  void operator()(uint64_t) { bits += 64; }
  template <int W>
  void operator()(const ap_uint<W>&) {
    bits += W;
  }
  template <class T, size_t kSize>
  void operator()(const T (&fields)[kSize]) {
    BitCounter one;
    one(fields[0]);
    bits += static_cast<long long>(kSize) * one.bits;
  }
  template <class T>
  auto operator()(const T& value) -> decltype(value.fields(*this)) {
    value.fields(*this);
  }
};

template <class T>
long long bits_of(const T& value) {
  BitCounter counter;
  counter(value);
  return counter.bits;
}
/// Of a default one; some are too large for the stack.
template <class T>
long long bits_of() {
  return bits_of(*std::unique_ptr<T>(new T()));
}

template <class Stream>
struct FifoBits;
template <class T, int kDepth>
struct FifoBits<hls::stream<T, kDepth>> {
  static long long count() { return kDepth * bits_of<T>(); }
};

/// By what holds them: a row of the README's table.
struct Storage {
  long long rows;      ///< of pixels, until cells have been cut from them (PackMemory)
  long long border;    ///< labels on the border, free labels, labels of complete objects (CellJoin, PartJoin)
  long long features;  ///< of all labels, and the three objects at hand (GatherMemory)
  long long fifos;

  long long total() const { return rows + border + features + fifos; }
};

template <class S>
Storage storage() {
  using F = Fifos<S>;
  using Join = typename std::conditional<S::kSplits, PartJoin<S>, CellJoin<S>>::type;
  const std::unique_ptr<Join> join(new Join(Job()));
  return Storage{bits_of<PackMemory<S>>(), bits_of(*join), bits_of<GatherMemory<S>>(),
                 FifoBits<typename F::Words>::count() + FifoBits<typename F::Masks>::count() +
                     FifoBits<typename F::Groups>::count() + FifoBits<typename F::Windows>::count() +
                     FifoBits<typename F::Parts>::count() + FifoBits<typename F::Measured>::count() +
                     FifoBits<typename F::Orders>::count() + FifoBits<typename F::ObjectWords>::count()};
}

/// What a build keeps beside that for frames in colour.
struct ColourStorage {
  long long class_table;  ///< one class, in as many copies as its readers need
  long long bayer_rows;   ///< and the window that moves along them
  long long reciprocals;  ///< read-only; builds that measure hue
};

template <class S>
ColourStorage colour_storage() {
  return ColourStorage{ColourClassTable::kCopies * bits_of<ColourClassTable>(),
                       bits_of<DemosaicMemory<S>>() + bits_of<BayerWindow>(),
                       Reciprocals::kCopies * 256LL * (Reciprocals::kSaturationBits + Reciprocals::kHueBits)};
}

/// Buffers of a kernel's memory ports: requests under way, each a burst of words. Where nothing is said, the vendor's
/// tool takes 16 bursts of 16 words. Streaming kernels have none.
inline long long port_bits() {
  constexpr long long kWordBits = 512, kUnsaid = 16 * 16;
  constexpr long long kRead = FLASHCELL_READ_OUTSTANDING * FLASHCELL_READ_BURST;
  return kWordBits * (kRead + kRead + kUnsaid + kUnsaid);  // frames, masks, parameters, results
}

/// All of that: what a kernel on memory keeps on chip, as far as it can be counted.
template <class S>
long long memory_build_bits() {
  const ColourStorage colour = colour_storage<S>();
  return storage<S>().total() + port_bits() + colour.class_table + colour.bayer_rows +
         (S::kHue ? colour.reciprocals : 0);
}

}  // namespace kernels
}  // namespace flashcell
