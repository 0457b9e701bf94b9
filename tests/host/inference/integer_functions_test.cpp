// The integer functions of transformers' layers against outputs of I-ViT's own code, and the reference's layers on
// them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "host/inference/reference/reference.hpp"
#include "kernels_hls/contract/qcnn_functions.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/packed/model_builder.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::host {
namespace {

using namespace contract;
using Arrays = std::map<std::string, quant::NumpyArray>;
using Numbers = std::vector<double>;

std::filesystem::path vectors() {
  return test::data_dir().parent_path() / "vectors/ivit/ivit_vectors.npz";
}

/// Names that begin and end so, without the end.
std::vector<std::string> cases(const Arrays& arrays, const std::string& begin, const std::string& end) {
  std::vector<std::string> names;
  for (const auto& [name, array] : arrays)
    if (name.starts_with(begin) && name.ends_with(end)) names.push_back(name.substr(0, name.size() - end.size()));
  return names;
}

/// The number behind `key` in a name like sm_s0.0625_L17_b8.
double number_in(const std::string& name, const std::string& key) {
  return std::stod(name.substr(name.find(key) + key.size()));
}

/// One layer's output of an input of rows.
Numbers run(quant::ModelBuilder& builder, quant::ModelBuilder::Tensor out, const Numbers& inputs) {
  builder.output(out);
  const quant::PackedModel model = builder.build();
  std::vector<uint8_t> in(quant::bytes_of_role(model, kInputTensor)), bytes(quant::bytes_of_role(model, kOutputTensor));
  for (size_t i = 0; i < inputs.size(); ++i)
    store_value(in.data(), i, model.tensors[0].type, static_cast<int64_t>(inputs[i]));
  run_reference(model, in, 1, bytes);
  const TensorDescriptor& last = quant::output_tensor(model, model.layers.back());
  Numbers numbers;
  for (size_t i = 0; i < quant::values_of(last); ++i) numbers.push_back(stored_value(bytes.data(), i, last.type));
  return numbers;
}

TEST(IntegerFunctions, ShiftmaxIsIVits) {
  FLASHCELL_NEEDS_FILE(vectors());
  const Arrays arrays = quant::read_npz(vectors().string());
  const std::vector<std::string> names = cases(arrays, "sm_", "_y");
  ASSERT_GE(names.size(), 40u);
  for (const std::string& name : names) {
    const int length = static_cast<int>(number_in(name, "_L")), bits = static_cast<int>(number_in(name, "_b"));
    const Numbers x = arrays.at(name + "_x").numbers();
    quant::ModelBuilder builder("softmax");
    const auto in = builder.input("x", static_cast<int>(x.size()) / length, 1, length, {ActivationType::signed8});
    const auto out = builder.softmax("softmax", in, static_cast<int>(std::floor(-1 / number_in(name, "_s"))), bits - 1,
                                     {activation_type(false, bits), bits});
    EXPECT_EQ(run(builder, out, x), arrays.at(name + "_y").numbers()) << name;
  }
}

TEST(IntegerFunctions, ShiftGeluIsIVits) {
  FLASHCELL_NEEDS_FILE(vectors());
  const Arrays arrays = quant::read_npz(vectors().string());
  const std::vector<std::string> names = cases(arrays, "ge_", "_y");
  ASSERT_GE(names.size(), 18u);
  for (const std::string& name : names) {
    const int length = static_cast<int>(number_in(name, "_L"));
    const Numbers x = arrays.at(name + "_x").numbers();
    quant::ModelBuilder builder("gelu");
    const auto in = builder.input("x", static_cast<int>(x.size()) / length, 1, length, {ActivationType::signed8});
    const auto out = builder.gelu("gelu", in, static_cast<int>(std::floor(-1 / (1.702 * number_in(name, "_s")))),
                                  quant::dyadic_for(1), {ActivationType::signed16, 16});
    EXPECT_EQ(run(builder, out, x), arrays.at(name + "_y").numbers()) << name;
  }
}

/// The layer's values before they are requantized, with their bias, need more than 16 bits: the function itself.
TEST(IntegerFunctions, LayerNormIsIVits) {
  FLASHCELL_NEEDS_FILE(vectors());
  const Arrays arrays = quant::read_npz(vectors().string());
  const std::vector<std::string> names = cases(arrays, "ln_", "_y");
  ASSERT_GE(names.size(), 8u);
  for (const std::string& name : names) {
    const Numbers x = arrays.at(name + "_x").numbers(), w = arrays.at(name + "_w").numbers(),
                  b = arrays.at(name + "_b").numbers(), expected = arrays.at(name + "_y").numbers();
    const size_t channels = w.size();
    const double step = static_cast<double>(std::sqrt(static_cast<float>(channels))) / (1 << 30);
    Numbers y;
    for (size_t row = 0; row < x.size(); row += channels) {
      int64_t sum = 0, squares = 0;
      for (size_t c = 0; c < channels; ++c) sum += static_cast<int64_t>(x[row + c]);
      const int64_t mean = rounded_mean(sum, static_cast<int64_t>(channels));
      for (size_t c = 0; c < channels; ++c)
        squares += (static_cast<int64_t>(x[row + c]) - mean) * (static_cast<int64_t>(x[row + c]) - mean);
      for (size_t c = 0; c < channels; ++c)
        y.push_back(
            static_cast<double>(layer_norm(static_cast<int64_t>(x[row + c]) - mean, layer_norm_factor(squares)) +
                                static_cast<int64_t>(std::floor(b[c] / w[c] / step))));
    }
    EXPECT_EQ(y, expected) << name;
  }
}

TEST(IntegerFunctions, RequantizationIsIVits) {
  FLASHCELL_NEEDS_FILE(vectors());
  const Arrays arrays = quant::read_npz(vectors().string());
  const std::vector<std::string> names = cases(arrays, "dy", "_y");
  ASSERT_GE(names.size(), 4u);
  for (const std::string& name : names) {
    const Numbers x = arrays.at(name + "_x").numbers(), expected = arrays.at(name + "_y").numbers();
    Requantization scale = {};
    scale.multiplier = static_cast<int32_t>(arrays.at(name + "_m").numbers()[0]);
    scale.shift = static_cast<uint8_t>(arrays.at(name + "_e").numbers()[0]);
    for (size_t i = 0; i < x.size(); ++i) {
      const int64_t y = requantize(static_cast<int64_t>(x[i]), scale);
      ASSERT_EQ(static_cast<double>(std::clamp<int64_t>(y, -128, 127)), expected[i]) << name << ' ' << x[i];
    }
    const Numbers scales = arrays.at(name + "_s").numbers();
    const Requantization own = quant::dyadic_for(scales[0] / scales[1]);
    EXPECT_NEAR(std::ldexp(own.multiplier, -own.shift) / std::ldexp(scale.multiplier, -scale.shift), 1, 1e-7) << name;
  }
}

TEST(IntegerFunctions, FollowTheRealOnes) {
  for (const double scale : {0.01, 0.02, 0.05}) {
    const auto unit = static_cast<int32_t>(std::floor(-1 / scale));
    for (int x = 0; x > -400; --x)
      EXPECT_NEAR(std::ldexp(static_cast<double>(shift_exponential(x, unit, kSoftmaxDepth)), -kSoftmaxDepth) / -unit,
                  std::exp(x * scale), 0.06)
          << x << ' ' << scale;
  }
  for (int64_t x = 1 << 15; x < int64_t{1} << 40; x = x * 3 / 2)
    EXPECT_NEAR(static_cast<double>(newton_root(x)) / std::sqrt(static_cast<double>(x)), 1, 0.03) << x;
  EXPECT_EQ(newton_root(0), 64);
  for (int64_t sum = -60; sum < 60; ++sum)
    for (int64_t count = 1; count < 12; ++count)
      EXPECT_EQ(static_cast<double>(rounded_mean(sum, count)),
                std::nearbyint(static_cast<double>(sum) / static_cast<double>(count)));
}

/// No exponential is above 1 where every value lies below 0, so that 64 bits hold everything.
TEST(IntegerFunctions, GeluOfNegativeRows) {
  for (int unit : {-1, -5, -60, -kMaxGeluUnit})
    for (int x = -32768; x < 0; x += 91) {
      EXPECT_LE(shift_gelu(x, 0, unit), 0);
      EXPECT_GE(shift_gelu(x, 0, unit), x * 128);
    }
}

}  // namespace
}  // namespace flashcell::host
