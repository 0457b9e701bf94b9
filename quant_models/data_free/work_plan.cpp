#include "quant_models/data_free/work_plan.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/data_free/family.hpp"
#include "quant_models/data_free/student.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/quantize/adaptive_rounding.hpp"
#include "quant_models/quantize/layer_view.hpp"
#include "quant_models/synthesize/distill.hpp"
#include "quant_models/synthesize/generator_training.hpp"
#include "quant_models/synthesize/octaves.hpp"

namespace flashcell::quant {
namespace {

// Measured with libtorch 1.13 on ResNet-20 and MobileNetV1-0.25: seconds for one image once forward.
constexpr double kSecondsPerMac = 0.73e-11, kSecondsPerValue = 1.1e-9;
// In those: an image's share of a step. Forward and backward, to the image; the network in real numbers once and the
// quantized one forward and backward, to its weights.
constexpr double kDistillPasses = 3, kTrainingPasses = 4;
// Transformers, of either: what lies between their products takes long, too.
constexpr double kAttentionPasses = 6;

double seconds_forward(const Graph& graph) {
  double values = 0;
  for (const NodeId id : graph.order()) values += static_cast<double>(element_count(graph.node(id).shape));
  return kSecondsPerMac * static_cast<double>(total_cost(graph).macs) + kSecondsPerValue * values;
}

// Of the generator for one image, forward: nearly all of it is the last two convolutions.
double seconds_of_generator(const Graph& graph) {
  const Shape& image = graph.node(graph.inputs()[0]).shape;
  const auto pixels = static_cast<double>(image.at(2) * image.at(3));
  const auto width = static_cast<double>(GeneratorOptions().width);
  return kSecondsPerMac * pixels * 9 * (width * width / 2 + width * width / 4) + kSecondsPerValue * pixels * width * 4;
}

// Of what one image is made of in one step of distillation. Of short sides it is part of the passes above.
double seconds_of_octaves(const Graph& graph) {
  constexpr double kSecondsPerNumber = 3.5e-8;
  const Shape& image = graph.node(graph.inputs()[0]).shape;
  if (std::max(image.at(2), image.at(3)) <= Octaves::kLongestProduct) return 0;
  return kSecondsPerNumber * DistillOptions().octaves * static_cast<double>(element_count(image));
}

// Up to a fifth of the time, beside the rest of the plan.
int rounding_steps(const Graph& graph, double seconds) {
  constexpr double kSecondsPerProduct = 2.5e-10, kShare = 0.2;
  constexpr int kFewest = 200, kMost = 1000;
  double products = 0;  // of one step for each layer
  for (const NodeId id : graph.order()) {
    const Layer& layer = graph.node(id).layer;
    if (!can_round_adaptively(layer)) continue;
    const Tensor& weight = *weight_of(layer);
    const auto weights = static_cast<double>(element_count(weight.shape));
    products += weights * weights / static_cast<double>(weight.shape[0]);
  }
  const double steps = kShare * seconds / (kSecondsPerProduct * std::max(products, 1.0));
  return steps < kFewest ? 0 : static_cast<int>(std::min<double>(steps, kMost));
}

int64_t at_least_one(double count) {
  return std::max<int64_t>(1, std::llround(count));
}

}  // namespace

WorkPlan plan_work(const Graph& graph, PictureMethod method, double minutes, int64_t images, bool trains) {
  const double seconds = 60 * minutes, forward = seconds_forward(graph);
  const double of_pictures = trains ? seconds / 2 : seconds, of_training = seconds - of_pictures;
  const bool attends = family_of(graph) == Family::transformer;
  const double training = (attends ? kAttentionPasses : kTrainingPasses) * forward * static_cast<double>(kStudentBatch);
  constexpr int64_t kCalibrationImages = 256, kMostImages = 5120, kLeastImages = 64;
  constexpr int kDistillSteps = 100, kMostDistillSteps = 500;
  constexpr int64_t kAttentionImages = 32;  // are enough for a transformer: Zhong et al., SARDFQ
  if (is_drawn_blind(method)) {
    if (images == 0) images = attends && method == PictureMethod::leaves ? kAttentionImages : 1024;
    return {images, 0, 0, trains ? at_least_one(seconds / training) : 0};
  }
  if (looks_at_attention(method)) {
    constexpr int kMostAttentionSteps = 1000;
    if (images == 0) images = kAttentionImages;
    // sardfq looks twice, psaq-v2 at a student as well, which learns.
    const double looks = method == PictureMethod::psaq ? 1 : method == PictureMethod::sardfq ? 2 : 3;
    const double steps = of_pictures / (kAttentionPasses * looks * forward * static_cast<double>(images));
    return {images, static_cast<int>(std::clamp(steps, 1.0, 1.0 * kMostAttentionSteps)), 0,
            trains ? at_least_one(of_training / training) : 0};
  }
  if (method == PictureMethod::distill) {
    const double image_steps = of_pictures / (kDistillPasses * forward + seconds_of_octaves(graph));
    if (images == 0)
      images = std::clamp<int64_t>(at_least_one(image_steps / kDistillSteps / 64) * 64, kLeastImages, kMostImages);
    const auto steps = static_cast<int>(std::min(image_steps / static_cast<double>(images), 1.0 * kMostDistillSteps));
    return {images, std::max(1, steps), 0, trains ? at_least_one(of_training / training) : 0};
  }
  // The generator's own step: it forward and backward, and the network; for ddaq the quantized one, too.
  const double passes = method == PictureMethod::ddaq ? 2 * kDistillPasses : kDistillPasses;
  const double generating =
      static_cast<double>(GeneratorOptions().batch) * (passes * forward + kDistillPasses * seconds_of_generator(graph));
  // A fifth of the time for the generator alone, then both take turns.
  return {images > 0 ? images : kCalibrationImages, 0, at_least_one(seconds / 5 / generating),
          at_least_one(seconds * 4 / 5 / (generating + training))};
}

int plan_rounding(const Graph& graph, double minutes) {
  return family_of(graph) == Family::transformer ? 0 : rounding_steps(graph, 60 * minutes);
}

}  // namespace flashcell::quant
