#include "quant_models/fusion/rem_cim_plan.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/graph/cost.hpp"

namespace flashcell::quant {
namespace {

// Measured at 96 x 128 pixels and width 8: drawing a scene; forward, of which
// training takes kTrainingPasses, our executor kJudgePasses, emulated arrays kArrayPasses.
constexpr double kDrawSecondsPerPixel = 2.5e-6;
constexpr double kSecondsPerMac = 1.2e-10, kSecondsPerValue = 2.4e-9;
constexpr double kTrainingPasses = 3, kTuningPasses = 4, kJudgePasses = 1.5, kArrayPasses = 2;
constexpr int kChoosingLooks = 31;  // at examples, that modules' bits are chosen with
constexpr double kDrawShare = 0.1, kJudgeShare = 0.2;
constexpr int kMostTrain = 6000, kMostTest = 400, kLeast = 8;
constexpr double kTestPart = 0.15;    // of all scenes
constexpr double kTuningPart = 0.25;  // of the epochs that a network learns

}  // namespace

double seconds_forward(const Graph& graph) {
  double values = 0;
  for (const NodeId id : graph.order()) values += static_cast<double>(element_count(graph.node(id).shape));
  return kSecondsPerMac * static_cast<double>(total_cost(graph).macs) + kSecondsPerValue * values;
}

RemCimPlan plan_rem_cim(double minutes, const FusionDetectorOptions& size, int evaluations, int train, int test) {
  const double seconds = 60 * minutes;
  double forward = 0, light = 0;  // of all networks, and of MEA-FPN
  for (const auto& [fusion, name] : kFusionNames) {
    FusionDetectorOptions each = size;
    each.fusion = fusion;
    each.seed.reset();
    const double own = seconds_forward(make_fusion_detector(each));
    forward += own;
    if (fusion == Fusion::light) light = own;
  }
  const double draw = kDrawSecondsPerPixel * size.rows * size.columns;
  // One scene, all systems.
  const double judge = kArrayPasses * (forward + light) * evaluations + kJudgePasses * light * kChoosingLooks;
  const double learn = kTrainingPasses * forward + kTuningPart * kTuningPasses * light;
  RemCimPlan plan;
  const double scenes = kDrawShare * seconds / draw;
  plan.test = test > 0 ? test
                       : std::clamp(static_cast<int>(std::min(kTestPart * scenes, kJudgeShare * seconds / judge)),
                                    kLeast, kMostTest);
  plan.train = train > 0 ? train : std::clamp(static_cast<int>((1 - kTestPart) * scenes), kLeast, kMostTrain);
  plan.drawing = draw * (plan.train + plan.test);
  plan.judging = judge * plan.test;
  const double left = seconds - plan.drawing - plan.judging;
  plan.epochs = std::max(1, static_cast<int>(left / (learn * plan.train)));
  plan.tuning_epochs = std::max(1, static_cast<int>(std::lround(kTuningPart * plan.epochs)));
  plan.training = learn * plan.train * plan.epochs;
  const double all = plan.drawing + plan.training + plan.judging;
  plan.drawing /= all;
  plan.training /= all;
  plan.judging /= all;
  return plan;
}

}  // namespace flashcell::quant
