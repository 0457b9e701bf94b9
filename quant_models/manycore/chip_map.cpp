#include "quant_models/manycore/chip_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/svg.hpp"
#include "base/text.hpp"
#include "quant_models/manycore/mesh.hpp"

namespace flashcell::quant::manycore {
namespace {

constexpr double kPitch = 60, kNode = 42;  // of a chip's map, in user units

const char* style_of(MapOf what) {
  return what == MapOf::load ? "load" : what == MapOf::memory ? "memory" : "traffic";
}

/// Of an element: share of the time that it is busy, or of its SRAM; nothing of one that is not used.
double value_of(const MachineRun& run, MapOf what, size_t element) {
  if (element >= run.elements.size()) return -1;
  const ElementUse& use = run.elements[element];
  if (what == MapOf::memory)
    return static_cast<double>(use.memory.charged) / static_cast<double>(run.chip.data_bytes());
  return use.busy_clocks() / (run.level.clock_mhz * 1e6) / (static_cast<double>(run.time) * 1e-12);
}

/// Of a link, as colour: most links carry little beside the busiest, and the square root lets them be seen.
double strength(double busy, double most) {
  return most > 0 ? std::sqrt(busy / most) : 0;
}

double busiest_link(const MachineRun& run) {
  double most = 0;
  for (const MachineRun::LinkUse& link : run.links) most = std::max(most, link.busy);
  return most;
}

std::string titled(std::string_view tag, const SvgAttributes& attributes, const std::string& title) {
  return svg_element(tag, attributes, svg_words("title", {}, title));
}

std::string opacity(double share) {
  return fmt::format("{:.3f}", 0.06 + 0.94 * std::clamp(share, 0.0, 1.0));
}

std::string tenths(double value) {
  return fmt::format("{:.1f}", value);
}

std::string rectangle(const char* style, double x, double y, double size, double share, const std::string& title) {
  SvgAttributes attributes{{"class", share < 0 ? "unused" : style},
                           {"x", tenths(x)},
                           {"y", tenths(y)},
                           {"width", tenths(size)},
                           {"height", tenths(size)}};
  if (share >= 0) attributes.emplace_back("fill-opacity", opacity(share));
  return titled("rect", attributes, title);
}

/// Corner of a node on its chip's map.
double left_of(const Mesh& mesh, int node) {
  return kPitch * (node % mesh.columns()) + (kPitch - kNode) / 2;
}
double top_of(const Mesh& mesh, int node) {
  return kPitch * (node / mesh.columns()) + (kPitch - kNode) / 2;
}

std::string special_node(const Mesh& mesh, int node, const char* name) {
  const double x = left_of(mesh, node), y = top_of(mesh, node);
  return svg_element("rect",
                     {{"class", "special"}, {"x", x}, {"y", y}, {"width", kNode}, {"height", kNode}, {"rx", 6}}) +
         svg_words("text", {{"class", "tick mid"}, {"x", x + kNode / 2}, {"y", y + kNode / 2 + 4}}, name);
}

std::string special_nodes(const Mesh& mesh) {
  return special_node(mesh, mesh.router(), "router") + special_node(mesh, mesh.memory(), "DRAM");
}

/// The elements of one chip, each for itself.
std::string elements_of_chip(const MachineRun& run, const Mesh& mesh, MapOf what) {
  std::vector<int> on_node(static_cast<size_t>(mesh.nodes()));
  const int across = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(run.chip.elements_per_node))));
  const double pitch = kNode / across;
  std::string out;
  for (int e = 0; e < run.chip.elements; ++e) {
    const int node = mesh.node_of(e), place = on_node[static_cast<size_t>(node)]++;
    const double value = value_of(run, what, static_cast<size_t>(e));
    const std::string title =
        value < 0 ? fmt::format("element {}: not used", e) : fmt::format("element {}: {:.1f} %", e, 100 * value);
    out += rectangle(style_of(what), left_of(mesh, node) + pitch * (place % across),
                     top_of(mesh, node) + pitch * (place / across), pitch - 1.5, value, title);
  }
  return out;
}

