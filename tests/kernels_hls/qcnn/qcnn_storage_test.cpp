#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "kernels_hls/qcnn/storage.hpp"
#include "quant_models/packed/kernel_cycles.hpp"
#include "quant_models/packed/model_builder.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::kernels {
namespace {

template <class S>
std::string readme_row(const char* name) {
  const QcnnStorage s = qcnn_storage<S>();
  return fmt::format("| `{}` | {} | {} | {} | {} | {} | {:.0f} |", name, s.activations, s.weights, s.channels,
                     s.tensors, s.rows, static_cast<double>(s.total()) / 1000);
}

/// The README's storage table is what the sources count.
TEST(QcnnStorage, ReadmeTableIsCounted) {
  std::ifstream file(test::source_dir() / "kernels_hls/qcnn/README.md");
  std::stringstream readme;
  readme << file.rdbuf();
  EXPECT_THAT(readme.str(), testing::HasSubstr(readme_row<QcnnSizes<0>>(contract::kQcnnBuilds[0].name)));
  EXPECT_THAT(readme.str(), testing::HasSubstr(readme_row<QcnnSizes<1>>(contract::kQcnnBuilds[1].name)));
}

/// Clocks of a convolution whose channels fill the array, and of one that reads a grey image.
TEST(QcnnCycles, FollowTheReadmesFormulas) {
  using quant::Window;
  const std::vector<int8_t> weights(64 * 64 * 9, 1);
  const std::vector<int32_t> bias(64, 0);
  const std::vector<contract::Requantization> scales(64, quant::requantization_for(0.001));
  quant::ModelBuilder builder("cycles");
  const auto grey = builder.input("grey", 64, 64, 1, {});
  const auto first = builder.convolution("first", grey, 64, Window::square(4, 4),
                                         {std::span(weights).first(64 * 16), 8, bias, scales}, {});
  builder.output(builder.convolution("full", first, 64, Window::square(3, 1, 1), {weights, 8, bias, scales}, {}));
  const quant::PackedModel model = builder.build();
  const uint64_t first_cycles = 2 * 16 * 16 * 4 * 1 + 64 * 4 + 64, full_cycles = 2 * 16 * 16 * 3 * 6 + 64 * 18 + 64;
  EXPECT_EQ(quant::kernel_cycles(model, model.layers[0]), first_cycles);
  EXPECT_EQ(quant::kernel_cycles(model, model.layers[1]), full_cycles);
  EXPECT_EQ(quant::kernel_cycles(model), first_cycles + full_cycles + 64 * 64 / 32 + 16 * 16 * 64 / 32);
  // Without loading: 1024 multiply-accumulates a clock.
  EXPECT_EQ(quant::multiply_accumulates(model, model.layers[1]), (full_cycles - 64 * 18 - 64) * 1024);
}

}  // namespace
}  // namespace flashcell::kernels
