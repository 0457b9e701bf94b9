#pragma once
#include <array>

#include "quant_models/cim/cells/cell_model.hpp"

namespace flashcell::quant::cim {

/// What a phase-change cell's laws are made of; g is conductance over `g_max`.
struct PcmParameters {
  double g_max = 0;                     ///< microsiemens
  std::array<double, 3> programming{};  ///< c0, c1, c2 of sigma = c0 + c1 g + c2 g^2, microsiemens
  std::array<double, 4> drift_mean{};   ///< slope, offset, least, most of the exponent's mean: slope ln g + offset
  std::array<double, 4> drift_sigma{};  ///< the same of its standard deviation
  std::array<double, 3> read{};         ///< a, b, most of the relative read noise min(a / g^b, most)
  double first_read = 0;                ///< t0, seconds between programming and time 0
  double read_time = 0;                 ///< t_r, seconds one read takes
};

/// Phase-change memory as aihwkit's PCMLikeNoiseModel has it (Nandakumar et al., ICECS 2019; Joshi et al., Nature
/// Communications 11, 2473, 2020; Rasch et al., Nature Communications 14, 5282, 2023, "Methods"):
///   programmed  G_p = max(0, G + N(0, sigma(g)))
///   drifted     G_p ((t + t0) / t0)^-nu, nu = max(0, N(mean(g), sigma(g)))
///   read        relative noise min(a / g_p^b, most) sqrt(ln((t + t0 + t_r) / 2 t_r)), g_p as programmed.
class PcmCell final : public CellModel {
 public:
  explicit PcmCell(const PcmParameters& parameters) : p_(parameters) {}

  CellState state(double target, double seconds, Random& random) const override;
  double programming_sigma(double target) const override;
  /// Mean and standard deviation of the drift's exponent.
  double drift_mean(double target) const;
  double drift_sigma(double target) const;
  /// Of a read, over the conductance.
  double relative_read_sigma(double programmed, double seconds) const;

 private:
  double logarithmic(const std::array<double, 4>& law, double target) const;

  PcmParameters p_;
};

}  // namespace flashcell::quant::cim
