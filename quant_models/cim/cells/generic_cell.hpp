#pragma once
#include "base/named_value.hpp"
#include "quant_models/cim/cells/cell_model.hpp"

namespace flashcell::quant::cim {

enum class Distribution { normal, uniform };
inline constexpr NamedValue<Distribution> kDistributions[] = {{Distribution::normal, "normal"},
                                                              {Distribution::uniform, "uniform"}};

/// How a spread depends on the cell's conductance G.
enum class Dependence {
  independent,   ///< sigma = s G_max
  proportional,  ///< sigma = s G
  inverse,       ///< sigma = s G_max^2 / G, at most s_most G_max
};
inline constexpr NamedValue<Dependence> kDependences[] = {{Dependence::independent, "independent"},
                                                          {Dependence::proportional, "proportional"},
                                                          {Dependence::inverse, "inverse"}};

/// A spread that fits many technologies, FeFET among them, as CrossSim's generic models have it.
struct GenericSpread {
  Distribution distribution = Distribution::normal;
  Dependence dependence = Dependence::independent;
  double sigma = 0;  ///< s
  double most = 1;   ///< s_most
  /// Standard deviation at a conductance, in the units of `g_max`.
  double at(double conductance, double g_max) const;
};

/// A cell is max(0, target + noise), noise of the spread about its target. A uniform law reaches from -sqrt(3) sigma to
/// sqrt(3) sigma.
class GenericCell final : public CellModel {
 public:
  GenericCell(double g_max, const GenericSpread& programming) : g_max_(g_max), programming_(programming) {}

  CellState state(double target, double seconds, Random& random) const override;
  double programming_sigma(double target) const override { return programming_.at(target, g_max_); }

 private:
  double g_max_;
  GenericSpread programming_;
};

}  // namespace flashcell::quant::cim
