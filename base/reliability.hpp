#pragma once
#include <array>
#include <cstddef>
#include <string>

namespace flashcell {

/// Are things that are said with confidence c right in a share c of the cases? Counted in bins of confidence
/// (DeGroot, Fienberg 1983; Guo et al., ICML 2017).
class Reliability {
 public:
  static constexpr size_t kBins = 10;

  struct Bin {
    double weight = 0;      ///< of what was said
    double right = 0;       ///< of it
    double confidence = 0;  ///< sum, weighted
    double mean_confidence() const { return weight > 0 ? confidence / weight : 0; }
    double share_right() const { return weight > 0 ? right / weight : 0; }
  };

  /// `confidence` 0..1.
  void add(double confidence, bool right, double weight = 1);
  void add(const Reliability& other);

  const std::array<Bin, kBins>& bins() const { return bins_; }
  double weight() const;
  double share_right() const;
  /// Expected calibration error: the mean distance of confidence and share that is right, over the bins.
  double error() const;
  /// The largest confidence of anything that was wrong; 0 where nothing was.
  double most_wrong() const { return most_wrong_; }

  /// A line a bin, for people.
  std::string table() const;
  /// The diagram: share right over confidence, SVG.
  std::string diagram(const std::string& title) const;

 private:
  std::array<Bin, kBins> bins_{};
  double most_wrong_ = 0;
};

}  // namespace flashcell
