#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/packed/describe.hpp"
#include "quant_models/report/error_report.hpp"

namespace flashcell::app {

/// What `flashcell quantize` came to.
struct QuantizeReport {
  std::string model;                          ///< the file
  std::vector<std::string> steps;             ///< what was done, one line each
  std::string data;                           ///< calibration data, as words
  int64_t images = 0;                         ///< that were run
  std::vector<quant::ValueError> values;      ///< in the network's order
  std::optional<quant::ModelSummary> engine;  ///< none where no .fcnn was asked for
  std::optional<int64_t>
      same_class;  ///< images whose largest output is the same one; none: the network names no classes
  nlohmann::ordered_json bits = {};  ///< what a search for the bits of each layer found; null: there was none
};

/// The whole report, for report.txt.
std::string full_text(const QuantizeReport& report);
/// A few lines for the terminal.
std::string short_text(const QuantizeReport& report);
nlohmann::ordered_json to_json(const QuantizeReport& report);

}  // namespace flashcell::app
