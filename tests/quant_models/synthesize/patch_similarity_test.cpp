#include "quant_models/synthesize/patch_similarity.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <numbers>

#include "quant_models/data/numpy_file.hpp"
#include "tests/support/folders.hpp"

// Built where libtorch was found.
namespace flashcell::quant {
namespace {

at::Tensor to_double(const NumpyArray& array) {
  const std::vector<double> numbers = array.numbers();
  return at::tensor(numbers, at::kDouble).reshape(array.shape);
}

double number(const at::Tensor& x) {
  return x.item().toDouble();
}

/// The authors' code in double precision: similarities, density, entropy and its gradient.
TEST(PatchSimilarity, AsPsaqVitsAuthors) {
  const std::filesystem::path file = test::data_dir() / "../vectors/psaq/psaq_vectors.npz";
  FLASHCELL_NEEDS_FILE(file);
  const auto arrays = read_npz(file.string());
  for (const std::string name : {"0_", "1_"}) {
    const at::Tensor attention = to_double(arrays.at(name + "att")).requires_grad_();
    const at::Tensor similarity = patch_similarity(attention, 1);
    EXPECT_LT(number((similarity - to_double(arrays.at(name + "sims"))).abs().max()), 1e-12);
    const SimilarityDensity estimate = estimate_density(similarity);
    EXPECT_LT(number((estimate.points - to_double(arrays.at(name + "x"))).abs().max()), 1e-12);
    EXPECT_LT(number((estimate.density - to_double(arrays.at(name + "kde"))).abs().max()),
              1e-6);  // its factor is a float32
    const at::Tensor entropy = density_entropy(similarity);
    EXPECT_NEAR(number(entropy), arrays.at(name + "entropy").numbers().at(0), 1e-6);
    const at::Tensor gradient = torch::autograd::grad({entropy}, {attention})[0];
    const at::Tensor expected = to_double(arrays.at(name + "datt"));
    EXPECT_GT(number(expected.abs().max()), 0.01);
    EXPECT_LT(number((gradient - expected).abs().max()), 1e-6);
  }
  const double variation = number(total_variation(to_double(arrays.at("tv_img"))));
  EXPECT_NEAR(variation, arrays.at("tv").numbers().at(0), 1e-9);
}

TEST(PatchSimilarity, GaussianEntropyIsThatOfTheVariance) {
  // Two patches' similarity is one number a pair: three pairs of each picture.
  const std::vector<double> numbers = {1, 0.1, 0.4, 0.1, 1, -0.5, 0.4, -0.5, 1};
  const at::Tensor similarity = at::tensor(numbers, at::kDouble).reshape({1, 3, 3});
  const double mean = 0, variance = (0.1 * 0.1 + 0.4 * 0.4 + 0.5 * 0.5) / 3 - mean * mean;
  const double expected = 0.5 * std::log(2 * std::numbers::pi * std::numbers::e * (variance + 1e-6));
  EXPECT_NEAR(number(gaussian_entropy(similarity)), expected, 1e-12);
}

TEST(PatchSimilarity, BothEntropiesTellPartsFromNoise) {
  // Patches at angles from each other up to 85 degrees, and up to 17.
  const at::Tensor angles = at::linspace(0, 1.5, 41, at::kDouble);
  const auto patches_at = [](const at::Tensor& angle) {
    return at::stack({angle.cos(), angle.sin()}, 1).reshape({1, 1, 41, 2});
  };
  const at::Tensor parts = patches_at(angles), noise = patches_at(angles / 5);
  EXPECT_GT(number(density_entropy(patch_similarity(parts, 1))), number(density_entropy(patch_similarity(noise, 1))));
  EXPECT_GT(number(gaussian_entropy(patch_similarity(parts, 1))), number(gaussian_entropy(patch_similarity(noise, 1))));
}

}  // namespace
}  // namespace flashcell::quant
