#pragma once
#include <stdint.h>

#include <type_traits>

// Arbitrary-width integers for CPU builds of kernel code, spelt like the vendor's, of which this is the subset that our
// kernels use. Vitis brings its own ap_int.h; this folder is on the include path only where Vitis is not.
//
// ap_uint<W>, ap_int<W> with W <= 128: arithmetic grows as in hardware (a sum has one bit more than its wider operand,
// a product as many as both), assignment wraps to W bits, shifts keep the width. Results wider than 128 bits do not
// compile. ap_uint<W> with W > 128: a wide word for ports and line buffers, with bits, ranges of at most 64 bits,
// shifts, logic and comparison for equality.

namespace flashcell_emulation {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/// The machine type that holds W bits.
template <int W, bool kSigned>
struct Raw {
  using Narrow = typename std::conditional<kSigned, int64_t, uint64_t>::type;
  using Double = typename std::conditional<kSigned, int128, uint128>::type;
  using type = typename std::conditional<(W <= 64), Narrow, Double>::type;
};

template <class T>
struct IsInteger : std::integral_constant<bool, std::is_integral<T>::value || std::is_same<T, int128>::value ||
                                                    std::is_same<T, uint128>::value> {};

constexpr int max_of(int a, int b) {
  return a > b ? a : b;
}

/// The low `width` bits of `value`.
inline uint128 low_bits(uint128 value, int width) {
  return width >= 128 ? value : value & ((uint128{1} << width) - 1);
}

/// One bit or a range of bits of a `Word`, to read and to write.
template <class Word>
class BitRange {
 public:
  BitRange(Word& word, int high, int low) : word_(word), high_(high), low_(low) {}
  BitRange& operator=(uint64_t value) {
    word_.set_range(high_, low_, value);
    return *this;
  }
  template <class Other>
  BitRange& operator=(const BitRange<Other>& other) {
    return *this = static_cast<uint64_t>(other);
  }
  BitRange& operator=(const BitRange& other) { return *this = static_cast<uint64_t>(other); }
  operator uint64_t() const { return word_.get_range(high_, low_); }

 private:
  Word& word_;
  int high_, low_;
};

}  // namespace flashcell_emulation

/// The integer behind ap_uint and ap_int.
template <int W, bool kSigned, bool kWide = (W > 128)>
class ap_int_base {
 public:
  static_assert(W > 0, "a width is at least one bit");
  static constexpr int width = W;
  using Raw = typename flashcell_emulation::Raw<W, kSigned>::type;

  ap_int_base() = default;
  template <class T, typename std::enable_if<flashcell_emulation::IsInteger<T>::value, int>::type = 0>
  ap_int_base(T value) : value_(wrap(static_cast<flashcell_emulation::uint128>(value))) {}
  template <int W2, bool kSigned2>
  ap_int_base(const ap_int_base<W2, kSigned2, false>& other)
      : value_(wrap(static_cast<flashcell_emulation::uint128>(other.raw()))) {}

  Raw raw() const { return value_; }
  uint64_t to_uint64() const { return static_cast<uint64_t>(value_); }
  int64_t to_int64() const { return static_cast<int64_t>(value_); }
  int to_int() const { return static_cast<int>(value_); }
  explicit operator bool() const { return value_ != 0; }

  ap_int_base operator<<(int by) const { return from_bits(by >= W ? 0 : bits() << by); }
  ap_int_base operator>>(int by) const {
    ap_int_base result;
    const int limited = by >= W ? W - 1 : by;
    result.value_ = by >= W && !kSigned ? Raw{0} : static_cast<Raw>(value_ >> limited);
    return result;
  }
  ap_int_base operator~() const { return from_bits(~bits()); }

  template <class T>
  ap_int_base& operator+=(const T& other) {
    return *this = *this + other;
  }
  template <class T>
  ap_int_base& operator-=(const T& other) {
    return *this = *this - other;
  }
  ap_int_base& operator++() { return *this += 1; }
  ap_int_base& operator--() { return *this -= 1; }

  bool operator[](int bit) const { return get_range(bit, bit) != 0; }
  flashcell_emulation::BitRange<ap_int_base> operator[](int bit) { return {*this, bit, bit}; }
  uint64_t range(int high, int low) const { return get_range(high, low); }
  flashcell_emulation::BitRange<ap_int_base> range(int high, int low) { return {*this, high, low}; }
  uint64_t operator()(int high, int low) const { return get_range(high, low); }
  flashcell_emulation::BitRange<ap_int_base> operator()(int high, int low) { return {*this, high, low}; }

  uint64_t get_range(int high, int low) const {
    return static_cast<uint64_t>(flashcell_emulation::low_bits(bits() >> low, high - low + 1));
  }
  void set_range(int high, int low, uint64_t value) {
    const flashcell_emulation::uint128 ones =
        flashcell_emulation::low_bits(~flashcell_emulation::uint128{0}, high - low + 1);
    *this = from_bits((bits() & ~(ones << low)) | ((value & ones) << low));
  }

