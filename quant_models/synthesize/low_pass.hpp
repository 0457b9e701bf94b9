#pragma once
#include <cstdint>
#include <vector>

// Gaussian low-pass of images in the Fourier plane, the borders going round: frequency (u, v), in periods an image, is
// multiplied with exp(-(u^2 + v^2) / (2 D^2)), D the cutoff. Synthetic images carry more high frequencies than
// photographs do. Source: Kim et al., SynQ, ICLR 2025. The filter is a product of one along rows and one along columns.
namespace flashcell::quant {

/// Of one direction of `length` pixels: the gain of each of its `length` frequencies, in the order of a discrete
/// Fourier transform. Throws std::invalid_argument where length or cutoff is not above 0.
std::vector<double> low_pass_gains(int64_t length, double cutoff);

/// The same as a symmetric matrix, length x length: filtered = matrix x pixels.
std::vector<double> low_pass_matrix(int64_t length, double cutoff);

/// SynQ's D: 8 at 32 pixels, 40 at 224; between and beyond by the power law through both, of the shorter side.
double published_cutoff(int64_t rows, int64_t columns);

}  // namespace flashcell::quant
