#pragma once
#include <span>
#include <string>
#include <vector>

#include "quant_models/search/mixed_precision.hpp"

namespace flashcell::quant {

/// What bits_of() lists: "NAME value", "NAME weights", decision by decision.
std::vector<std::string> member_names(const MixedPrecision& found);

/// Bits of every decision's members where these options are taken, in their order.
std::vector<int> bits_of(const MixedPrecision& found, std::span<const size_t> options);

}  // namespace flashcell::quant
