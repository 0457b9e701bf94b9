#pragma once
#include <string>
#include <vector>

#include "quant_models/manycore/predictions.hpp"

namespace flashcell::quant::manycore {

/// A run and what was predicted beside it, as it is told.
struct Report {
  std::string network;  ///< file or `random:` text
  std::string input;
  std::string command;  ///< that made it
  std::vector<int64_t> layers;
  int64_t inputs = 0, weights = 0, nonzeros = 0;
  MachineRun run;
  std::vector<Sweep> sweeps;
  std::string without_predictions;  ///< why there are none; empty: there are
};

/// The published run of a language model on this chip and on a GPU (arXiv 2312.09084, Table II): three layers of
/// 1350, 1350 and 750 EGRUs, embedding of 750, 95 % of the weights pruned, a sequence of 70 tokens, batch 1.
struct Published {
  double ms = 170.25, watts = 0.39, mj = 65.3, element_kb = 88.3;
  double gpu_ms = 19.9, gpu_watts = 60, gpu_mj = 1193.5;
  int elements = 150;
};
/// Whether the report is of such a network and as many steps, so that its figures may stand beside the published ones.
bool comparable(const Report& report);

/// Units of the layers, those of one size that follow one another as one: "1350 x 2, 750".
std::string layers_text(const std::vector<int64_t>& layers);

/// Some lines for a terminal.
std::string to_text(const Report& report);
/// manycore.json.
std::string to_json(const Report& report);
/// One HTML page that needs nothing but itself.
std::string to_page(const Report& report);

}  // namespace flashcell::quant::manycore
