#pragma once
#include "quant_models/cim/cells/cell_model.hpp"

namespace flashcell::quant::cim {

/// What a floating-gate NOR cell's laws are made of.
struct NorParameters {
  double g_max = 0;            ///< microsiemens, at threshold 0
  double volts_of_window = 0;  ///< shift of the threshold from g_max to no conductance
  double threshold_sigma = 0;  ///< volts, left by program and verify
  double loss_per_decade = 0;  ///< part of a cell's stored shift that is lost each decade of time
  double loss_sigma = 0;       ///< spread of that part from cell to cell, relative
  double first_second = 1;     ///< t0
  double read_sigma = 0;       ///< of a read, over the conductance
};

/// A floating-gate (NOR flash) cell in its linear region: G = g_max (1 - V / W), V the threshold's shift, W the window.
/// Program and verify leaves V with a normal error, and charge leaves with the logarithm of time, more of it where
/// there is more: V(t) = V (1 - l log10(1 + t / t0)), l by cell normal and not below 0. Conductances rise toward g_max
/// as cells lose their charge. The form is the textbook's; its numbers are assumptions of whoever writes a preset,
/// which says so.
class NorCell final : public CellModel {
 public:
  explicit NorCell(const NorParameters& parameters) : p_(parameters) {}

  CellState state(double target, double seconds, Random& random) const override;
  double programming_sigma(double) const override { return p_.g_max / p_.volts_of_window * p_.threshold_sigma; }

 private:
  NorParameters p_;
};

}  // namespace flashcell::quant::cim
