#include <gtest/gtest.h>

#include <cmath>

#include "quant_models/calibrate/percentile_search.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/quantize/norm_reparameterization.hpp"
#include "quant_models/tensor/fake_quantize.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using Arrays = std::map<std::string, NumpyArray>;

/// A scale from float32 numbers is the authors' from double ones to float32's precision; integers are equal.
void expect_steps(const AffineSteps& ours, double scale, double zero_point) {
  EXPECT_NEAR(ours.scale / scale, 1, 1e-5);
  EXPECT_EQ(ours.zero_point, zero_point);
}

std::vector<float> floats(const Arrays& arrays, const std::string& name) {
  return arrays.at(name).tensor().values;
}

void expect_near(const std::vector<float>& ours, const std::vector<float>& expected, double tolerance) {
  ASSERT_EQ(ours.size(), expected.size());
  for (size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], expected[i], tolerance * (1 + std::abs(expected[i])));
}

class RepqVectors : public ::testing::TestWithParam<int> {
 protected:
  std::string name(const std::string& what) const {
    const size_t cut = what.find('_');
    return what.substr(0, cut) + "_b" + std::to_string(GetParam()) + what.substr(cut);
  }
  static std::filesystem::path file() { return test::data_dir() / "../vectors/repq/repq_vectors.npz"; }
};

TEST_P(RepqVectors, WeightsChannelByChannel) {
  FLASHCELL_NEEDS_FILE(file());
  const Arrays arrays = read_npz(file().string());
  const std::vector<float> weights = floats(arrays, name("w_x")), stored = floats(arrays, name("w_dq"));
  const std::vector<double> scale = arrays.at(name("w_delta")).numbers(), zero = arrays.at(name("w_zp")).numbers();
  const size_t each = weights.size() / scale.size();
  for (size_t c = 0; c < scale.size(); ++c) {
    const std::span<const float> channel = std::span(weights).subspan(c * each, each);
    const AffineSteps steps = search_affine(channel, GetParam());
    expect_steps(steps, scale[c], zero[c]);
    std::vector<float> ours(channel.begin(), channel.end());
    fake_quantize(ours, {static_cast<int64_t>(each)}, storable(steps, GetParam()));
    expect_near(
        ours,
        {stored.begin() + static_cast<ptrdiff_t>(c * each), stored.begin() + static_cast<ptrdiff_t>((c + 1) * each)},
        1e-5);
  }
}

TEST_P(RepqVectors, ValuesBehindLayerNormalization) {
  FLASHCELL_NEEDS_FILE(file());
  const Arrays arrays = read_npz(file().string());
  const std::vector<float> x = floats(arrays, name("aC_x"));
  const std::vector<double> scale = arrays.at(name("aC_delta")).numbers(), zero = arrays.at(name("aC_zp")).numbers();
  const std::vector<AffineSteps> steps = search_affine_by_channel(x, scale.size(), GetParam());
  for (size_t c = 0; c < scale.size(); ++c) expect_steps(steps[c], scale[c], zero[c]);

  const NormReparameterization change(steps, NormReparameterization::mean_zero_point(steps));
  expect_steps(change.steps(), arrays.at(name("rp_delta")).numbers().at(0), arrays.at(name("rp_zp")).numbers().at(0));
  Tensor gamma = arrays.at(name("rp_gamma")).tensor(), beta = arrays.at(name("rp_beta")).tensor();
  Tensor weight = arrays.at(name("rp_W")).tensor(), bias = arrays.at(name("rp_bias")).tensor();
  change.change_norm(gamma, beta);
  change.change_reader(weight, bias);
  expect_near(gamma.values, floats(arrays, name("rp_gamma2")), 1e-5);
  expect_near(beta.values, floats(arrays, name("rp_beta2")), 1e-5);
  expect_near(weight.values, floats(arrays, name("rp_W2")), 1e-5);
  expect_near(bias.values, floats(arrays, name("rp_bias2")), 1e-5);
}

TEST_P(RepqVectors, ValuesBehindSoftmax) {
  FLASHCELL_NEEDS_FILE(file());
  const Arrays arrays = read_npz(file().string());
  const std::vector<float> x = floats(arrays, name("ls_x"));
  const Quantization q = search_log_sqrt2(x, GetParam(), false);
  EXPECT_NEAR(q.scale[0] / arrays.at(name("ls_delta")).numbers().at(0), 1, 1e-6);
  std::vector<float> ours = x;
  fake_quantize(ours, {static_cast<int64_t>(x.size())}, q);
  expect_near(ours, floats(arrays, name("ls_dq")), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Bits, RepqVectors, ::testing::Values(3, 4, 6, 8));

TEST(PercentileSearch, StorableStepsHoldWhatWasCovered) {
  // Numbers of one sign only, for which the zero point lies beyond the integers.
  for (const float sign : {1.0F, -1.0F}) {
    const std::vector<float> x = {2 * sign, 2.5F * sign, 3 * sign};
    const Quantization q = storable(search_affine(x, 4), 4);
    EXPECT_STREQ(find_fault(q, 1), "");
    std::vector<float> stored = x;
    fake_quantize(stored, {3}, q);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(stored[i], x[i], 0.11);
  }
  const std::vector<float> same(10, 0.5F);
  EXPECT_EQ(search_affine(same, 4).scale, 1);
  EXPECT_THROW(search_affine({}, 4), std::invalid_argument);
}

TEST(NormReparameterization, ChangesNothingInRealNumbers) {
  test::Random random(5);
  const std::vector<AffineSteps> channels = {{0.1, 3}, {2, 7}, {0.02, 20}};
  const NormReparameterization change(channels, 9);
  Tensor gamma = test::random_tensor({3}, random), beta = test::random_tensor({3}, random),
         weight = test::random_tensor({2, 3}, random), bias;
  const Tensor gamma0 = gamma, beta0 = beta, weight0 = weight;
  change.change_norm(gamma, beta);
  change.change_reader(weight, bias);
  for (int i = 0; i < 20; ++i) {
    const Tensor x = test::random_tensor({3}, random);
    for (size_t o = 0; o < 2; ++o) {
      double before = 0, after = bias.values[o];
      for (size_t c = 0; c < 3; ++c) {
        before += weight0.values[o * 3 + c] * (gamma0.values[c] * x.values[c] + beta0.values[c]);
        after += weight.values[o * 3 + c] * (gamma.values[c] * x.values[c] + beta.values[c]);
      }
      EXPECT_NEAR(after, before, 1e-4);
    }
  }
}

}  // namespace
}  // namespace flashcell::quant
