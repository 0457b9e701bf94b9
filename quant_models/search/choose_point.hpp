#pragma once
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "quant_models/search/pareto_front.hpp"

namespace flashcell::quant {

/// The most that one axis may come to, in SearchCosts' units.
struct SearchLimit {
  SearchAxis axis = SearchAxis::weight_bits;
  double most = 0;
};

/// The point nearest to the utopia point (the least of every axis) once each axis is scaled to 0..1 over the front; the
/// first of equals. An axis on which all points are equal counts nothing. Only points with a perturbation of at most
/// `most` are taken, where there are some.
size_t nearest_to_utopia(const ParetoFront& front, double most = std::numeric_limits<double>::infinity());

/// Noise that a point's bits make at the network's outputs, measured.
using PointNoise = std::function<double(size_t point)>;

/// The point nearest to the utopia point; where that is noisier than `most`, the nearest one of those with less
/// perturbation, which is bisected until the noise is borne. Where nothing is quiet enough the point with the least
/// perturbation.
size_t quiet_point(const ParetoFront& front, const PointNoise& noise, double most);

/// The point with the least perturbation within all limits, of equals the first; none where no point keeps them.
std::optional<size_t> least_perturbation(const ParetoFront& front, const std::vector<SearchLimit>& limits);

/// The way to decide with the least perturbation under one limit, the others' axes not looked at: the integer linear
/// program of HAWQ-V3 (Yao et al., ICML 2021, section 3.2), solved exactly by a front of two axes. The options' places;
/// none where nothing keeps the limit.
std::optional<std::vector<size_t>> minimize_perturbation(std::span<const Decision> decisions, const SearchLimit& limit);

/// Costs of a way to decide, added in the decisions' order.
SearchCosts costs_of(std::span<const Decision> decisions, std::span<const size_t> options);

}  // namespace flashcell::quant
