#include "quant_models/manycore/predictions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace flashcell::quant::manycore {
namespace {

constexpr int64_t kSteps = 3;
constexpr int kMostPoints = 16;

SweepPoint point_of(const MachineRun& run, double x) {
  const double share = 1.0 / static_cast<double>(run.steps * run.options.sequences);
  SweepPoint point{x,
                   static_cast<double>(run.time) * 1e-9 * share,
                   run.energy.total_mj() * share,
                   run.watts,
                   0,
                   true,
                   bound_of(run.shares)};
  for (const ElementUse& use : run.elements) point.bytes = std::max(point.bytes, use.memory.charged);
  point.fits = point.bytes <= run.chip.data_bytes();
  return point;
}

SweepPoint measure(const SparseNetwork& network, const Chip& chip, MachineOptions options, double x) {
  options.ignore_sram = true;
  options.progress = nullptr;
  const std::vector<float> inputs = make_input({kSteps * options.sequences, 1, 1}, network.inputs());
  return point_of(run_machine(network, chip, options, inputs), x);
}

/// Random, with layers `factor` as wide.
SparseNetwork like(const SparseNetwork& network, double factor, double sparsity) {
  const auto scaled = [&](int64_t units) {
    return std::max<int64_t>(1, static_cast<int64_t>(std::lround(static_cast<double>(units) * factor)));
  };
  RandomNetwork parameters;
  parameters.hidden.clear();
  for (const EventLayer& layer : network.layers) parameters.hidden.push_back(scaled(layer.hidden));
  parameters.inputs = scaled(network.inputs());
  parameters.sparsity = sparsity;
  return make_network(parameters);
}

double sparsity_of(const SparseNetwork& network) {
  return 1 - static_cast<double>(network.nonzeros()) / static_cast<double>(network.weights());
}

/// Whole numbers from first to last, evenly on a logarithmic axis.
std::set<int> spaced(int first, int last) {
  std::set<int> numbers{first, last};
  for (int i = 0; i < kMostPoints; ++i)
    numbers.insert(
        static_cast<int>(std::lround(first * std::pow(static_cast<double>(last) / first, i / (kMostPoints - 1.0)))));
  return numbers;
}

}  // namespace

Sweep sweep_elements(const SparseNetwork& network, const Chip& chip, const MachineOptions& options, int first, int last,
                     const SweepProgress& progress) {
  Sweep sweep{"elements", "Elements", "elements", true, {}};
  for (const PowerLevel& level : chip.levels) {
    SweepLine line{level.name, {}};
    MachineOptions tried = options;
    tried.level = level.name;
    for (const int elements : spaced(first, last)) {
      progress(fmt::format("{} elements, {}", elements, level.name));
      tried.elements = elements;
      line.points.push_back(measure(network, chip, tried, elements));
    }
    sweep.lines.push_back(std::move(line));
  }
  return sweep;
}

Sweep sweep_batch(const SparseNetwork& network, const Chip& chip, const MachineOptions& options,
                  const SweepProgress& progress) {
  Sweep sweep{"batch", "Sequences together", "sequences", true, {{"", {}}}};
  MachineOptions tried = options;
  for (const int sequences : {1, 2, 4, 8}) {
    progress(fmt::format("{} sequences", sequences));
    tried.sequences = sequences;
    sweep.lines[0].points.push_back(measure(network, chip, tried, sequences));
  }
  return sweep;
}

Sweep sweep_sparsity(const SparseNetwork& network, const Chip& chip, const MachineOptions& options,
                     const SweepProgress& progress) {
  Sweep sweep{"sparsity", "Weights that are there", "share of the weights that are not zero [%]", true, {{"", {}}}};
  for (const double percent : {0.5, 1.0, 2.0, 3.5, 5.0, 7.5, 10.0, 20.0}) {
    progress(fmt::format("{} % of the weights", percent));
    const SparseNetwork tried = like(network, 1, 1 - percent / 100);
    sweep.lines[0].points.push_back(measure(tried, chip, options, percent));
  }
  return sweep;
}

Sweep sweep_size(const SparseNetwork& network, const Chip& chip, const MachineOptions& options,
                 const SweepProgress& progress) {
  Sweep sweep{"size", "Width of the layers", "width of the layers, times this network's", true, {{"", {}}}};
  for (const double factor : {0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0}) {
    progress(fmt::format("layers {} times as wide", factor));
    const SparseNetwork tried = like(network, factor, sparsity_of(network));
    sweep.lines[0].points.push_back(measure(tried, chip, options, factor));
  }
  return sweep;
}

}  // namespace flashcell::quant::manycore
