#include <ap_int.h>
#include <gtest/gtest.h>
#include <hls_stream.h>

#include <bitset>
#include <memory>
#include <random>

namespace {

// The reference: 320-bit two's complement, bit by bit.
using Bits = std::bitset<320>;

Bits add(const Bits& a, const Bits& b, bool carry = false) {
  Bits sum;
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] = a[i] ^ b[i] ^ carry;
    carry = (a[i] && b[i]) || (carry && (a[i] || b[i]));
  }
  return sum;
}

Bits multiply(const Bits& a, const Bits& b) {
  Bits product;
  for (size_t i = 0; i < b.size(); ++i) {
    if (b[i]) product = add(product, a << i);
  }
  return product;
}

/// Cuts to W bits and extends again.
Bits wrapped(Bits bits, size_t width, bool is_signed) {
  const bool ones = is_signed && bits[width - 1];
  for (size_t i = width; i < bits.size(); ++i) bits[i] = ones;
  return bits;
}

template <int W, bool S>
Bits bits_of(const ap_int_base<W, S>& value) {
  Bits bits;
  for (int i = 0; i < W; ++i) bits[static_cast<size_t>(i)] = value[i];
  return wrapped(bits, W, S);
}

template <int W, bool S>
ap_int_base<W, S> random_value(std::mt19937_64& random) {
  ap_int_base<W, S> value;
  const int kind = static_cast<int>(random() % 4);
  for (int i = 0; i < W; ++i) value[i] = kind == 0 ? 0 : kind == 1 ? 1 : random() % 2;
  if (kind < 2 && random() % 2 == 0) value[W - 1] = kind == 0 ? 1 : 0;
  return value;
}

bool less(const Bits& a, const Bits& b) {
  if (a[319] != b[319]) return a[319];
  for (int i = 318; i >= 0; --i) {
    if (a[static_cast<size_t>(i)] != b[static_cast<size_t>(i)]) return b[static_cast<size_t>(i)];
  }
  return false;
}

// Not templates, so that the many widths below stay quick to compile.
void expect_bits(const char* operation, const Bits& got, const Bits& expected) {
  EXPECT_EQ(got, expected) << operation;
}
void expect_truth(const char* operation, bool got, bool expected) {
  EXPECT_EQ(got, expected) << operation;
}

template <int W1, bool S1, int W2, bool S2>
void check_pair() {
  std::mt19937_64 random(W1 * 1000 + W2);
  for (int round = 0; round < 100; ++round) {
    const auto a = random_value<W1, S1>(random);
    const auto b = random_value<W2, S2>(random);
    const Bits x = bits_of(a), y = bits_of(b);
    const Bits sum = add(x, y), difference = add(x, ~y, true);
    expect_bits("+", bits_of(a + b), sum);
    expect_bits("-", bits_of(a - b), difference);
    if constexpr (W1 + W2 <= 128) expect_bits("*", bits_of(a * b), multiply(x, y));
    expect_bits("&", bits_of(a & b), x & y);
    expect_bits("|", bits_of(a | b), x | y);
    expect_bits("^", bits_of(a ^ b), x ^ y);
    expect_truth("==", a == b, x == y);
    expect_truth("!=", a != b, x != y);
    expect_truth("<", a < b, less(x, y));
    expect_truth(">", a > b, less(y, x));
    expect_truth("<=", a <= b, !less(y, x));
    expect_truth(">=", a >= b, !less(x, y));
    auto changed = a;
    changed += b;
    expect_bits("+=", bits_of(changed), wrapped(sum, W1, S1));
    changed = a;
    changed -= b;
    expect_bits("-=", bits_of(changed), wrapped(difference, W1, S1));
    expect_bits("conversion", bits_of(ap_int_base<W2, S2>(a)), wrapped(x, W2, S2));
  }
}

template <int W, bool S>
void check_alone() {
  std::mt19937_64 random(W);
  for (int round = 0; round < 100; ++round) {
    const auto a = random_value<W, S>(random);
    const Bits x = bits_of(a);
    for (const int by : {0, 1, W / 2, W - 1, W}) {
      Bits right = x >> static_cast<size_t>(by);
      if (x[319]) right |= ~(Bits().set() >> static_cast<size_t>(by));
      expect_bits("<<", bits_of(a << by), wrapped(x << static_cast<size_t>(by), W, S));
      expect_bits(">>", bits_of(a >> by), wrapped(right, W, S));
    }
    expect_bits("~", bits_of(~a), wrapped(~x, W, S));
    const int low = static_cast<int>(random() % W), most = std::min(W - low, 64);
    const int high = low + static_cast<int>(random() % static_cast<uint64_t>(most));
    const Bits field = wrapped(x >> static_cast<size_t>(low), static_cast<size_t>(high - low + 1), false);
    expect_bits("range", Bits(a.range(high, low)), field);
    expect_bits("()", Bits(a(high, low)), field);
    auto written = a;
    const uint64_t value = random();
    written.range(high, low) = value;
    Bits expected = x;
    for (int i = low; i <= high; ++i) expected[static_cast<size_t>(i)] = (value >> (i - low)) & 1;
    expect_bits("range =", bits_of(written), wrapped(expected, W, S));
  }
}