 private:
  /// The value's W bits, zero-extended.
  flashcell_emulation::uint128 bits() const {
    return flashcell_emulation::low_bits(static_cast<flashcell_emulation::uint128>(value_), W);
  }
  static ap_int_base from_bits(flashcell_emulation::uint128 bits) {
    ap_int_base result;
    result.value_ = wrap(bits);
    return result;
  }
  static Raw wrap(flashcell_emulation::uint128 value) {
    const flashcell_emulation::uint128 kept = flashcell_emulation::low_bits(value, W);
    const bool negative = kSigned && ((kept >> (W - 1)) & 1) != 0;
    return static_cast<Raw>(negative ? kept | ~flashcell_emulation::low_bits(~flashcell_emulation::uint128{0}, W)
                                     : kept);
  }

  Raw value_ = 0;
};

/// A word of more than 128 bits: an array of 64-bit ones, the lowest first; bits above W are 0.
template <int W>
class ap_int_base<W, false, true> {
 public:
  static constexpr int width = W;

  ap_int_base() = default;
  ap_int_base(uint64_t value) { words_[0] = value; }
  /// Zero-extended.
  template <int W2>
  explicit ap_int_base(const ap_int_base<W2, false, false>& other) {
    words_[0] = other.to_uint64();
    if (W2 > 64) words_[1] = (other >> 64).to_uint64();
  }

  uint64_t to_uint64() const { return words_[0]; }
  explicit operator bool() const { return *this != ap_int_base(); }

  bool operator[](int bit) const { return get_range(bit, bit) != 0; }
  flashcell_emulation::BitRange<ap_int_base> operator[](int bit) { return {*this, bit, bit}; }
  /// At most 64 bits at a time.
  uint64_t range(int high, int low) const { return get_range(high, low); }
  flashcell_emulation::BitRange<ap_int_base> range(int high, int low) { return {*this, high, low}; }
  uint64_t operator()(int high, int low) const { return get_range(high, low); }
  flashcell_emulation::BitRange<ap_int_base> operator()(int high, int low) { return {*this, high, low}; }

  ap_int_base& operator&=(const ap_int_base& other) {
    for (int i = 0; i < kWords; ++i) words_[i] &= other.words_[i];
    return *this;
  }
  ap_int_base& operator|=(const ap_int_base& other) {
    for (int i = 0; i < kWords; ++i) words_[i] |= other.words_[i];
    return *this;
  }
  ap_int_base& operator^=(const ap_int_base& other) {
    for (int i = 0; i < kWords; ++i) words_[i] ^= other.words_[i];
    return *this;
  }
  friend ap_int_base operator&(ap_int_base a, const ap_int_base& b) { return a &= b; }
  friend ap_int_base operator|(ap_int_base a, const ap_int_base& b) { return a |= b; }
  friend ap_int_base operator^(ap_int_base a, const ap_int_base& b) { return a ^= b; }
  ap_int_base operator~() const {
    ap_int_base result;
    for (int i = 0; i < kWords; ++i) result.words_[i] = ~words_[i];
    result.words_[kWords - 1] &= kTopMask;
    return result;
  }

  ap_int_base operator<<(int by) const {
    ap_int_base result;
    if (by >= W) return result;
    const int skipped = by / 64, bits = by % 64;
    for (int i = kWords - 1; i >= skipped; --i) {
      result.words_[i] = words_[i - skipped] << bits;
      if (bits != 0 && i > skipped) result.words_[i] |= words_[i - skipped - 1] >> (64 - bits);
    }
    result.words_[kWords - 1] &= kTopMask;
    return result;
  }
  ap_int_base operator>>(int by) const {
    ap_int_base result;
    if (by >= W) return result;
    const int skipped = by / 64, bits = by % 64;
    for (int i = 0; i + skipped < kWords; ++i) {
      result.words_[i] = words_[i + skipped] >> bits;
      if (bits != 0 && i + skipped + 1 < kWords) result.words_[i] |= words_[i + skipped + 1] << (64 - bits);
    }
    return result;
  }
  ap_int_base& operator<<=(int by) { return *this = *this << by; }
  ap_int_base& operator>>=(int by) { return *this = *this >> by; }

  friend bool operator==(const ap_int_base& a, const ap_int_base& b) {
    uint64_t different = 0;
    for (int i = 0; i < kWords; ++i) different |= a.words_[i] ^ b.words_[i];
    return different == 0;
  }
  friend bool operator!=(const ap_int_base& a, const ap_int_base& b) { return !(a == b); }

  uint64_t get_range(int high, int low) const {
    const int word = low / 64, shift = low % 64;
    uint64_t value = words_[word] >> shift;
    if (shift != 0 && high / 64 > word) value |= words_[word + 1] << (64 - shift);
    return value & ones(high - low + 1);
  }
  void set_range(int high, int low, uint64_t value) {
    const int word = low / 64, shift = low % 64, count = high - low + 1;
    const uint64_t mask = ones(count);
    value &= mask;
    words_[word] = (words_[word] & ~(mask << shift)) | value << shift;
    if (shift + count <= 64) return;
    words_[word + 1] = (words_[word + 1] & ~(mask >> (64 - shift))) | value >> (64 - shift);
  }

