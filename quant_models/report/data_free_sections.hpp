#pragma once
#include <string>

#include "quant_models/report/data_free_run.hpp"

// The sections of report.html, as markup; each is empty where the run has nothing to show in it.
namespace flashcell::quant {

std::string pictures_section(const DataFreeRun& run);
std::string losses_section(const DataFreeRun& run);
/// With the script that turns it.
std::string front_section(const BitFront& front);
std::string layers_section(const DataFreeRun& run);
std::string similarity_section(const std::vector<DensityCurve>& curves);

/// Megabytes of 2^20 bytes.
double megabytes(int64_t bits);

}  // namespace flashcell::quant
