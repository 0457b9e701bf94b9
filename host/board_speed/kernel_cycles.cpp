#include "host/board_speed/kernel_cycles.hpp"

#include <cstring>
#include <vector>

#include "host/launch/launch_results.hpp"
#include "host/synth/scene.hpp"
#include "kernels_hls/cell_label/kernel_table.hpp"
#include "kernels_hls/emulation/simulation.hpp"

namespace flashcell::host {
namespace {

using contract::PixelLayout;
using kernels::Word;

constexpr int kThreshold = 40;  // above the scene's background (20), below every colour of its objects

/// Discs of the size that the header states, all of which may touch.
Scene scene_of(const ModelFrame& frame) {
  SceneParameters parameters;
  parameters.width = frame.width;
  parameters.height = frame.height;
  parameters.objects = frame.objects;
  parameters.colour = contract::bytes_of(frame.layout) == 3;
  return Scene(parameters);
}

/// One grey or colour frame of the scene in the kernel's layout. A Bayer frame takes the grey values: its clocks do not
/// depend on colours.
std::vector<uint8_t> pixels_of(const Scene& scene, const ModelFrame& frame, size_t stride) {
  const bool colour = scene.parameters().colour;
  const size_t row_bytes = static_cast<size_t>(frame.width) * (colour ? 3 : 1);
  std::vector<uint8_t> pixels(stride * static_cast<size_t>(frame.height));
  if (frame.layout != PixelLayout::grey16) {
    scene.render(0, pixels.data(), static_cast<ptrdiff_t>(stride));
    return pixels;
  }
  std::vector<uint8_t> grey(row_bytes * static_cast<size_t>(frame.height));
  scene.render(0, grey.data(), static_cast<ptrdiff_t>(row_bytes));
  for (int y = 0; y < frame.height; ++y) {
    for (int x = 0; x < frame.width; ++x) {
      pixels[static_cast<size_t>(y) * stride + 2 * static_cast<size_t>(x)] =
          grey[static_cast<size_t>(y) * row_bytes + static_cast<size_t>(x)];
    }
  }
  return pixels;
}

LaunchLayout layout_of(const ModelFrame& frame, uint32_t frames) {
  contract::LabelParameters label;
  label.width = static_cast<uint32_t>(frame.width);
  label.height = static_cast<uint32_t>(frame.height);
  label.max_objects = static_cast<uint32_t>(frame.objects);
  label.connectivity = frame.connectivity;
  label.features = frame.features;
  return plan_launch(label, {frame.layout, contract::Segmentation::threshold, kThreshold}, frames);
}

/// Buffers of a launch of `frames` equal frames, and its clocks.
class Launch {
 public:
  Launch(const ModelFrame& frame, const std::vector<uint8_t>& pixels, uint32_t frames)
      : layout_(layout_of(frame, frames)),
        pixels_(words(layout_.frames_buffer_bytes())),
        parameters_(words(layout_.parameters_buffer_bytes())),
        results_(words(layout_.results_buffer_bytes())) {
    for (uint32_t f = 0; f < frames; ++f) {
      std::memcpy(static_cast<void*>(&pixels_[words(layout_.frame_at(f))]), pixels.data(), pixels.size());
    }
    std::memcpy(static_cast<void*>(parameters_.data()), &layout_.job, sizeof layout_.job);
  }

  int64_t clocks(kernels::CellLabelKernel kernel) {
    const flashcell_emulation::Simulation simulation;
    kernel(pixels_.data(), nullptr, parameters_.data(), results_.data(), layout_.frames, 0);
    return simulation.report().cycles;
  }

  uint32_t objects() const { return read_header(reinterpret_cast<const std::byte*>(results_.data())).objects; }

 private:
  static size_t words(uint64_t bytes) { return bytes / contract::kWordBytes; }

  LaunchLayout layout_;
  std::vector<Word> pixels_, parameters_, results_;
};

}  // namespace

KernelCycles kernel_cycles(const contract::KernelBuild& build, const ModelFrame& frame) {
  constexpr uint32_t kFrames = 5;
  const std::vector<uint8_t> pixels = pixels_of(scene_of(frame), frame, layout_of(frame, 1).row_bytes());
  Launch one(frame, pixels, 1), several(frame, pixels, kFrames);
  KernelCycles cycles{};
  cycles.first_frame = static_cast<double>(one.clocks(kernels::top_function(&build)));
  cycles.per_frame =
      (static_cast<double>(several.clocks(kernels::top_function(&build))) - cycles.first_frame) / (kFrames - 1);
  cycles.pixels_per_clock = static_cast<double>(frame.width) * frame.height / cycles.per_frame;
  cycles.objects = one.objects();
  return cycles;
}

const contract::KernelBuild* build_for(const ModelFrame& frame) {
  return contract::leanest_build(static_cast<uint32_t>(frame.width), static_cast<uint32_t>(frame.height),
                                 frame.connectivity, frame.features);
}

}  // namespace flashcell::host
