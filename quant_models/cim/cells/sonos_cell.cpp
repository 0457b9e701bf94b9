#include "quant_models/cim/cells/sonos_cell.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant::cim {
namespace {

constexpr double kSecondsOfDay = 86400;

double saturating(const std::array<double, 2>& law, double current) {
  return std::max(0.0, law[0] * (1 - std::exp(-current / law[1])));
}

double mixed(double a, double b, double part) {
  return (1 - part) * a + part * b;
}

}  // namespace

SonosCell::Between SonosCell::between(double seconds) const {
  const double days = seconds / kSecondsOfDay;
  size_t after = 0;
  while (after < days_.size() && days_[after].days <= days) ++after;
  if (after == 0) return {&days_.front(), &days_.front(), 0};
  if (after == days_.size()) return {&days_.back(), &days_.back(), 0};
  const SonosDay &first = days_[after - 1], &second = days_[after];
  return {&first, &second, (days - first.days) / (second.days - first.days)};
}

double SonosCell::current_mean(double current, const Between& at) const {
  double change = 0;
  for (size_t k = at.first->drift.size(); k-- > 0;)
    change = change * current + mixed(at.first->drift[k], at.second->drift[k], at.part);
  return current + change;
}

double SonosCell::current_sigma(double mean, const Between& at) const {
  const std::array<double, 2> law{mixed(at.first->spread[0], at.second->spread[0], at.part),
                                  mixed(at.first->spread[1], at.second->spread[1], at.part)};
  return saturating(law, mean);
}

double SonosCell::mean(double target, double seconds) const {
  return current_mean(target * nanoamperes_, between(seconds)) / nanoamperes_;
}

double SonosCell::sigma(double target, double seconds) const {
  const Between at = between(seconds);
  return current_sigma(current_mean(target * nanoamperes_, at), at) / nanoamperes_;
}

double SonosCell::programming_sigma(double target) const {
  return sigma(target, 0);
}

CellState SonosCell::state(double target, double seconds, Random& random) const {
  const Between at = between(seconds);
  const double mean = current_mean(target * nanoamperes_, at);
  const double current = std::max(0.0, mean + current_sigma(mean, at) * random.normal());
  return {current / nanoamperes_, saturating(read_, current) / nanoamperes_};
}

}  // namespace flashcell::quant::cim