 private:
  static constexpr int kWords = (W + 63) / 64;
  static constexpr uint64_t kTopMask = ~uint64_t{0} >> (64 * kWords - W);
  static uint64_t ones(int count) { return ~uint64_t{0} >> (64 - count); }

  uint64_t words_[kWords] = {};
};

template <int W>
using ap_uint = ap_int_base<W, false>;
template <int W>
using ap_int = ap_int_base<W, true>;

namespace flashcell_emulation {

/// A built-in operand as the integer of its own width.
template <class T>
struct Operand {
  using type = ap_int_base<static_cast<int>(sizeof(T) * 8), std::is_signed<T>::value>;
};
template <>
struct Operand<bool> {
  using type = ap_int_base<1, false>;
};
template <int W, bool S, bool kWide>
struct Operand<ap_int_base<W, S, kWide>> {
  using type = ap_int_base<W, S, kWide>;
};

template <class T>
struct IsArbitrary : std::false_type {};
template <int W, bool S>
struct IsArbitrary<ap_int_base<W, S, false>> : std::true_type {};

/// Width and sign of results. An unsigned operand beside a signed one needs one bit more.
template <class A, class B>
struct Results;
template <int W1, bool S1, int W2, bool S2>
struct Results<ap_int_base<W1, S1, false>, ap_int_base<W2, S2, false>> {
  static constexpr int common = max_of(W1 + (!S1 && S2), W2 + (!S2 && S1));
  using Logic = ap_int_base<common, S1 || S2>;
  using Sum = ap_int_base<common + 1, S1 || S2>;
  using Difference = ap_int_base<common + 1, true>;
  using Product = ap_int_base<W1 + W2, S1 || S2>;
};

template <class A, class B>
using ResultsOf = typename std::enable_if<IsArbitrary<A>::value || IsArbitrary<B>::value,
                                          Results<typename Operand<A>::type, typename Operand<B>::type>>::type;

/// The operand in 128 bits, sign-extended.
template <class T>
uint128 extended(const T& value) {
  return static_cast<uint128>(typename Operand<T>::type(value).raw());
}

}  // namespace flashcell_emulation

template <class A, class B>
typename flashcell_emulation::ResultsOf<A, B>::Sum operator+(const A& a, const B& b) {
  return flashcell_emulation::extended(a) + flashcell_emulation::extended(b);
}
template <class A, class B>
typename flashcell_emulation::ResultsOf<A, B>::Difference operator-(const A& a, const B& b) {
  return flashcell_emulation::extended(a) - flashcell_emulation::extended(b);
}
template <class A, class B>
typename flashcell_emulation::ResultsOf<A, B>::Product operator*(const A& a, const B& b) {
  static_assert(flashcell_emulation::ResultsOf<A, B>::Product::width <= 128,
                "products of more than 128 bits are not emulated");
  return flashcell_emulation::extended(a) * flashcell_emulation::extended(b);
}
template <class A, class B>
typename flashcell_emulation::ResultsOf<A, B>::Logic operator&(const A& a, const B& b) {
  return flashcell_emulation::extended(a) & flashcell_emulation::extended(b);
}
template <class A, class B>
typename flashcell_emulation::ResultsOf<A, B>::Logic operator|(const A& a, const B& b) {
  return flashcell_emulation::extended(a) | flashcell_emulation::extended(b);
}
template <class A, class B>
typename flashcell_emulation::ResultsOf<A, B>::Logic operator^(const A& a, const B& b) {
  return flashcell_emulation::extended(a) ^ flashcell_emulation::extended(b);
}
template <class A, class B, class = flashcell_emulation::ResultsOf<A, B>>
bool operator==(const A& a, const B& b) {
  using Common = typename flashcell_emulation::ResultsOf<A, B>::Logic;
  return Common(a).raw() == Common(b).raw();
}
template <class A, class B, class = flashcell_emulation::ResultsOf<A, B>>
bool operator!=(const A& a, const B& b) {
  return !(a == b);
}
template <class A, class B, class = flashcell_emulation::ResultsOf<A, B>>
bool operator<(const A& a, const B& b) {
  using Common = typename flashcell_emulation::ResultsOf<A, B>::Logic;
  return Common(a).raw() < Common(b).raw();
}
template <class A, class B, class = flashcell_emulation::ResultsOf<A, B>>
bool operator>(const A& a, const B& b) {
  return b < a;
}
template <class A, class B, class = flashcell_emulation::ResultsOf<A, B>>
bool operator<=(const A& a, const B& b) {
  return !(b < a);
}
template <class A, class B, class = flashcell_emulation::ResultsOf<A, B>>
bool operator>=(const A& a, const B& b) {
  return !(a < b);
}
