#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace flashcell::quant {

/// Sums over all places x of what a group of output channels reads: what the squared error of their outputs depends on.
/// With e = (rounded - real) / scale, the error of one channel is scale^2 (e' G e + 2 e' r) + constant, where
/// G = sum of x x' and r = sum of x (real weights' output on x - wanted output) / scale. Where a bias makes up for the
/// mean of the error, x and the outputs are counted from their means.
class RoundingProblem {
 public:
  RoundingProblem(size_t depth, size_t channels, bool fits_bias);

  /// One place: `depth` inputs, and for each channel what the real weights make of them less what is wanted (a real
  /// difference: the scale comes in later).
  void add(std::span<const float> inputs, std::span<const float> differences);

  /// After the last place, before what follows. Few places say little of directions in which inputs hardly vary: G is
  /// shrunk towards a multiple of the identity by `alike` times what oracle approximating shrinkage asks for (Chen et
  /// al., Shrinkage Algorithms for MMSE Covariance Estimation, 2010, equation 23), as places of one image are alike.
  void finish(double alike = 4);

  /// Up or down for the real numbers of steps w / scale of one channel: integers within [low, high].
  /// Adam on the rectified sigmoid; nearest rounding where that is no worse.
  std::vector<float> round(size_t channel, std::span<const float> steps, double scale, int low, int high,
                           int iterations) const;

  /// From one rounding to a closer one: one weight after the other goes up or down, as is best with all others where
  /// they are, until none moves (coordinate descent, as in Zhang et al., COMQ, 2024). Never a larger error.
  std::vector<float> descend(size_t channel, std::span<const float> steps, std::vector<float> rounded, double scale,
                             int low, int high) const;

  /// The scale at which integers come closest, by the same error (least squares); 0 where none above 0 does.
  float best_scale(size_t channel, std::span<const float> weights, std::span<const float> integers) const;

  /// What a channel's bias takes, so that its rounding errs by 0 in the mean; 0 where biases are not fitted.
  double bias_change(size_t channel, std::span<const float> steps, std::span<const float> rounded, double scale) const;

  /// e' G e + 2 e' r of a channel's rounding, with the shrunk G.
  double error(size_t channel, std::span<const float> steps, std::span<const float> rounded, double scale) const;

  size_t depth() const { return depth_; }

 private:
  void count_from_means();
  std::vector<double> linear_term(size_t channel, double scale) const;
  double shrinkage(double alike) const;

  size_t depth_, places_ = 0;
  bool fits_bias_;
  std::vector<double> gram_;                  // depth x depth; until finish() only what is on and behind the diagonal
  std::vector<float> scaled_;                 // the same, which all but finish() reads
  std::vector<double> linear_;                // channels x depth
  std::vector<double> inputs_, differences_;  // sums over the places; behind finish() means
};

}  // namespace flashcell::quant
