#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace flashcell::quant {

/// Gaussian low-pass of images in the Fourier plane, the borders going round: frequency (u, v), in periods an image, is
/// multiplied with exp(-(u^2 + v^2) / (2 D^2)). Synthetic images carry more high frequencies than photographs do.
/// Source: Kim et al., SynQ, ICLR 2025. The filter is a product of one along rows and one along columns, so it is two
/// products with matrices and needs no Fourier transform.
class LowPass {
 public:
  /// `cutoff`: D, above 0. Throws std::invalid_argument for other numbers.
  LowPass(int64_t rows, int64_t columns, double cutoff);

  /// SynQ's D: 8 at 32 pixels, 40 at 224; between and beyond by the power law through both, of the shorter side.
  static double published_cutoff(int64_t rows, int64_t columns);

  /// Symmetric: filtered = along_rows x image x along_columns. rows x rows, columns x columns.
  const std::vector<double>& along_rows() const { return along_rows_; }
  const std::vector<double>& along_columns() const { return along_columns_; }

  /// Planes of rows x columns, one after the other, in place.
  void apply(std::span<float> planes) const;

 private:
  int64_t rows_, columns_;
  std::vector<double> along_rows_, along_columns_;
};

}  // namespace flashcell::quant
