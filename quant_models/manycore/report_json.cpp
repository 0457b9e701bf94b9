#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "quant_models/manycore/report.hpp"

namespace flashcell::quant::manycore {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const TimeShares& shares) {
  return {{"products_s", shares.products},
          {"pointwise_s", shares.pointwise},
          {"packets_s", shares.packets},
          {"imbalance_s", shares.imbalance},
          {"network_s", shares.network}};
}

Json json_of(const Energy& energy) {
  Json json = {{"total_mj", energy.total_mj()}, {"chip_mj", energy.chip_mj}, {"standing_mj", energy.standing_mj}};
  for (size_t work = 0; work < kWorks; ++work) json["work_mj"][kWorkNames[work]] = energy.work_mj[work];
  return json;
}

Json json_of(const ElementUse& use) {
  Json json = {{"bytes", use.memory.charged},
               {"bytes_laid_out", use.memory.laid_out()},
               {"nonzeros", use.memory.nonzeros},
               {"packets_sent", use.sent},
               {"packets_received", use.received}};
  for (size_t work = 0; work < kWorks; ++work) json["clocks"][kWorkNames[work]] = use.clocks[work];
  return json;
}

Json json_of(const Sweep& sweep) {
  Json json = {{"over", sweep.key}, {"lines", Json::array()}};
  for (const SweepLine& line : sweep.lines) {
    Json points = Json::array();
    for (const SweepPoint& p : line.points)
      points.push_back({{"x", p.x},
                        {"ms", p.ms},
                        {"mj", p.mj},
                        {"watts", p.watts},
                        {"bytes_most", p.bytes},
                        {"fits", p.fits},
                        {"bound", p.bound}});
    json["lines"].push_back({{"name", line.name}, {"points", std::move(points)}});
  }
  return json;
}

Json published_json() {
  const Published p;
  return {{"source", "arXiv 2312.09084, Table II"},
          {"chip",
           {{"ms", p.ms}, {"watts", p.watts}, {"mj", p.mj}, {"element_kb", p.element_kb}, {"elements", p.elements}}},
          {"gpu_a100", {{"ms", p.gpu_ms}, {"watts", p.gpu_watts}, {"mj", p.gpu_mj}}}};
}

Json machine_json(const MachineRun& run) {
  return {{"chip", run.chip.name},
          {"chips", run.options.chips},
          {"elements", run.placement.elements},
          {"level", run.level.name},
          {"spread", name_in(kSpreadNames, run.placement.spread)},
          {"balance", name_in(kBalanceNames, run.options.balance)},
          {"schedule", name_in(kScheduleNames, run.options.schedule)},
          {"sequences", run.options.sequences}};
}

}  // namespace

std::string to_json(const Report& report) {
  const MachineRun& run = report.run;
  Json json = {{"network", report.network},    {"input", report.input},     {"layers", report.layers},
               {"inputs", report.inputs},      {"weights", report.weights}, {"nonzeros", report.nonzeros},
               {"machine", machine_json(run)}, {"steps", run.steps}};
  json["time_s"] = static_cast<double>(run.time) * 1e-12;
  json["watts"] = run.watts;
  json["energy"] = json_of(run.energy);
  json["bound"] = bound_of(run.shares);
  json["time"] = json_of(run.shares);
  json["events"] = run.events;
  json["activity"] = run.activity;
  json["nonzeros_visited"] = run.visits;
  json["multiplications"] = run.products;
  json["router_entries"] = run.table_sizes;
  json["router_entries_most"] = run.chip.entries;
  json["busiest"] = {
      {"router", run.busiest_router}, {"chip_link", run.busiest_chip_link}, {"memory", run.busiest_memory}};
  json["waited_in_queues_s"] = run.waited_seconds;
  json["fetched_bytes"] = run.fetched_bytes;
  json["host_s"] = run.host_seconds;
  json["simulated_events"] = run.simulated_events;
  json["data_bytes_of_an_element"] = run.chip.data_bytes();
  if (comparable(report)) json["published"] = published_json();
  json["sweeps"] = Json::array();
  for (const Sweep& sweep : report.sweeps) json["sweeps"].push_back(json_of(sweep));
  json["per_element"] = Json::array();
  for (const ElementUse& use : run.elements) json["per_element"].push_back(json_of(use));
  return json_text(json) + "\n";
}

}  // namespace flashcell::quant::manycore
