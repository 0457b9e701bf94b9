#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "host/app/experiment_command.hpp"
#include "host/app/training_program.hpp"
#include "quant_models/fusion/count_systems.hpp"

namespace flashcell::app {
namespace {

struct ExperimentOptions {
  bool count_only = false, json = false;
  int array_rows = 0, anchors = 3, classes = 3;
  HandedOn learning;  // of the whole experiment
};

void print_table(const std::vector<quant::SystemCount>& counts) {
  fmt::print("{:<10}{:>14}{:>12}{:>12}{:>12}{:>13}{:>13}\n", "", "cells", "published", "ADC area", "published",
             "ADC energy", "published");
  for (const quant::SystemCount& count : counts)
    fmt::print("{:<10}{:>12.1f} M{:>10.0f} M{:>12.3f}{:>12.2f}{:>13.3f}{:>13.2f}\n", count.system->name,
               static_cast<double>(count.cells) / 1e6, count.system->cells / 1e6, count.area, count.system->area,
               count.energy, count.system->energy);
  fmt::print(
      "Area is columns times bits, energy conversions times bits, both over those of MEA-FPN; docs/rem_cim.md "
      "says\nwhere they differ from the published ones and why.\n");
}

void print_json(const std::vector<quant::SystemCount>& counts) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const quant::SystemCount& count : counts)
    all.push_back(
        {{"system", count.system->name},
         {"cells", count.cells},
         {"adc_area", count.area},
         {"adc_energy", count.energy},
         {"published",
          {{"cells", count.system->cells}, {"adc_area", count.system->area}, {"adc_energy", count.system->energy}}}});
  fmt::print("{}\n", json_text(all));
}

int count(const ExperimentOptions& o) {
  quant::FusionDetectorOptions size;
  size.anchors = o.anchors;
  size.classes = o.classes;
  const std::vector<quant::SystemCount> counts = quant::count_systems(size, o.array_rows);
  o.json ? print_json(counts) : print_table(counts);
  return 0;
}

int learn(const ExperimentOptions& o) {
  std::vector<std::string> words = {"rem-cim"};
  o.learning.append_to(words);
  if (o.json) words.emplace_back("--json");
  become_training_program(std::move(words));
}

}  // namespace

void add_experiment(Command& app, Action& action) {
  Command& experiment = app.add_subcommand("experiment", "Tables of publications, made anew");
  experiment.require_subcommand();
  Command& command = experiment.add_subcommand(
      "rem-cim", "Detection by frames and events on compute-in-memory arrays (Ichikawa et al., 2024)");
  command.footer(
      "Draws drives by day and by night, trains FPN, A-FPN, MEA-FPN, REM-CiM and detectors of frames or events alone\n"
      "at a small size, and judges them on emulated arrays with all errors. -o holds report.html, report.json,\n"
      "report.txt, the networks and the test scenes. A run that was stopped goes on where it was when the same "
      "command\n"
      "is given again. With --count-only memory cells, converters' area and energy at the paper's size, counted from\n"
      "the networks as they are built, beside the published ones.\n"
      "  flashcell experiment rem-cim --minutes 60\n"
      "  flashcell experiment rem-cim --count-only");
  auto options = std::make_shared<ExperimentOptions>();
  HandedOn& learning = options->learning;
  learning.add(command, "--minutes", "About so many minutes of one processor core (60)");
  learning.add(command, "--size", "Width and height of frames, px, multiples of 32 (128x96)").type_name("WxH");
  learning
      .add(command, "--drives",
           "Folder that `synth driving` has written: every fifth drive tests; drawn ones unless stated")
      .type_name("FOLDER");
  learning.add(command, "--width", "Channels of the networks' first layers (8)");
  learning.add(command, "--preset", "Preset or .toml file of the arrays, as cim run has it (reram_wan_2022)");
  learning.add(command, "--times", "From programming to reading (1s,1d)");
  learning.add(command, "--chips", "Of each network (3)");
  learning.add(command, "--bits-budget", "mAP that few bits of weights may cost (0.02)");
  learning.add(command, "--seed", "The same seed gives the same result");
  learning.add(command, "-o,--output", "Folder; made when it is not there", "rem-cim");
  learning.add(command, "--threads", "At most 4 are of use; all processors unless stated");
  learning.add(command, "--checkpoint-seconds", "From one checkpoint to the next (20)");
  learning.add_flag(command, "--restart", "Begin anew where an unfinished run lies in the output folder");
  learning.add_flag(command, "-q,--quiet", "No progress line");
  command.heading("Counting");
  command.add_flag("--count-only", options->count_only, "Count the networks of the paper's size; nothing is trained");
  command
      .add_option("--array-rows", options->array_rows,
                  "Rows of an array: a matrix with more takes several, each with converters of its own; 0: no limit")
      .range(0, 65536);
  command.add_option("--anchors", options->anchors, "Boxes at each place").range(1, 64);
  command.add_option("--classes", options->classes, "Classes of objects").range(1, 1000);
  command.add_flag("--json", options->json, "Print the table as JSON");
  command.callback(
      [options, &action] { action = [options] { return options->count_only ? count(*options) : learn(*options); }; });
}

}  // namespace flashcell::app
