#include "host/board_speed/kernel_cycles.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

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

contract::CellLabelJob job_of(const ModelFrame& frame) {
  contract::CellLabelJob job{};
  job.contract_version = contract::kContractVersion;
  job.width = static_cast<uint16_t>(frame.width);
  job.height = static_cast<uint16_t>(frame.height);
  job.min_area = 1;
  job.max_area = 0xFFFFFFFFu;
  job.capacity = static_cast<uint32_t>(frame.objects) +
                 2 * contract::objects_of_cell_row(frame.connectivity, static_cast<uint32_t>(frame.width));
  job.row_words = contract::words_for(uint64_t{contract::bytes_of(frame.layout)} * static_cast<uint64_t>(frame.width));
  job.frame_words = job.row_words * static_cast<uint32_t>(frame.height);
  job.result_words = 1 + job.capacity * contract::words_per_object(frame.features);
  job.threshold = kThreshold;
  job.layout = frame.layout;
  job.segmentation = contract::Segmentation::threshold;
  job.connectivity = frame.connectivity;
  job.features = frame.features;
  job.classes = 1;
  job.min_cell_pixels = 1;
  job.saturation_floor = job.value_floor = 32;
  return job;
}

/// Buffers of a launch of `frames` equal frames, and its clocks.
class Launch {
 public:
  Launch(const ModelFrame& frame, const std::vector<uint8_t>& pixels, uint32_t frames)
      : job_(job_of(frame)),
        frames_(frames),
        pixels_(size_t{job_.frame_words} * frames),
        results_(size_t{job_.result_words} * frames) {
    for (uint32_t f = 0; f < frames; ++f) {
      std::memcpy(static_cast<void*>(&pixels_[size_t{f} * job_.frame_words]), pixels.data(), pixels.size());
    }
    std::memcpy(static_cast<void*>(parameters_.data()), &job_, sizeof job_);
  }

  int64_t clocks(kernels::CellLabelKernel kernel) {
    const flashcell_emulation::Simulation simulation;
    kernel(pixels_.data(), nullptr, parameters_.data(), results_.data(), frames_, 0);
    return simulation.report().cycles;
  }

  uint32_t objects() const {
    contract::ResultHeader header;
    std::memcpy(&header, results_.data(), sizeof header);
    return header.objects;
  }

 private:
  contract::CellLabelJob job_;
  uint32_t frames_;
  std::vector<Word> pixels_, results_;
  std::vector<Word> parameters_ = std::vector<Word>(1 + contract::kColourTableWords);
};

}  // namespace

KernelCycles kernel_cycles(const contract::KernelBuild& build, const ModelFrame& frame) {
  constexpr uint32_t kFrames = 5;
  const contract::CellLabelJob job = job_of(frame);
  const std::vector<uint8_t> pixels = pixels_of(scene_of(frame), frame, size_t{job.row_words} * contract::kWordBytes);
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
