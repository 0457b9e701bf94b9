#pragma once
#include "quant_models/graph/graph.hpp"
#include "quant_models/models/fusion_detector.hpp"

namespace flashcell::quant {

/// What the experiment does in the time that there is. Parts are shares of the whole time.
struct RemCimPlan {
  int train = 0, test = 0;            ///< scenes
  int epochs = 0, tuning_epochs = 0;  ///< of each network; of REM-CiM with few bits, on top of MEA-FPN's
  double drawing = 0;                 ///< of all scenes
  double training = 0;                ///< of all networks
  double judging = 0;                 ///< on the test scenes, and the choice of bits
};

/// For so many minutes of one processor core, by what drawing, multiply-accumulates and values took on a server core
/// of 2023 (AVX-512); other machines take longer or less. The plan depends on the sizes and the minutes alone, so that
/// the same command gives the same result. Each network sees the same examples equally often. `evaluations`: how often
/// each network is judged by all test scenes. `train`, `test`: how many scenes there are, where that is not the plan's
/// to choose; else 0.
RemCimPlan plan_rem_cim(double minutes, const FusionDetectorOptions& size, int evaluations, int train = 0,
                        int test = 0);

/// Examples to learn by that modules' bits are chosen with: as many as there are to test with, at most so many.
inline constexpr size_t kMostChoosing = 48;

/// Of a network, relative to the others: what one example takes, s, once forward.
double seconds_forward(const Graph& graph);

}  // namespace flashcell::quant
