#pragma once
#include <map>
#include <string>

#include "base/named_value.hpp"

namespace flashcell::quant {

/// How much each layer's weights and each value matter, by node name: plain numbers, wherever they come from.
struct Sensitivities {
  std::map<std::string, double> weights, values;
};

/// What gradients say of how much a node matters; worked out in train/gradient_sensitivity.hpp. The loss is the cross
/// entropy of the network's own answer (its largest output) where it gives a row of scores for each image, else half
/// the mean square of its output.
enum class GradientMeasure {
  connection,  ///< S = mean |g x w| / mean w^2 of a layer's weights, the same of a value's numbers, the gradients image
               ///< by image; all divided by their sum. Source: connection sensitivity, mean |g x w|, Lee et al., SNIP,
               ///< ICLR 2019, equation 5, of the trained network. Ours: the division, which makes S times a squared
               ///< error independent of the scale that a layer's numbers happen to have
  fresh_connection,  ///< the same of the same network with weights drawn anew from Xavier's normal distribution and the
                     ///< loss -mean(output of the answer), one batch, not divided; weights only (zkkli/HTQ,
                     ///< sensitivity.py)
  hessian_trace,     ///< mean of the diagonal of the loss's second derivatives by a layer's weights, by Hutchinson's
                     ///< estimator; below 0 counts as 0; weights only (Dong et al., HAWQ-V2, NeurIPS 2020)
};

inline constexpr NamedValue<GradientMeasure> kGradientMeasureNames[] = {
    {GradientMeasure::connection, "connection"},
    {GradientMeasure::fresh_connection, "fresh-connection"},
    {GradientMeasure::hessian_trace, "hessian-trace"}};

}  // namespace flashcell::quant
