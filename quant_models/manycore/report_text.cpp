#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/page/chart.hpp"
#include "quant_models/manycore/report.hpp"

namespace flashcell::quant::manycore {
namespace {

std::string kilobytes(double bytes) {
  return fmt::format("{:.1f} kB", bytes / 1000);
}

std::string percent(double share) {
  return fmt::format("{:.3g} %", 100 * share);
}

std::string network_lines(const Report& report) {
  return fmt::format("{}: {} inputs, layers {}; {} of {} weights are not zero\n", report.network, report.inputs,
                     layers_text(report.layers), short_number(static_cast<double>(report.nonzeros)),
                     short_number(static_cast<double>(report.weights)));
}

std::string machine_line(const MachineRun& run) {
  std::string line = fmt::format("{} elements of {} {} {}, {} ({:g} MHz); layers spread {}, balanced by {}, {}",
                                 run.placement.elements, run.options.chips, run.chip.name,
                                 run.options.chips == 1 ? "chip" : "chips", run.level.name, run.level.clock_mhz,
                                 run.placement.spread == Spread::all ? "over all" : "over elements of their own",
                                 name_in(kBalanceNames, run.options.balance),
                                 run.options.schedule == Schedule::barrier ? "barriers" : "by events");
  if (run.options.sequences > 1) line += fmt::format(", {} sequences together", run.options.sequences);
  return line + "\n";
}

std::string time_lines(const MachineRun& run) {
  const double seconds = static_cast<double>(run.time) * 1e-12, steps = static_cast<double>(run.steps);
  const TimeShares& s = run.shares;
  std::string text = fmt::format("{} steps: {} ({} a step), {:.4g} W, {:.4g} mJ ({:.4g} a step)\n", run.steps,
                                 short_duration(seconds * 1e9), short_duration(seconds * 1e9 / steps), run.watts,
                                 run.energy.total_mj(), run.energy.total_mj() / steps);
  text +=
      fmt::format("bound by {}: non-zeros in SRAM {}, pointwise {}, packets {}, imbalance {}, waiting for network {}\n",
                  bound_of(s), percent(s.products / seconds), percent(s.pointwise / seconds),
                  percent(s.packets / seconds), percent(s.imbalance / seconds), percent(s.network / seconds));
  return text;
}

std::string memory_line(const MachineRun& run) {
  double sum = 0, laid_out = 0;
  int64_t most = 0, nonzeros = 0;
  for (const ElementUse& use : run.elements) {
    sum += static_cast<double>(use.memory.charged);
    laid_out += static_cast<double>(use.memory.laid_out());
    most = std::max(most, use.memory.charged);
    nonzeros += use.memory.nonzeros;
  }
  const auto count = static_cast<double>(run.elements.size());
  return fmt::format(
      "SRAM for data: {} an element, {} at most, of {} (our own layout takes {}); {} non-zeros an element\n",
      kilobytes(sum / count), kilobytes(static_cast<double>(most)),
      kilobytes(static_cast<double>(run.chip.data_bytes())), kilobytes(laid_out / count),
      short_number(static_cast<double>(nonzeros) / count));
}

std::string event_lines(const MachineRun& run) {
  std::string layers;
  for (const double activity : run.activity)
    layers += fmt::format("{}{}", layers.empty() ? "" : ", ", percent(activity));
  const auto most = std::max_element(run.table_sizes.begin(), run.table_sizes.end());
  return fmt::format(
      "{} neurons spoke ({} of each layer a step); router entries {} of {}; busiest router {} of the time, link "
      "between "
      "chips {}, LPDDR4 {}\n",
      short_number(static_cast<double>(run.events)), layers, *most, run.chip.entries, percent(run.busiest_router),
      percent(run.busiest_chip_link), percent(run.busiest_memory));
}

std::string published_lines(const Report& report) {
  if (!comparable(report)) return "";
  const Published p;
  return fmt::format(
      "published for this network (arXiv 2312.09084): {} ms, {} W, {} mJ on {} elements of the chip; {} ms, {} W, {} "
      "mJ on an A100\n",
      p.ms, p.watts, p.mj, p.elements, p.gpu_ms, p.gpu_watts, p.gpu_mj);
}

}  // namespace

std::string layers_text(const std::vector<int64_t>& layers) {
  std::string text;
  for (size_t begin = 0, end = 0; begin < layers.size(); begin = end) {
    while (end < layers.size() && layers[end] == layers[begin]) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", layers[begin]);
    if (end - begin > 1) text += fmt::format(" x {}", end - begin);
  }
  return text;
}

bool comparable(const Report& report) {
  const double sparsity = 1 - static_cast<double>(report.nonzeros) / static_cast<double>(report.weights);
  return report.layers == std::vector<int64_t>{1350, 1350, 750} && report.inputs == 750 && report.run.steps == 70 &&
         report.run.options.sequences == 1 && std::fabs(sparsity - 0.95) < 0.002;
}

std::string to_text(const Report& report) {
  std::string text = network_lines(report) + machine_line(report.run) + time_lines(report.run) +
                     memory_line(report.run) + event_lines(report.run) + published_lines(report);
  for (const Sweep& sweep : report.sweeps) {
    if (sweep.key != "elements") continue;
    text += fmt::format("{:>9} {:>8} {:>10} {:>10} {:>8} {:>10}  {}\n", "elements", "level", "ms a step", "mJ a step",
                        "W", "kB most", "bound");
    for (const SweepLine& line : sweep.lines)
      for (const SweepPoint& p : line.points)
        text += fmt::format("{:>9} {:>8} {:>10.4g} {:>10.4g} {:>8.3g} {:>10.1f}  {}{}\n", p.x, line.name, p.ms, p.mj,
                            p.watts, static_cast<double>(p.bytes) / 1000, p.bound, p.fits ? "" : ", does not fit");
  }
  return text;
}

}  // namespace flashcell::quant::manycore
