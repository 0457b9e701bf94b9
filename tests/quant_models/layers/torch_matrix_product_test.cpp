#include "quant_models/layers/torch_matrix_product.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "quant_models/random.hpp"

// Built where libtorch was found.
namespace flashcell::quant {
namespace {

at::Tensor draw(at::IntArrayRef shape, Random& random) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<float>()[i] = static_cast<float>(random.uniform(-1, 1));
  return tensor;
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item().toDouble();
}

struct Case {
  std::vector<int64_t> a, b;
};

const std::vector<Case> kCases = {
    {{5, 7}, {7, 3}},          {{2, 5, 7}, {7, 40}}, {{2, 3, 5, 7}, {2, 3, 7, 9}}, {{2, 3, 5, 7}, {1, 1, 7, 9}},
    {{3, 5, 7}, {2, 1, 7, 1}}, {{1, 1}, {1, 1}}};

TEST(TorchMatrixProduct, IsMatmulWithItsGradients) {
  Random random(1, {});
  for (const Case& c : kCases) {
    const at::Tensor a = draw(c.a, random).requires_grad_(), b = draw(c.b, random).requires_grad_();
    const at::Tensor ours = matrix_product(a, b), theirs = at::matmul(a, b);
    EXPECT_LT(largest_difference(ours, theirs), 1e-5);
    const at::Tensor weight = draw(ours.sizes(), random);
    const auto of_ours = torch::autograd::grad({(ours * weight).sum()}, {a, b});
    const auto of_theirs = torch::autograd::grad({(theirs * weight).sum()}, {a, b});
    for (size_t i = 0; i < 2; ++i) EXPECT_LT(largest_difference(of_ours[i], of_theirs[i]), 1e-5);
  }
}

TEST(TorchMatrixProduct, SecondDerivatives) {
  Random random(2, {});
  const at::Tensor x = draw({4, 6, 6}, random).requires_grad_(), v = draw({4, 6, 6}, random);
  const auto curvature = [&](const auto& product) {
    const at::Tensor loss = product(product(x, x.transpose(1, 2)), x).square().sum();
    const at::Tensor gradient = torch::autograd::grad({loss}, {x}, {}, {}, true)[0];
    return torch::autograd::grad({(gradient * v).sum()}, {x})[0];
  };
  const at::Tensor ours = curvature([](const at::Tensor& a, const at::Tensor& b) { return matrix_product(a, b); });
  const at::Tensor theirs = curvature([](const at::Tensor& a, const at::Tensor& b) { return at::matmul(a, b); });
  EXPECT_LT(largest_difference(ours, theirs), 1e-5 * theirs.abs().max().item().toDouble());
}

TEST(TorchMatrixProduct, TransposedAndPartialValues) {
  Random random(3, {});
  const at::Tensor a = draw({2, 9, 8}, random).transpose(1, 2).slice(1, 1, 7),
                   b = draw({2, 5, 18}, random).slice(2, 0, 18, 2).transpose(1, 2);
  EXPECT_LT(largest_difference(matrix_product(a, b), at::matmul(a, b)), 1e-5);
  const at::Tensor c = a.to(at::kDouble), d = b.to(at::kDouble);
  EXPECT_TRUE(matrix_product(c, d).equal(at::matmul(c, d)));
}

}  // namespace
}  // namespace flashcell::quant
