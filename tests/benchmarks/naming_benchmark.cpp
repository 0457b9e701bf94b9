// One core: what surrounds a network when it names or finds objects. Crops by side of the region, a frame stretched to
// a detector's input, the decoding of cells.
#include <benchmark/benchmark.h>

#include <random>

#include "host/inference/detect/cell_decoder.hpp"
#include "host/inference/roi/roi_cropper.hpp"
#include "tests/benchmarks/cnn_shapes.hpp"

namespace flashcell {
namespace {

std::vector<uint8_t> noise(size_t bytes) {
  std::mt19937 random(1);
  std::vector<uint8_t> values(bytes);
  for (uint8_t& v : values) v = static_cast<uint8_t>(random());
  return values;
}

/// Objects of 10, 24, 60 px: regions of 14, 34, 84 px.
void crop(benchmark::State& state, host::inference::Target target) {
  const auto side = static_cast<int>(state.range(0));
  const std::vector<uint8_t> pixels = noise(512 * 512);
  const FrameView frame{pixels.data(), 512, 512, 512, PixelFormat::grey8};
  host::RoiCropper cropper({28, 28, host::inference::PictureChannels::grey, 8, target}, {});
  std::vector<contract::ObjectRecord> objects(100);
  for (size_t i = 0; i < objects.size(); ++i) {
    contract::ObjectRecord& o = objects[i];
    o.left = static_cast<uint16_t>(40 + i % 10 * 35);
    o.top = static_cast<uint16_t>(40 + i / 10 * 35);
    o.right = static_cast<uint16_t>(o.left + side - 1);
    o.bottom = static_cast<uint16_t>(o.top + side - 1);
    o.m00 = 1;
    o.m10 = o.left + static_cast<uint64_t>(side) / 2;
    o.m01 = o.top + static_cast<uint64_t>(side) / 2;
  }
  std::vector<uint8_t> picture(28 * 28);
  for (auto _ : state) {
    for (const contract::ObjectRecord& object : objects) cropper.crop(frame, object, picture.data());
    benchmark::ClobberMemory();
  }
  state.counters["objects/s"] = benchmark::Counter(100, benchmark::Counter::kIsIterationInvariantRate);
}

void stretch_frame(benchmark::State& state) {
  const auto side = static_cast<int>(state.range(0));
  const std::vector<uint8_t> pixels = noise(static_cast<size_t>(side) * static_cast<size_t>(side));
  host::inference::Resampler resampler(512, 512, host::inference::PictureChannels::grey, 8);
  std::vector<uint8_t> picture(resampler.bytes());
  for (auto _ : state) {
    resampler.run({pixels.data(), side, side, side, PixelFormat::grey8}, {0, 0, side, side}, picture.data());
    benchmark::ClobberMemory();
  }
}

/// 64 x 64 cells of three classes; every n-th cell is promising.
void decode(benchmark::State& state) {
  test::RandomLayers layers("cells");
  auto x = layers.builder.input("frame", 512, 512, 1, {});
  x = layers.convolution(x, 8, 4, 4, 0);
  layers.builder.output(layers.convolution(x, 8, 2, 2, 0));
  const quant::PackedModel model = layers.builder.build();
  host::CellDecoder decoder(model, {0.9F});
  std::vector<uint8_t> cells(64 * 64 * 8, 0);
  std::mt19937 random(1);
  for (size_t cell = 0; cell < 64 * 64; cell += static_cast<size_t>(state.range(0))) {
    for (size_t c = 0; c < 8; ++c) cells[8 * cell + c] = static_cast<uint8_t>(random() % 4);
    cells[8 * cell] = 200;
    cells[8 * cell + 5 + cell % 3] = 200;
  }
  size_t boxes = 0;
  for (auto _ : state) boxes = decoder.decode(cells).size();
  state.counters["boxes"] = static_cast<double>(boxes);
}

BENCHMARK(stretch_frame)->Arg(512)->Arg(640)->Arg(256)->Unit(benchmark::kMicrosecond);
BENCHMARK(decode)->Arg(4096)->Arg(40)->Arg(8)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace flashcell

int main(int argc, char** argv) {
  for (const auto target : flashcell::host::inference::supported_targets()) {
    benchmark::RegisterBenchmark((std::string("crop/") + flashcell::host::inference::name_of(target)).c_str(),
                                 [target](benchmark::State& state) { flashcell::crop(state, target); })
        ->Arg(10)
        ->Arg(24)
        ->Arg(60)
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
