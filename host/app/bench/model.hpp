#pragma once
#include <string>
#include <vector>

#include "kernels_hls/emulation/simulation.hpp"

// `flashcell bench --device hls`: clocks of the kernel by the cycle model, not time on this machine.
namespace flashcell::app {

/// A scene in one mode, frame by frame.
struct ModelCase {
  std::string scene, mode;
  int frames = 0;
  int64_t pixels = 0;                       ///< of a frame
  uint32_t objects = 0;                     ///< of the last frame
  flashcell_emulation::CycleReport report;  ///< over all frames

  double cycles_per_frame() const { return static_cast<double>(report.cycles) / frames; }
  double pixels_per_clock() const { return report.cycles > 0 ? static_cast<double>(pixels) / cycles_per_frame() : 0; }
  /// Clocks from the end of the stages that read the frame (and nothing of other stages) to the end of all; of the last
  /// frame.
  int64_t latency() const;
};

std::vector<ModelCase> bench_model();
void print_model(const std::vector<ModelCase>& cases);
void print_model_json(const std::vector<ModelCase>& cases);

}  // namespace flashcell::app
