#pragma once
#include <cstdint>

#include "quant_models/data_free/picture_method.hpp"
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// What is done in the time that there is.
struct WorkPlan {
  int64_t images = 0;           ///< drawn before training; with a generator: to calibrate with
  int distill_steps = 0;        ///< for each batch of images, of the methods that change images
  int64_t generator_steps = 0;  ///< before the quantized network begins
  int64_t training_steps = 0;   ///< of the quantized network
  int rounding_steps = 0;       ///< of adaptive rounding, for each layer; 0: none
};

/// For so many minutes of one processor core, by what the network's multiply-accumulates and values took on a server
/// core of 2023 (AVX-512); other machines take longer or less. The plan depends on the network and the minutes alone,
/// so that the same command gives the same result. `images`: 0: as many as the minutes allow. Without training all of
/// the time is the pictures' (of a generator, which learns beside the quantized network, it is not).
WorkPlan plan_work(const Graph& graph, PictureMethod method, double minutes, int64_t images = 0, bool trains = true);

/// Steps of adaptive rounding that fit into so many minutes beside the rest of the plan; 0: too few, or a transformer,
/// whose blocks are reconstructed.
int plan_rounding(const Graph& graph, double minutes);

}  // namespace flashcell::quant
