#pragma once
#include <array>
#include <vector>

#include "quant_models/cim/cells/cell_model.hpp"

namespace flashcell::quant::cim {

/// So many days after programming, with I in nanoamperes: I_mean = I + sum over k of drift[k] I^k,
/// sigma = spread[0] (1 - exp(-I_mean / spread[1])).
struct SonosDay {
  double days = 0;
  std::array<double, 2> spread{};
  std::array<double, 11> drift{};
};

/// Charge-trap (SONOS) flash cells in subthreshold, measured over five days: Xiao et al., IEEE Transactions on
/// Circuits and Systems I 69 (2022), as CrossSim 3.2 has it. Linear between the days that were measured, as on the last
/// one afterwards. I = G times the read voltage; a cell's current is max(0, N(I_mean, sigma)).
class SonosCell final : public CellModel {
 public:
  /// `volts`: when read. `days` in order, at least one. `read`: A and B of sigma = A (1 - exp(-I / B)) of each read.
  SonosCell(double volts, std::vector<SonosDay> days, std::array<double, 2> read)
      : nanoamperes_(1e3 * volts), days_(std::move(days)), read_(read) {}

  CellState state(double target, double seconds, Random& random) const override;
  double programming_sigma(double target) const override;
  /// Of conductances, at a time.
  double mean(double target, double seconds) const;
  double sigma(double target, double seconds) const;

 private:
  /// Two measured days and how far from the first to the second.
  struct Between {
    const SonosDay *first, *second;
    double part;
  };
  Between between(double seconds) const;
  double current_mean(double current, const Between& at) const;
  double current_sigma(double mean, const Between& at) const;

  double nanoamperes_;  // of a microsiemens
  std::vector<SonosDay> days_;
  std::array<double, 2> read_;
};

}  // namespace flashcell::quant::cim
