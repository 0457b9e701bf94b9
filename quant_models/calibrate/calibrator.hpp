#pragma once
#include <span>

#include "base/named_value.hpp"
#include "quant_models/calibrate/statistics.hpp"
#include "quant_models/tensor/quantization.hpp"

// Choosing scales: how much of the range of real numbers the integers cover. What lies beyond is clipped.
namespace flashcell::quant {

enum class Calibrator {
  min_max,     ///< all of the range
  percentile,  ///< all but the largest numbers
  mse,         ///< the least mean squared error of the stored numbers
  entropy,     ///< the least Kullback-Leibler divergence of the stored from the real distribution (Migacz, GTC 2017)
};

inline constexpr NamedValue<Calibrator> kCalibratorNames[] = {{Calibrator::min_max, "min-max"},
                                                              {Calibrator::percentile, "percentile"},
                                                              {Calibrator::mse, "mse"},
                                                              {Calibrator::entropy, "entropy"}};

/// Those that choose scales of weights.
inline constexpr NamedValue<Calibrator> kWeightCalibratorNames[] = {{Calibrator::min_max, "min-max"},
                                                                    {Calibrator::mse, "mse"}};

/// What integers stand for numbers that may be below 0.
enum class Symmetry {
  symmetric,   ///< zero point 0
  asymmetric,  ///< lowest and highest number are stored as lowest and highest integer; unsigned
};

struct CalibratorOptions {
  int bits = 8;
  Calibrator calibrator = Calibrator::min_max;
  Symmetry symmetry = Symmetry::symmetric;
  double percentile = 0.9999;  ///< of magnitudes; asymmetric: half of the rest is cut off at each end
  bool power_of_two = false;   ///< scales are powers of two: the one at or above the chosen scale
};

/// The quantization of a value with these statistics: unsigned where no number is below 0. MSE and entropy look at the
/// histogram; above 10 bits its bins are too wide, and they take the whole range. Numbers that are all 0 get scale 1.
/// Throws std::invalid_argument for options out of range.
Quantization calibrate(const Statistics& statistics, const CalibratorOptions& options);

/// How scales of weights are chosen.
struct WeightOptions {
  int bits = 8;
  bool per_channel = true;                      ///< one scale for each index of the first dimension
  Calibrator calibrator = Calibrator::min_max;  ///< or mse, on the weights themselves (symmetric only)
  Symmetry symmetry = Symmetry::symmetric;      ///< symmetric: signed and narrow, what kernels compute with
  bool power_of_two = false;
};

/// The quantization of weights. Throws std::invalid_argument for options out of range.
Quantization calibrate_weights(const Tensor& weight, const WeightOptions& options);

/// Mean squared difference between numbers and what is stored of them (one scale).
double mean_squared_error(std::span<const float> numbers, const Quantization& quantization);

}  // namespace flashcell::quant
