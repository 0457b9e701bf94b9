#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/version.hpp"
#include "host/app/bench/model.hpp"
#include "host/app/bench/scenes.hpp"

namespace flashcell::app {
namespace {

using flashcell_emulation::CycleReport;
using flashcell_emulation::FifoReport;
using flashcell_emulation::StageReport;

constexpr double kClockHz = 300e6;  ///< assumed for frames/s: nothing here was synthesized

int64_t waits_for_space(const CycleReport& report) {
  int64_t clocks = 0;
  for (const auto& region : report.regions) {
    for (const StageReport& stage : region.stages) clocks += stage.waits_output;
  }
  return clocks;
}

/// The stage with the most clocks of its own: what a faster kernel would have to change.
std::string busiest(const CycleReport& report) {
  const StageReport* most = nullptr;
  for (const auto& region : report.regions) {
    for (const StageReport& stage : region.stages) {
      if (most == nullptr || stage.busy > most->busy) most = &stage;
    }
  }
  return most == nullptr ? "" : most->name;
}

void print_cases(const std::vector<ModelCase>& cases) {
  fmt::print("{:<6} {:<22}{:>9}{:>10}{:>10}{:>12}{:>10}{:>12}  {}\n", "mode", "scene", "objects", "clocks", "px/clock",
             "frames/s", "latency", "full FIFOs", "busiest stage");
  for (const ModelCase& c : cases) {
    fmt::print("{:<6} {:<22}{:>9}{:>10.0f}{:>10.2f}{:>12.0f}{:>10}{:>12.0f}  {}\n", c.mode, c.scene, c.objects,
               c.cycles_per_frame(), c.pixels_per_clock(), kClockHz / c.cycles_per_frame(), c.latency(),
               static_cast<double>(waits_for_space(c.report)) / c.frames, busiest(c.report));
  }
}

/// Over all cases of a mode: the most that each stage works and waits.
void print_stages(const std::vector<ModelCase>& cases, const std::string& mode) {
  fmt::print("\n{}: stages, clocks a frame at most\n  {:<28}{:>10}{:>10}{:>16}{:>16}{:>10}\n", mode, "", "iterations",
             "busy", "waits for input", "waits for space", "memory");
  std::vector<StageReport> most;
  for (const ModelCase& c : cases) {
    if (c.mode != mode) continue;
    for (const auto& region : c.report.regions) {
      for (const StageReport& stage : region.stages) {
        auto found = std::find_if(most.begin(), most.end(), [&](const auto& s) { return s.name == stage.name; });
        if (found == most.end()) found = most.insert(most.end(), StageReport{stage.name});
        for (const auto member : {&StageReport::iterations, &StageReport::busy, &StageReport::waits_input,
                                  &StageReport::waits_output, &StageReport::waits_memory}) {
          (*found).*member = std::max((*found).*member, stage.*member / c.frames);
        }
      }
    }
  }
  for (const StageReport& s : most) {
    fmt::print("  {:<28}{:>10}{:>10}{:>16}{:>16}{:>10}\n", s.name, s.iterations, s.busy, s.waits_input, s.waits_output,
               s.waits_memory);
  }
}

void print_fifos(const std::vector<ModelCase>& cases, const std::string& mode) {
  struct Line {
    FifoReport fifo;
    std::string scene;
  };
  std::vector<Line> lines;
  for (const ModelCase& c : cases) {
    if (c.mode != mode) continue;
    for (const FifoReport& fifo : c.report.fifos) {
      if (fifo.writer.empty() || fifo.reader.empty()) continue;
      const auto found =
          std::find_if(lines.begin(), lines.end(), [&](const Line& l) { return l.fifo.name == fifo.name; });
      if (found == lines.end()) {
        lines.push_back({fifo, c.scene});
      } else if (fifo.highest_fill > found->fifo.highest_fill) {
        *found = {fifo, c.scene};
      }
    }
  }
  fmt::print("\n{}: FIFOs\n  {:<28}{:>10}{:>14}  {:<24}{}\n", mode, "", "depth", "highest fill", "first reached with",
             "between");
  for (const Line& l : lines) {
    fmt::print("  {:<28}{:>10}{:>14}  {:<24}{} -> {}\n", l.fifo.name, l.fifo.depth, l.fifo.highest_fill, l.scene,
               l.fifo.writer, l.fifo.reader);
  }
}

nlohmann::json describe(const ModelCase& c) {
  nlohmann::json j = {{"scene", c.scene},
                      {"mode", c.mode},
                      {"frames", c.frames},
                      {"objects", c.objects},
                      {"cycles_per_frame", c.cycles_per_frame()},
                      {"pixels_per_clock", c.pixels_per_clock()},
                      {"latency_cycles", c.latency()},
                      {"stages", nlohmann::json::array()},
                      {"fifos", nlohmann::json::array()}};
  for (const auto& region : c.report.regions) {
    for (const StageReport& s : region.stages) {
      j["stages"].push_back({{"region", region.name},
                             {"name", s.name},
                             {"iterations", s.iterations},
                             {"busy", s.busy},
                             {"waits_input", s.waits_input},
                             {"waits_output", s.waits_output},
                             {"waits_memory", s.waits_memory}});
    }
  }
  for (const FifoReport& f : c.report.fifos) {
    j["fifos"].push_back({{"name", f.name},
                          {"writer", f.writer},
                          {"reader", f.reader},
                          {"depth", f.depth},
                          {"tokens", f.tokens},
                          {"highest_fill", f.highest_fill}});
  }
  return j;
}

}  // namespace

void print_model(const std::vector<ModelCase>& cases) {
  fmt::print(
      "flashcell {}: clocks of the FPGA kernel by a cycle model (kernels_hls/emulation/README.md), not by synthesis.\n"
      "{}x{} px, HLAC measured; frames/s as if at {:.0f} MHz; latency: clocks from the frame's last pixel to the "
      "end.\n\n",
      version(), kBenchSide, kBenchSide, 1e-6 * kClockHz);
  if (cases.front().report.regions.empty()) {
    fmt::print("The kernel of this build states no stages and loops to the model: there are no clocks to count.\n");
    return;
  }
  print_cases(cases);
  for (const char* mode : {"cell", "exact"}) {
    print_stages(cases, mode);
    print_fifos(cases, mode);
  }
  fmt::print(
      "\nPublished exact labelling designs take 1 to 4 pixels a clock; the goals here are 64 (cell) and 8 (exact).\n");
}

void print_model_json(const std::vector<ModelCase>& cases) {
  nlohmann::json list = nlohmann::json::array();
  for (const ModelCase& c : cases) list.push_back(describe(c));
  fmt::print("{}\n", json_text(nlohmann::json({{"version", version()},
                                               {"model", "cycle model of kernels_hls/emulation, not synthesized"},
                                               {"width", kBenchSide},
                                               {"height", kBenchSide},
                                               {"cases", list}})));
}

}  // namespace flashcell::app
