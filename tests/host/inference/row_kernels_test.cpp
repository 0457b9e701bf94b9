// The kernels of rows of an instruction set against plain loops, also those that this machine would not choose.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "host/inference/engine/avx512/rows.hpp"
#include "host/inference/engine/target.hpp"

namespace flashcell::host::inference {
namespace {

#if defined(__x86_64__)

struct Rows {
  int rows, channels;
  std::vector<uint8_t> in, expected, outputs;
  Map from = {}, to = {};
};

class RowKernels512 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (supported_targets().back() != Target::avx512_vnni) GTEST_SKIP() << "this machine has no AVX-512";
  }
  int between(int low, int high) { return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1)); }

  Rows random_rows(int bytes_in, int bytes_out) {
    Rows r;
    r.rows = between(1, 70), r.channels = between(1, 300);
    const auto values = static_cast<size_t>(r.rows * r.channels);
    r.in.resize(values * static_cast<size_t>(bytes_in) + 64);
    const int style = between(0, 2), level = between(0, 255);
    for (uint8_t& value : r.in)
      value = static_cast<uint8_t>(style == 0 ? between(0, 255) : style == 1 ? level : level + between(0, 3));
    r.expected.assign(values * static_cast<size_t>(bytes_out), 0x5a);
    r.outputs = r.expected;
    r.from = map(r, bytes_in, r.in.data());
    r.to = map(r, bytes_out, nullptr);
    return r;
  }
  // Words of so many bits fewer.
  static void leave_room(Rows& r, int bits, bool is_signed) {
    for (size_t i = 0; i + 2 <= r.in.size(); i += 2) {
      uint16_t word;
      std::memcpy(&word, r.in.data() + i, sizeof(word));
      word = static_cast<uint16_t>(is_signed ? static_cast<int16_t>(word) >> bits : word >> bits);
      std::memcpy(r.in.data() + i, &word, sizeof(word));
    }
  }
  template <class Layer>
  void expect_equal(Rows& r, const Layer& layer, void (*plain)(const Layer&, const Map&, const Map&, int),
                    void (*fast)(const Layer&, const Map&, const Map&, int)) {
    r.to.first = r.expected.data();
    plain(layer, r.from, r.to, 1);
    r.to.first = r.outputs.data();
    fast(layer, r.from, r.to, 1);
    ASSERT_EQ(r.outputs, r.expected) << r.rows << " x " << r.channels;
  }

 private:
  static Map map(const Rows& r, int bytes, uint8_t* first) {
    return {first, r.rows, 1, r.channels * bytes, ptrdiff_t{r.channels} * bytes, 0, false, 0, false};
  }
  std::mt19937 random_{5};
};

TEST_F(RowKernels512, SoftmaxWithAndWithoutBytePermutations) {
  for (int round = 0; round < 200; ++round) {
    const ValueType type = between(0, 1) == 0 ? ValueType::bytes : ValueType::unsigned_words;
    Rows r = random_rows(1, type == ValueType::bytes ? 1 : 2);
    std::vector<uint32_t> exponentials(256);
    const int most = 1 << between(3, 22);
    for (uint32_t& each : exponentials) each = static_cast<uint32_t>(between(1, most));
    const int bits = between(4, type == ValueType::bytes ? 9 : 16),
              offset = type == ValueType::bytes ? between(0, 1) * 128 : 0;
    const int high = type == ValueType::bytes ? 255 - offset : 65535;
    const SoftmaxLayer layer = {r.channels,     exponentials.data(),    bits, type, offset,
                                between(-5, 2), between(high / 2, high)};
    expect_equal(r, layer, plain_row_kernels().softmax, avx512::softmax);
    expect_equal(r, layer, plain_row_kernels().softmax, avx512_row_kernels().softmax);
  }
}

TEST_F(RowKernels512, TablesWithAndWithoutBytePermutations) {
  using Choice = TableLayer::Choice;
  for (int round = 0; round < 200; ++round) {
    Rows r = random_rows(1, 1);
    std::vector<uint8_t> entries(size_t{256} * 301);
    for (uint8_t& each : entries) each = static_cast<uint8_t>(between(0, 255));
    for (const Choice choice : {Choice::only, Choice::by_channel, Choice::by_largest}) {
      const TableLayer layer = {r.channels, entries.data(), choice, between(0, 255)};
      expect_equal(r, layer, plain_row_kernels().table, avx512::table);
      expect_equal(r, layer, plain_row_kernels().table, avx512_row_kernels().table);
    }
  }
}

TEST_F(RowKernels512, LayerNormOfEveryType) {
  for (int round = 0; round < 300; ++round) {
    const ValueType in = static_cast<ValueType>(between(0, 2)), out = static_cast<ValueType>(between(0, 2));
    Rows r = random_rows(in == ValueType::bytes ? 1 : 2, out == ValueType::bytes ? 1 : 2);
    const int fraction_bits = between(0, 1) * between(0, 8);
    if (in != ValueType::bytes) leave_room(r, fraction_bits, in == ValueType::signed_words);
    std::vector<contract::ChannelParameters> exact;
    std::vector<double> bias, scale;
    const bool bounded = between(0, 3) != 0;
    for (int c = 0; c < r.channels + 16; ++c) {
      const auto multiplier = static_cast<int32_t>(between(1 << 20, INT32_MAX - 1)) * (between(0, 1) * 2 - 1);
      const auto shift = static_cast<uint8_t>(between(bounded ? 48 : 31, 60));
      exact.push_back({int64_t{between(-1000000, 1000000)} * 100, {multiplier, shift, {}}});
      bias.push_back(static_cast<double>(exact.back().bias) - kWholeNumbers);
      scale.push_back(static_cast<double>(multiplier) / static_cast<double>(uint64_t{1} << shift));
    }
    const int zero = between(0, 200), high = out == ValueType::bytes          ? 255
                                             : out == ValueType::signed_words ? 32767
                                                                              : 65535;
    const int low = out == ValueType::signed_words ? -32768 : 0;
    const LayerNormLayer layer = {r.channels,   in,   out, bias.data(), scale.data(), zero + 0.5,
                                  exact.data(), zero, low, high,        bounded,      fraction_bits};
    expect_equal(r, layer, plain_row_kernels().layer_norm, avx512_row_kernels().layer_norm);
    if (HasFatalFailure()) return;
  }
}

#endif

}  // namespace
}  // namespace flashcell::host::inference
