#pragma once

namespace flashcell::quant::cim {

/// Mean and variance of a random number.
struct Moments {
  double mean = 0, variance = 0;
};

/// Of max(0, X), X normal: a conductance is never below 0. With a = mean / sigma, phi and Phi the normal density and
/// distribution: E = mean Phi(a) + sigma phi(a), E[.^2] = (mean^2 + sigma^2) Phi(a) + mean sigma phi(a) (Johnson, Kotz,
/// Balakrishnan, Continuous Univariate Distributions 1, 13.10.1). At mean 0: 0.3989 sigma and 0.3408 sigma^2.
Moments rectified_normal(double mean, double sigma);

/// Of max(0, X), X uniform with this mean and standard deviation, that is from mean - h to mean + h, h = sqrt(3) sigma.
/// Where mean < h: E = (mean + h)^2 / 4h, E[.^2] = (mean + h)^3 / 6h.
Moments rectified_uniform(double mean, double sigma);

}  // namespace flashcell::quant::cim
