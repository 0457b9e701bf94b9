#pragma once
#include <array>
#include <vector>

#include "quant_models/cim/cells/cell_model.hpp"

namespace flashcell::quant::cim {

/// sigma = c0 + c1 x + ... + c4 x^4 microsiemens, x = G / unit, not below 0.
struct SigmaPolynomial {
  double seconds = 0;  ///< since programming
  std::array<double, 5> coefficients{};
};

/// Cells of which only the spread about their target was measured, as a polynomial of it: ReRAM (Wan et al., Nature
/// 608, 504, 2022; Milo et al., IEEE Transactions on Electron Devices 68, 2021) and PCM (Joshi et al., Nature
/// Communications 11, 2473, 2020). Where several times were measured, sigma between them is interpolated over the
/// logarithm of time (ours), and constant before and after.
///   G = max(0, target + N(0, sigma))
class PolynomialCell final : public CellModel {
 public:
  /// `unit` in microsiemens; `laws` in order of time, at least one.
  PolynomialCell(double unit, std::vector<SigmaPolynomial> laws) : unit_(unit), laws_(std::move(laws)) {}

  CellState state(double target, double seconds, Random& random) const override;
  double programming_sigma(double target) const override { return sigma(target, 0); }
  double sigma(double target, double seconds) const;

 private:
  double unit_;
  std::vector<SigmaPolynomial> laws_;
};

}  // namespace flashcell::quant::cim
