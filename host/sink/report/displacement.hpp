#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace flashcell::host {

/// Mean squared displacement by lag: the mean of (x(t + lag) - x(t))^2 + (y(t + lag) - y(t))^2 over all tracks and all
/// t at which both places were measured (the ensemble mean that trackpy calls emsd; each pair weighs alike, so long
/// tracks weigh more). Nothing is put into gaps, and no common drift is taken out.
///
/// Lags of 1 to 15 frames use every t. Longer ones, up to 122 880 frames, are 8 to 15 times a power of two and use the
/// frames that are multiples of it: memory and time do not grow with the length of a track (a multiple-tau
/// correlator, Schätzel 1990). Of more than kMostTracks tracks at once some are left out.
class MeanSquaredDisplacement {
 public:
  static constexpr size_t kMostTracks = 2048;

  struct Point {
    int64_t lag = 0;  ///< frames
    double mean = 0;  ///< square of the unit of add()
    uint64_t pairs = 0;
  };

  /// A measured place. The frames of a track must rise.
  void add(uint32_t id, int64_t frame, double x, double y);

  /// Of every lag that has pairs, by rising lag.
  std::vector<Point> points() const;

 private:
  static constexpr size_t kLevels = 14, kSamples = 16, kHalf = kSamples / 2;

  struct Sample {
    int64_t number = -1;  // frame >> level
    float x = 0, y = 0;
  };
  struct Track {
    uint32_t id = 0;
    int64_t last_frame = 0;
    std::array<std::array<Sample, kSamples>, kLevels> levels;
  };
  struct Sum {
    double squares = 0;
    uint64_t pairs = 0;
  };

  Track* track_of(uint32_t id, int64_t frame);
  void pair_up(const std::array<Sample, kSamples>& samples, size_t level, const Sample& now);

  std::vector<Track> tracks_;
  std::unordered_map<uint32_t, size_t> index_;  // by id
  int64_t full_in_frame_ = -1;
  std::array<std::array<Sum, kSamples>, kLevels> sums_{};
};

/// mean = factor * lag^exponent.
struct PowerLaw {
  double exponent = 0;
  double factor = 0;                  ///< at a lag of one frame
  int64_t shortest = 0, longest = 0;  ///< lags of the fit, frames
};

/// Least squares through the logarithms, over the lags up to `longest_lag`; nothing where these are fewer than three or
/// nothing moves.
std::optional<PowerLaw> fit_power_law(const std::vector<MeanSquaredDisplacement::Point>& points, int64_t longest_lag);

}  // namespace flashcell::host
