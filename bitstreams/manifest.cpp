#include "bitstreams/manifest.hpp"

#include <nlohmann/json.hpp>

#include "kernels_hls/contract/features.hpp"

namespace flashcell::bitstreams {
namespace {

using nlohmann::ordered_json;

ordered_json map_or_null(const std::map<std::string, double>& values) {
  return values.empty() ? ordered_json() : ordered_json(values);
}

ordered_json value_or_null(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

}  // namespace

std::string manifest_text(const BuildPlan& plan, const std::string& source_revision, const std::string& tool_version,
                          const BuildFigures& figures) {
  ordered_json kernels = ordered_json::array();
  for (const KernelCount& k : plan.kernels) {
    kernels.push_back({{"name", k.kernel->name},
                       {"compute_units", k.count},
                       {"connectivity", k.kernel->splits ? "exact" : "cell"},
                       {"max_side_px", k.kernel->max_side},
                       {"features", contract::measured_names<ordered_json>(*k.kernel)}});
  }
  ordered_json manifest = {
      {"bitstream", plan.bitstream.filename().string()},
      {"board", plan.board->name},
      {"platform", plan.board->platform},
      {"target", name_of(plan.target)},
      {"contract_version", contract::kContractVersion},
      {"source_revision", source_revision},
      {"tool_version", tool_version},
      {"kernels", kernels},
      {"clock_requested_mhz", plan.clock_mhz},
      {"clocks_mhz", map_or_null(figures.clocks_mhz)},
      {"worst_slack_ns", value_or_null(figures.worst_slack_ns)},
      {"worst_hold_slack_ns", value_or_null(figures.worst_hold_slack_ns)},
      {"resources_used", map_or_null(figures.used)},
      {"resources_available", map_or_null(figures.available)},
  };
  return manifest.dump(2) + "\n";
}

}  // namespace flashcell::bitstreams
