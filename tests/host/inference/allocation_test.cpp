// Once it is built an engine allocates nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "host/inference/detect/detection_objects.hpp"
#include "host/inference/engine/engine.hpp"
#include "host/inference/roi/roi_namer.hpp"
#include "quant_models/packed/model_builder.hpp"
#include "tests/support/random_model.hpp"
#include "tests/support/transformer_model.hpp"

namespace {
std::atomic<long> allocations{0};
}

void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  ++allocations;
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace flashcell::host {
namespace {

// Layers that have kernels, that is; the reference's function allocates.
TEST(CnnAllocation, RunsAllocateNothing) {
  test::RandomModelOptions options;
  options.first_kinds = true;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const bool transformer = seed % 10 == 0;
    const quant::PackedModel model =
        transformer ? test::transformer_model({3, 2, 12, 2, 20, 1, 5}, seed) : test::random_model(seed, options);
    const std::vector<uint8_t> inputs = test::random_inputs(model, 9, seed);
    for (const inference::Target target : inference::supported_targets()) {
      Engine engine(model, target);
      std::vector<uint8_t> outputs(9 * engine.output_bytes());
      const long before = allocations;
      engine.run(inputs, 9, outputs);
      EXPECT_EQ(allocations - before, 0) << model.name << " on " << inference::name_of(target);
    }
  }
  EXPECT_GT(allocations, 0);
}

/// A network of one layer: `channels` numbers for every `side` x `side` pixels of a square picture.
quant::PackedModel one_layer(int picture, int side, int channels) {
  quant::ModelBuilder builder("network");
  const std::vector<int8_t> weights(static_cast<size_t>(channels * side * side), 1);
  const std::vector<int32_t> bias(static_cast<size_t>(channels), 0);
  const std::vector<contract::Requantization> scales(static_cast<size_t>(channels),
                                                     quant::requantization_for(0.5 / (side * side)));
  auto x = builder.input("picture", picture, picture, 1, {});
  if (side > 4) {
    x = builder.max_pool("pool", x, quant::Window::square(side / 4, side / 4));
    side = 4;
  }
  builder.output(
      builder.convolution("out", x, channels, quant::Window::square(side, side),
                          {std::span(weights).first(static_cast<size_t>(channels * side * side)), 8, bias, scales},
                          {contract::ActivationType::signed8, 8, 0.05F}));
  return builder.build();
}

TEST(CnnAllocation, NamingAndDetectingAllocateNothingOnceTheLargestFrameWasSeen) {
  std::vector<uint8_t> pixels(300 * 200 * 3);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 7 % 251);
  ObjectTable table, boxes;
  const auto namer = make_roi_namer(one_layer(16, 16, 5), {}, 8, 0.1F);
  const auto covering = make_detection_namer(one_layer(64, 8, 8), {0.05F, 0.45F, 500}, 8);
  const auto device = make_detection_device(one_layer(64, 8, 8), {0.05F, 0.45F, 500}, 8, 100);
  long before = 0;
  for (int round = 0; round < 6; ++round) {
    for (const PixelFormat format : {PixelFormat::grey8, PixelFormat::bgr8}) {
      const Frame frame(FrameView{pixels.data(), 300, 200, 300 * bytes_per_pixel(format), format});
      // Every size of object, at every edge; after the first round all of it is known.
      table.objects.resize(60);
      for (int i = 0; i < 60; ++i) {
        contract::ObjectRecord& o = table.objects[static_cast<size_t>(i)];
        o = {};
        o.left = static_cast<uint16_t>(i * 4);
        o.right = static_cast<uint16_t>(std::min(299, i * 9));
        o.top = static_cast<uint16_t>(i);
        o.bottom = static_cast<uint16_t>(std::min(199, i * 6));
        o.m00 = 1;
        o.m10 = o.left;
        o.m01 = o.top;
      }
      namer->name(frame, table);
      covering->name(frame, table);
      device->process(frame, boxes);
    }
    if (round == 0) before = allocations;
  }
  EXPECT_EQ(allocations - before, 0);
  EXPECT_FALSE(boxes.objects.empty());
}

}  // namespace
}  // namespace flashcell::host
