#include "quant_models/cim/cells/pcm_cell.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant::cim {
namespace {

// aihwkit keeps g away from 0 by so much before it takes logarithms and powers.
constexpr double kLeast = 1e-7;

}  // namespace

double PcmCell::programming_sigma(double target) const {
  const double g = target / p_.g_max;
  return std::max(0.0, p_.programming[0] + g * (p_.programming[1] + g * p_.programming[2]));
}

double PcmCell::logarithmic(const std::array<double, 4>& law, double target) const {
  return std::clamp(law[0] * std::log(std::max(target / p_.g_max, kLeast)) + law[1], law[2], law[3]);
}

double PcmCell::drift_mean(double target) const {
  return logarithmic(p_.drift_mean, target);
}

double PcmCell::drift_sigma(double target) const {
  return logarithmic(p_.drift_sigma, target);
}

double PcmCell::relative_read_sigma(double programmed, double seconds) const {
  const double g = std::max(programmed / p_.g_max, kLeast);
  const double since = seconds + p_.first_read;
  return std::min(p_.read[0] / std::pow(g, p_.read[1]), p_.read[2]) *
         std::sqrt(std::log((since + p_.read_time) / (2 * p_.read_time)));
}

CellState PcmCell::state(double target, double seconds, Random& random) const {
  const double write = random.normal(), exponent = random.normal();
  const double programmed = std::max(0.0, target + programming_sigma(target) * write);
  const double nu = std::max(0.0, drift_mean(target) + drift_sigma(target) * exponent);
  const double now = programmed * std::pow((seconds + p_.first_read) / p_.first_read, -nu);
  return {now, now * relative_read_sigma(programmed, seconds)};
}

}  // namespace flashcell::quant::cim