std::string links_of_chip(const MachineRun& run, const Mesh& mesh) {
  const double most = busiest_link(run);
  std::string out;
  for (int node = 0; node < mesh.nodes(); ++node)
    if (node != mesh.router() && node != mesh.memory())
      out += svg_element("rect", {{"class", "unused"},
                                  {"x", left_of(mesh, node)},
                                  {"y", top_of(mesh, node)},
                                  {"width", kNode},
                                  {"height", kNode}});
  for (const MachineRun::LinkUse& link : run.links) {
    if (link.chip != 0) continue;
    const double share = strength(link.busy, most);
    const double x = left_of(mesh, link.node) + kNode / 2, y = top_of(mesh, link.node) + kNode / 2;
    if (link.direction == kToElements) {
      out += titled("rect",
                    {{"class", "traffic"},
                     {"fill-opacity", opacity(share)},
                     {"x", x - 10},
                     {"y", y - 10},
                     {"width", 20},
                     {"height", 20}},
                    fmt::format("into node {}: {:.3g} % of the time", link.node, 100 * link.busy));
      continue;
    }
    // Beside one another: the two directions between two nodes.
    const int to = mesh.neighbour(link.node, link.direction);
    const double dx = (left_of(mesh, to) - left_of(mesh, link.node)) / kPitch,
                 dy = (top_of(mesh, to) - top_of(mesh, link.node)) / kPitch;
    const double sx = -4 * dy, sy = 4 * dx, near = kNode / 2 - 7, far = kPitch - near;
    out += titled("line",
                  {{"class", "wire"},
                   {"stroke-opacity", opacity(share)},
                   {"stroke-width", tenths(1.5 + 4.5 * share)},
                   {"x1", tenths(x + near * dx + sx)},
                   {"y1", tenths(y + near * dy + sy)},
                   {"x2", tenths(x + far * dx + sx)},
                   {"y2", tenths(y + far * dy + sy)}},
                  fmt::format("node {} to {}: {:.3g} % of the time", link.node, to, 100 * link.busy));
  }
  return out;
}

/// Many chips: the mean of each node's elements, or what its links have to carry.
std::vector<double> values_of_nodes(const MachineRun& run, const Mesh& mesh, int chip, MapOf what) {
  std::vector<double> values(static_cast<size_t>(mesh.nodes()), -1);
  if (what == MapOf::traffic) {
    const double most = busiest_link(run);
    for (const MachineRun::LinkUse& link : run.links)
      if (link.chip == chip && most > 0) {
        double& value = values[static_cast<size_t>(link.node)];
        value = std::max(value, strength(link.busy, most));
      }
    return values;
  }
  std::vector<int> counts(values.size());
  const size_t first = static_cast<size_t>(chip * run.chip.elements);
  for (int e = 0; e < run.chip.elements; ++e) {
    const double value = value_of(run, what, first + static_cast<size_t>(e));
    if (value < 0) continue;
    const auto node = static_cast<size_t>(mesh.node_of(e));
    values[node] = (std::max(0.0, values[node]) * counts[node] + value) / (counts[node] + 1);
    ++counts[node];
  }
  return values;
}

std::string many_chips(const MachineRun& run, const Mesh& mesh, const ChipGrid& grid, MapOf what) {
  constexpr double kSmall = 10, kGap = 6;
  const double width = kSmall * mesh.columns() + kGap, height = kSmall * mesh.rows() + kGap;
  const double most = busiest_link(run);
  std::string out;
  for (int chip = 0; chip < grid.chips(); ++chip) {
    const double left = width * (chip % grid.width()), top = height * (chip / grid.width());
    const std::vector<double> values = values_of_nodes(run, mesh, chip, what);
    for (int node = 0; node < mesh.nodes(); ++node) {
      const double value = values[static_cast<size_t>(node)];
      const std::string title = value < 0 ? fmt::format("chip {}, node {}", chip, node)
                                          : fmt::format("chip {}, node {}: {:.3g} %", chip, node,
                                                        100 * (what == MapOf::traffic ? value * value * most : value));
      out += rectangle(style_of(what), left + kSmall * (node % mesh.columns()), top + kSmall * (node / mesh.columns()),
                       kSmall - 1, value, title);
    }
  }
  return svg_element("svg",
                     {{"class", "chip"},
                      {"viewBox", fmt::format("0 0 {} {}", width * grid.width() - kGap, height * grid.height() - kGap)},
                      {"role", "img"}},
                     out);
}

}  // namespace

std::string chip_map(const MachineRun& run, MapOf what) {
  const Mesh mesh(run.chip);
  const ChipGrid grid(run.chip, run.options.chips);
  if (grid.chips() > 1) return many_chips(run, mesh, grid, what);
  const std::string content =
      (what == MapOf::traffic ? links_of_chip(run, mesh) : elements_of_chip(run, mesh, what)) + special_nodes(mesh);
  return svg_element("svg",
                     {{"class", "chip"},
                      {"viewBox", fmt::format("0 0 {} {}", kPitch * mesh.columns(), kPitch * mesh.rows())},
                      {"role", "img"}},
                     content);
}

std::string scale_text(const MachineRun& run, MapOf what) {
  if (what == MapOf::load) return "busy 100 % of the time";
  if (what == MapOf::memory) return fmt::format("all {} kB for data", run.chip.data_bytes() / 1000);
  return fmt::format("the busiest link, {:.2g} % of the time (by square root)", 100 * busiest_link(run));
}

}  // namespace flashcell::quant::manycore