template <int W>
void check_width() {
  check_alone<W, false>();
  check_alone<W, true>();
  check_pair<W, false, W, false>();
  check_pair<W, true, W, true>();
  check_pair<7, true, W, false>();
  check_pair<W, true, 65, false>();
}

TEST(Emulation, ArbitraryIntegersEqualBitByBitArithmetic) {
  check_width<1>();
  check_width<8>();
  check_width<31>();
  check_width<33>();
  check_width<63>();
  check_width<64>();
  check_width<65>();
  check_width<126>();
}

TEST(Emulation, MixesWithBuiltInIntegers) {
  ap_uint<8> a = 250;
  EXPECT_EQ((a + 10).to_int(), 260);
  EXPECT_EQ((10 - a).to_int(), -240);
  a += 10;
  EXPECT_EQ(a.to_int(), 4);
  a -= 5;
  EXPECT_EQ(a.to_int(), 255);
  ++a;
  EXPECT_TRUE(a == 0);
  --a;
  EXPECT_EQ(a, 255u);
  EXPECT_TRUE(a > -1);
  EXPECT_EQ(ap_int<4>(9).to_int(), -7);
  EXPECT_EQ(ap_uint<4>(-1).to_int(), 15);
  EXPECT_EQ(ap_int<20>(-5).to_int64(), -5);
}

template <int W>
void check_wide_word() {
  std::mt19937_64 random(W);
  ap_uint<W> word;
  std::bitset<W> expected;
  for (int round = 0; round < 500; ++round) {
    const int low = static_cast<int>(random() % W), high = std::min(W - 1, low + static_cast<int>(random() % 64));
    const uint64_t value = random();
    word.range(high, low) = value;
    for (int i = low; i <= high; ++i) expected[static_cast<size_t>(i)] = (value >> (i - low)) & 1;
    for (int i = 0; i < W; ++i) ASSERT_EQ(word[i], expected[static_cast<size_t>(i)]);
    const int bit = static_cast<int>(random() % W);
    word[bit] = 1;
    expected[static_cast<size_t>(bit)] = true;
  }
  for (int by = 0; by <= W + 1; ++by) {
    const ap_uint<W> up = word << by, down = word >> by;
    auto changed = word;
    ASSERT_TRUE((changed <<= by) == up);
    changed = word;
    ASSERT_TRUE((changed >>= by) == down);
    const auto expected_up = expected << static_cast<size_t>(by), expected_down = expected >> static_cast<size_t>(by);
    for (int i = 0; i < W; ++i) {
      ASSERT_EQ(up[i], expected_up[static_cast<size_t>(i)]) << by;
      ASSERT_EQ(down[i], expected_down[static_cast<size_t>(i)]) << by;
    }
    // Nothing may hide above the width.
    ASSERT_EQ(static_cast<bool>(up), expected_up.any()) << by;
    ASSERT_EQ(static_cast<bool>(down), expected_down.any()) << by;
  }
  const ap_uint<W> inverse = ~word;
  for (int i = 0; i < W; ++i) ASSERT_NE(inverse[i], word[i]);
  EXPECT_TRUE((word & inverse) == ap_uint<W>(0));
  EXPECT_TRUE((word | inverse) == ~ap_uint<W>(0));
  EXPECT_TRUE((word ^ inverse) == ~ap_uint<W>(0));
  EXPECT_TRUE(word != inverse);
  const ap_uint<100> narrow = ap_uint<100>(~uint64_t{0}) * ap_uint<20>(7);
  for (int i = 0; i < W; ++i) ASSERT_EQ(ap_uint<W>(narrow)[i], i < 100 && narrow[i]);
  EXPECT_EQ(word.to_uint64(), word.range(63, 0));
}

TEST(Emulation, WideWords) {
  check_wide_word<129>();
  check_wide_word<512>();
  check_wide_word<1000>();
}

TEST(Emulation, StreamsKeepOrder) {
  hls::stream<int, 4> stream("numbers");
  int value = 0;
  EXPECT_TRUE(stream.empty());
  EXPECT_FALSE(stream.read_nb(value));
  int written = 0, read = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < round % 7; ++i) stream << written++;
    for (int i = 0; i < round % 5 && !stream.empty(); ++i) EXPECT_EQ(stream.read(), read++);
    EXPECT_EQ(stream.size(), static_cast<size_t>(written - read));
  }
  while (stream.read_nb(value)) EXPECT_EQ(value, read++);
  EXPECT_EQ(read, written);
  EXPECT_GT(read, 50);
  EXPECT_THROW(stream.read(), std::logic_error);
}

TEST(Emulation, StreamsOwnTheirTokens) {
  const auto counted = std::make_shared<int>(7);
  {
    hls::stream<std::shared_ptr<int>> stream("owned");
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 100; ++i) stream.write(counted);
      for (int i = 0; i < 70; ++i) EXPECT_EQ(*stream.read(), 7);
    }
    EXPECT_EQ(counted.use_count(), 1 + 3 * 30);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

}  // namespace
