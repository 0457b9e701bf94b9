#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/page/chart.hpp"
#include "base/page/parts.hpp"
#include "base/svg.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "quant_models/manycore/chip_map.hpp"
#include "quant_models/manycore/page_style.hpp"
#include "quant_models/manycore/report.hpp"

namespace flashcell::quant::manycore {
namespace {

// Elements of which a time line can still be read.
constexpr size_t kMostRows = 24;
// Styles of page_style.hpp: .w0 ... by Work, then these.
constexpr const char* kWorkStyles[kWorks] = {"w0", "w1", "w2", "w3", "w4", "w5"};

/// A part of a whole.
struct Share {
  std::string name;
  double value;
  const char* style;
};

double seconds(const MachineRun& run) {
  return static_cast<double>(run.time) * 1e-12;
}

std::string stack(const std::vector<Share>& shares) {
  double sum = 0;
  for (const Share& share : shares) sum += share.value;
  std::string bar = "<div class=\"stack\">", keys = "<p class=\"keys\">";
  for (const Share& share : shares) {
    const double percent = sum > 0 ? 100 * share.value / sum : 0;
    bar += fmt::format("<i class=\"{}\" style=\"width:{:.3f}%\" title=\"{} {:.1f} %\"></i>", share.style, percent,
                       markup_escape(share.name), percent);
    keys +=
        fmt::format("<span><i class=\"{}\"></i>{} {:.1f} %</span>", share.style, markup_escape(share.name), percent);
  }
  return bar + "</div>" + keys + "</p>";
}

std::string key_figures(const Report& report) {
  const MachineRun& run = report.run;
  const auto steps = static_cast<double>(run.steps);
  double bytes = 0;
  int64_t most = 0, nonzeros = 0;
  for (const ElementUse& use : run.elements) {
    bytes += static_cast<double>(use.memory.charged);
    most = std::max(most, use.memory.charged);
    nonzeros += use.memory.nonzeros;
  }
  const auto elements = static_cast<double>(run.elements.size());
  const bool fits = most <= run.chip.data_bytes();
  std::string out = "<div class=\"figures\">";
  out += figure(short_duration(seconds(run) * 1e9),
                fmt::format("for {} steps, {} each", run.steps, short_duration(seconds(run) * 1e9 / steps)));
  out += figure(fmt::format("{:.3g} W", run.watts),
                fmt::format("on average, {} at {:g} MHz", run.level.name, run.level.clock_mhz));
  out += figure(short_number(run.energy.total_mj()) + " mJ",
                fmt::format("in all, {:.3g} mJ a step", run.energy.total_mj() / steps));
  out += figure(fmt::format("{:.1f} kB", bytes / elements / 1000),
                fmt::format("of SRAM an element for {} non-zeros; at most {:.1f} of {:.1f}{}",
                            short_number(static_cast<double>(nonzeros) / elements), static_cast<double>(most) / 1000,
                            static_cast<double>(run.chip.data_bytes()) / 1000, fits ? "" : ": does not fit"),
                !fits);
  out += figure(bound_of(run.shares), "is what the time is bound by");
  out += figure(
      fmt::format("{:.3g}", seconds(run) * run.level.clock_mhz * 1e6 * elements / static_cast<double>(run.visits)),
      "clocks a non-zero visited, waiting counted");
  out += figure(fmt::format("{:.1f} %", 100 * static_cast<double>(run.products) /
                                            static_cast<double>(std::max<int64_t>(1, run.visits))),
                "of the visited non-zeros had an input that spoke");
  return out + "</div>\n";
}

/// From nothing to the strongest colour.
std::string scale_bar(const char* style) {
  constexpr int kParts = 20;
  std::string parts;
  for (int i = 0; i < kParts; ++i)
    parts += svg_element("rect", {{"class", style},
                                  {"x", i * 100 / kParts},
                                  {"width", 100 / kParts},
                                  {"height", 8},
                                  {"fill-opacity", 0.06 + 0.94 * i / (kParts - 1)}});
  return svg_element("svg", {{"class", "chip"}, {"viewBox", "0 0 100 8"}, {"preserveAspectRatio", "none"}}, parts);
}

std::string map_box(const MachineRun& run, MapOf what, const char* title, const char* style) {
  return fmt::format("<div><h3>{}</h3>{}<p class=\"scale-row\"><span>0</span>{}<span>{}</span></p></div>", title,
                     chip_map(run, what), scale_bar(style), markup_escape(scale_text(run, what)));
}

std::string maps_section(const Report& report) {
  const MachineRun& run = report.run;
  const std::string note =
      run.options.chips > 1
          ? fmt::format("{} chips; a square is a node of {} elements, shown by its mean; traffic by its busiest link.",
                        run.options.chips, run.chip.elements_per_node)
          : fmt::format("{} of {} elements in use, {} on a node. Rest the pointer on one for its number.",
                        run.placement.elements, run.chip.elements, run.chip.elements_per_node);
  return section(run.options.chips > 1 ? "The chips" : "The chip", note,
                 "<div class=\"maps\">" + map_box(run, MapOf::load, "Load", "load") +
                     map_box(run, MapOf::memory, "SRAM", "memory") +
                     map_box(run, MapOf::traffic, "Traffic", "traffic") + "</div>");
}

/// Elements to draw: all, or some at even distances.
std::set<int> drawn_elements(const MachineRun& run) {
  std::set<int> elements;
  const size_t count = run.elements.size(), rows = std::min(count, kMostRows);
  for (size_t i = 0; i < rows; ++i) elements.insert(static_cast<int>(i * count / rows));
  return elements;
}

std::string work_keys() {
  std::string keys = "<p class=\"keys\">";
  for (size_t work = 0; work < kWorks; ++work)
    keys += fmt::format("<span><i class=\"{}\"></i>{}</span>", kWorkStyles[work], kWorkNames[work]);
  return keys + "</p>";
}

std::string timeline_section(const Report& report) {
  const MachineRun& run = report.run;
  const std::set<int> drawn = drawn_elements(run);
  std::vector<ChartRow> rows;
  Picoseconds begin = run.time, end = 0;
  for (const Span& span : run.timeline) {
    begin = std::min(begin, span.begin);
    end = std::max(end, span.end);
  }
  for (const int element : drawn) {
    ChartRow row{fmt::format("{}", element), {}};
    for (const Span& span : run.timeline)
      if (span.element == element)
        row.spans.push_back({static_cast<double>(span.begin - begin) * 1e-6,
                             static_cast<double>(span.end - begin) * 1e-6, kWorkStyles[span.work]});
    rows.push_back(std::move(row));
  }
  ChartAxis axis{"time since the step began [µs]", 0, std::max(1e-3, static_cast<double>(end - begin) * 1e-6)};
  const std::string which = drawn.size() < run.elements.size()
                                ? fmt::format("{} of the {} elements", drawn.size(), run.elements.size())
                                : "all elements";
  return section(
      "A step",
      fmt::format("Step {}, {}; a row is an element, what is empty is waiting.", run.options.timeline_step + 1, which),
      span_chart(axis, rows) + work_keys());
}

std::string time_section(const Report& report) {
  const TimeShares& s = report.run.shares;
  return section("Where the time goes",
                 fmt::format("Means over the elements. Bound by {}. Memory: non-zeros visited in SRAM; imbalance: "
                             "waiting for the element with most to do; network: packets, barriers, LPDDR4.",
                             bound_of(s)),
                 stack({{"non-zeros in SRAM", s.products, "w1"},
                        {"pointwise", s.pointwise, "w3"},
                        {"packets and transfers", s.packets, "w4"},
                        {"imbalance", s.imbalance, "w0"},
                        {"waiting for the network", s.network, "w6"}}));
}

std::string energy_section(const Report& report) {
  const Energy& e = report.run.energy;
  std::vector<Share> shares{{"chip, elements off", e.chip_mj, "w7"}, {"elements asleep", e.standing_mj, "w6"}};
  for (size_t work = 0; work < kWorks; ++work) shares.push_back({kWorkNames[work], e.work_mj[work], kWorkStyles[work]});
  std::string rows;
  for (const Share& share : shares)
    rows += fmt::format("<tr><td class=\"text\">{}</td><td>{:.4g}</td><td>{:.1f} %</td></tr>",
                        markup_escape(share.name), share.value, 100 * share.value / e.total_mj());
  return section(
      "Energy by cause",
      "From the chip's measured powers: all elements off, asleep, busy. What mesh, router and LPDDR4 take is in them.",
      stack(shares) +
          "<details><summary>Table</summary><table><thead><tr><th "
          "class=\"text\">cause</th><th>mJ</th><th>share</th></tr></thead><tbody>" +
          rows + "</tbody></table></details>");
}

std::string published_row(const char* style, const std::string& name, double ms, double watts, double mj,
                          const std::string& memory) {
  return fmt::format("<tr><td class=\"text {}\">{}</td><td>{:.5g}</td><td>{:.3g}</td><td>{:.5g}</td><td>{}</td></tr>",
                     style, name, ms, watts, mj, memory);
}

std::string published_section(const Report& report) {
  if (!comparable(report)) return "";
  const Published p;
  const MachineRun& run = report.run;
  double bytes = 0;
  for (const ElementUse& use : run.elements) bytes += static_cast<double>(use.memory.charged);
  const std::string rows =
      published_row("marked", fmt::format("here: emulated, {} elements", run.elements.size()), seconds(run) * 1e3,
                    run.watts, run.energy.total_mj(),
                    fmt::format("{:.1f}", bytes / static_cast<double>(run.elements.size()) / 1000)) +
      published_row("", fmt::format("published: the chip, {} elements", p.elements), p.ms, p.watts, p.mj,
                    fmt::format("{:.1f}", p.element_kb)) +
      published_row("", "published: A100 GPU", p.gpu_ms, p.gpu_watts, p.gpu_mj, "");
  return section("Beside the published run",
                 "A sequence of 70 tokens at batch 1, arXiv 2312.09084, Table II. The emulator's two fitted constants "
                 "were chosen on the chip's row; the GPU's is as published, not computed here.",
                 "<div class=\"scroll\"><table><thead><tr><th "
                 "class=\"text\"></th><th>ms</th><th>W</th><th>mJ</th><th>kB an element</th></tr></thead><tbody>" +
                     rows + "</tbody></table></div>");
}

/// One of the numbers of a sweep, as a chart; points that do not fit the SRAM are on a dashed line of their own.
std::string sweep_chart(const Sweep& sweep, const std::string& label, double (*value)(const SweepPoint&),
                        double limit) {
  ChartAxis x{sweep.axis, 1e300, 0, sweep.log}, y{label, 1e300, 0, true};
  std::vector<ChartLine> lines;
  bool misfits = false;
  for (const SweepLine& sweep_line : sweep.lines) {
    ChartLine line{sweep_line.name.empty() ? "needed" : sweep_line.name, {}};
    for (const SweepPoint& p : sweep_line.points) {
      line.points.push_back({p.x, value(p)});
      x.low = std::min(x.low, p.x);
      x.high = std::max(x.high, p.x);
      y.low = std::min(y.low, value(p));
      y.high = std::max(y.high, value(p));
      misfits = misfits || !p.fits;
    }
    lines.push_back(std::move(line));
  }
  if (limit > 0) {
    y.low = std::min(y.low, limit);
    y.high = std::max(y.high, limit);
    lines.push_back({"what there is", {{x.low, limit}, {x.high, limit}}, true});
  }
  // All of a decade, so that a line near the edge can be read.
  y.low *= 0.8;
  y.high *= 1.25;
  return fmt::format("<div>{}</div>", line_chart(x, y, lines));
}

std::string sweep_section(const Report& report, const Sweep& sweep) {
  const auto kilobytes = [](const SweepPoint& p) { return std::max(1.0, static_cast<double>(p.bytes)) / 1000; };
  std::set<std::string> bounds;
  double first_fit = 0;
  bool misfits = false;
  for (const SweepPoint& p : sweep.lines.front().points) {
    bounds.insert(p.bound);
    misfits = misfits || !p.fits;
    if (p.fits && first_fit == 0) first_fit = p.x;
  }
  std::string note = fmt::format("A step of one sequence. Bound by {}.", fmt::join(bounds, ", "));
  if (misfits && sweep.key == "elements" && first_fit > 0)
    note += fmt::format(" Of what was tried it fits from {:g} elements on; below, times are as if it did.", first_fit);
  else if (misfits)
    note += " Above the dashed line it does not fit; times are as if it did.";
  if (sweep.key == "sparsity" || sweep.key == "size") note += " Random networks.";
  return section(sweep.title, note,
                 "<div class=\"charts\">" +
                     sweep_chart(
                         sweep, "ms a step", [](const SweepPoint& p) { return p.ms; }, 0) +
                     sweep_chart(
                         sweep, "mJ a step", [](const SweepPoint& p) { return p.mj; }, 0) +
                     sweep_chart(sweep, "kB of SRAM, the fullest element", kilobytes,
                                 static_cast<double>(report.run.chip.data_bytes()) / 1000) +
                     "</div>");
}

}  // namespace

std::string to_page(const Report& report) {
  const MachineRun& run = report.run;
  std::string page =
      page_head(report.network + " – " + run.chip.name, "flashcell manycore run", report.network,
                fmt::format("{} inputs, layers {} · {} non-zero weights · {} elements of {} {} {} · {}", report.inputs,
                            layers_text(report.layers), short_number(static_cast<double>(report.nonzeros)),
                            run.placement.elements, run.options.chips, run.chip.name,
                            run.options.chips == 1 ? "chip" : "chips", report.input),
                kManycoreStyle);
  page += key_figures(report) + published_section(report) + maps_section(report) + timeline_section(report) +
          time_section(report) + energy_section(report);
  for (const Sweep& sweep : report.sweeps) page += sweep_section(report, sweep);
  if (!report.without_predictions.empty()) page += section("Predictions", "", no_data(report.without_predictions));
  page += section("To repeat it", "The same command gives the same files.",
                  "<pre class=\"command\">" + markup_escape(report.command) + "</pre>");
  return page + fmt::format(
                    "<footer>{} · emulated, not measured: what the chip is taken for is printed by `flashcell manycore "
                    "chip {}`</footer>\n</main></body></html>\n",
                    program_version(), markup_escape(run.chip.name));
}

}  // namespace flashcell::quant::manycore
