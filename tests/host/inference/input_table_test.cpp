#include <gtest/gtest.h>

#include "base/error.hpp"
#include "host/inference/input_table.hpp"
#include "quant_models/packed/model_builder.hpp"

namespace flashcell::host {
namespace {

quant::PackedModel model(int channels, const quant::Preprocessing& preprocessing,
                         const quant::ActivationFormat& format) {
  quant::ModelBuilder builder("input");
  builder.set_preprocessing(preprocessing);
  builder.output(builder.max_pool("p", builder.input("x", 2, 2, channels, format), quant::Window::square(2)));
  return builder.build();
}

TEST(CnnInputTable, GreyPixelsOfAByteScaleAreThemselves) {
  const InputTable table(model(1, {}, {contract::ActivationType::unsigned8, 8, 1 / 255.f}));
  for (int pixel = 0; pixel < 256; ++pixel) EXPECT_EQ(table.value(0, static_cast<uint8_t>(pixel)), pixel);
}

TEST(CnnInputTable, MeanFactorScaleAndZeroPoint) {
  quant::Preprocessing preprocessing;
  preprocessing.channels = quant::Preprocessing::Channels::bgr;
  preprocessing.mean = {100, 50, 0};
  preprocessing.factor = {0.5f, 1, 2};
  const InputTable table(model(3, preprocessing, {contract::ActivationType::signed8, 8, 2, 10}));
  // (pixel - mean) * factor / 2 + 10, halves up, clamped to -128..127
  EXPECT_EQ(static_cast<int8_t>(table.value(0, 100)), 10);
  EXPECT_EQ(static_cast<int8_t>(table.value(0, 102)), 11);
  EXPECT_EQ(static_cast<int8_t>(table.value(0, 98)), 10);
  EXPECT_EQ(static_cast<int8_t>(table.value(1, 0)), -15);
  EXPECT_EQ(static_cast<int8_t>(table.value(2, 255)), 127);
  const std::vector<uint8_t> pixels = {100, 0, 255, 102, 0, 1};
  std::vector<uint8_t> values(6);
  table.apply(pixels, values);
  EXPECT_EQ(values, (std::vector<uint8_t>{10, static_cast<uint8_t>(-15), 127, 11, static_cast<uint8_t>(-15), 11}));
  EXPECT_THROW(table.apply(pixels, std::span(values).first(5)), Error);
}

TEST(CnnInputTable, WrongChannelsAreRefused) {
  EXPECT_THROW(InputTable(model(3, {}, {})), Error);
}

}  // namespace
}  // namespace flashcell::host
