#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"

// Where images to calibrate and to train with come from: out of the network itself, or from files.
namespace flashcell::quant {

/// What the first images of a drawing were on their way.
struct ImageSnapshot {
  int64_t step = 0;           ///< steps done
  std::vector<float> values;  ///< of the first images, at most kSnapshotImages
};
inline constexpr int64_t kSnapshotImages = 16;
/// Whether so many steps of all are a moment to look: before the first, after a sixteenth and a quarter. (Ends are the
/// images themselves.)
inline bool is_snapshot_step(int64_t done, int64_t steps) {
  return done < steps && (done == 0 || done == steps / 16 || done == steps / 4);
}

/// Images as a network takes them (normalized), one after the other.
struct DrawnImages {
  int64_t count = 0;
  std::vector<float> values;                ///< count x the input's numbers of one image
  std::vector<int> labels;                  ///< the class that each was drawn for; empty: the method asks for none
  std::vector<double> losses;               ///< what was minimized, step by step; empty: nothing was
  std::vector<ImageSnapshot> history = {};  ///< how the first ones came to be; empty: at once
};

/// Where a drawing is.
struct DrawProgress {
  std::string what;             ///< "distilling", ...
  int64_t step = 0, steps = 0;  ///< of all that is to be done
  double loss = 0;              ///< 0 where nothing is minimized
};
/// Hears it; may be empty.
using Progress = std::function<void(const DrawProgress& progress)>;

/// One way to images for a network.
class ImageSource {
 public:
  virtual ~ImageSource() = default;

  /// `count` (above 0) images for the graph's only input, N x C x H x W or any other shape whose first extent is the
  /// batch. The graph: in real numbers, batch normalization not folded (simplify(keep_batch_normalization)). Equal
  /// arguments give equal bytes, whatever the number of threads. Throws ModelError with one line for a network that the
  /// method cannot work with, and what to use instead; std::invalid_argument for a count below 1.
  virtual DrawnImages draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const = 0;

  /// Images that may as well be drawn so many at a time, each part with a seed of its own: who has to be able to stop
  /// and go on keeps finished parts. 0: only all at once.
  virtual int64_t part() const { return 0; }
};

}  // namespace flashcell::quant
