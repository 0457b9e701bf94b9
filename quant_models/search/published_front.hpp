#pragma once
#include "quant_models/search/pareto_front.hpp"

namespace flashcell::quant {

/// The points that HTQ's public code keeps (zkkli/HTQ, pareto_frontier.py), to compare with: decision by decision, in
/// order of weight_bits, those whose perturbation is no larger than that of the kept point a twentieth of the list
/// before the end (the first one, in lists of fewer than 20); the same in order of bit_operations; and both lists
/// together. No test in three dimensions: some points beat others. Throws ModelError where more than
/// options.most_points stay.
ParetoFront published_front(std::span<const Decision> decisions, const FrontOptions& options = {});

}  // namespace flashcell::quant
