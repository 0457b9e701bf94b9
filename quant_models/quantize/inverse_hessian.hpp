#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace flashcell::quant {

/// The upper triangle U with U'U = (H + damping x mean of the diagonal x 1)^-1, size x size, row after row: row j says
/// how weights behind j make up for an error in weight j (GPTQ, Frantar et al., ICLR 2023, section 3.3, step 3). Inputs
/// that are always 0 get a diagonal of 1. Throws std::invalid_argument where the size is not that of a square.
std::vector<double> inverse_hessian_factor(std::span<const double> hessian, size_t size, double damping);

}  // namespace flashcell::quant
