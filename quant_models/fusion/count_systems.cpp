#include "quant_models/fusion/count_systems.hpp"

#include "quant_models/fusion/module_cost.hpp"

namespace flashcell::quant {

std::vector<SystemCount> count_systems(const FusionDetectorOptions& size, int64_t most_rows) {
  std::vector<SystemCount> counts;
  std::vector<ModuleCost> modules;
  std::optional<Fusion> built;
  ConverterTotals one;  // MEA-FPN's
  for (const FusionSystem& system : kFusionSystems) {
    if (built != system.fusion) {
      FusionDetectorOptions options = size;
      options.fusion = system.fusion;
      options.seed.reset();
      modules = module_costs(make_fusion_detector(options), most_rows);
      built = system.fusion;
    }
    const ConverterTotals cost = converter_totals(modules, system.converter_bits);
    if (system.fusion == Fusion::light && !system.lqc) one = cost;
    counts.push_back({&system, cost.cells, cost.area, cost.energy});
  }
  for (SystemCount& count : counts) {
    count.area /= one.area;
    count.energy /= one.energy;
  }
  return counts;
}

}  // namespace flashcell::quant
