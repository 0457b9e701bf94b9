#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "quant_models/cim/study.hpp"

// The part of a study's report that says which bits layers were given: to_text(), to_json() and to_page() hold it.
namespace flashcell::quant::cim {

std::string bits_text(const BitsStudy& study);
nlohmann::ordered_json bits_json(const BitsStudy& study);
std::string bits_section(const BitsStudy& study);

}  // namespace flashcell::quant::cim
