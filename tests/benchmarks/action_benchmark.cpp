// What naming the actions of 100 tracks at 2000 frames/s costs of one core: frames with all their rows through the
// namer, as a run hands them on.
#include <benchmark/benchmark.h>

#include <cmath>

#include "host/actions/track_actions.hpp"
#include "quant_models/recurrent/parameters.hpp"

namespace {

using namespace flashcell;

constexpr double kFps = 2000;

host::ActionModel model_of(double step_s) {
  host::ActionModel model;
  model.step_s = step_s;
  model.inputs = {true, false};
  const size_t features = tracking::action_feature_count(model.inputs);
  model.means.assign(features, 0);
  model.scales.assign(features, 1);
  model.network.names = {"a", "b", "c", "d", "e"};
  quant::RecurrentLayer<float> layer;
  layer.inputs = static_cast<int>(features);
  layer.hidden = 32;
  model.network.layers.push_back(layer);
  initialize(model.network, false, {0.1, 1, 1});
  return model;
}

/// One frame's rows: tracks that wind about.
void fill(int64_t frame, std::vector<AssembledRow>& rows, std::vector<tracking::ActionLook>& looks) {
  const double t = static_cast<double>(frame) / kFps;
  for (size_t i = 0; i < rows.size(); ++i) {
    AssembledRow& row = rows[i];
    const double phase = static_cast<double>(i);
    row.row.frame = frame;
    row.row.id = static_cast<uint32_t>(i + 1);
    row.row.detection = static_cast<int32_t>(i);
    row.row.x = 100 + 50 * std::sin(3 * t + phase);
    row.row.y = 100 + 50 * std::cos(2 * t + phase);
    row.time_s = t;
    looks[i] = {200, 20 + 5 * std::sin(5 * t + phase), 3 * std::cos(7 * t + phase), 12, {}, 0, 0};
    looks[i].hlac.fill(0.8F);
  }
}

/// Step of the network: ms.
void name_actions(benchmark::State& state) {
  constexpr size_t kTracks = 100;
  constexpr int64_t kFrames = 2000;
  const auto namer = host::make_action_namer(model_of(1e-3 * static_cast<double>(state.range(0))), kFps);
  namer->begin(false);
  // A second, over and over: what is measured is not the sines.
  std::vector<std::vector<AssembledRow>> rows(kFrames, std::vector<AssembledRow>(kTracks));
  std::vector<std::vector<tracking::ActionLook>> looks(kFrames, std::vector<tracking::ActionLook>(kTracks));
  for (int64_t f = 0; f < kFrames; ++f) fill(f, rows[static_cast<size_t>(f)], looks[static_cast<size_t>(f)]);
  std::vector<AssembledRow> ready;
  int64_t frame = 0;
  for (auto _ : state) {
    std::vector<AssembledRow>& now = rows[static_cast<size_t>(frame % kFrames)];
    for (AssembledRow& row : now) {
      row.row.frame = frame;
      row.time_s = static_cast<double>(frame) / kFps;
    }
    ready.clear();
    namer->take(now, looks[static_cast<size_t>(frame % kFrames)], ready);
    benchmark::DoNotOptimize(ready.data());
    ++frame;
  }
  state.counters["frames/s"] = benchmark::Counter(static_cast<double>(frame), benchmark::Counter::kIsRate);
}
BENCHMARK(name_actions)->Arg(5)->Arg(20)->Arg(50)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
