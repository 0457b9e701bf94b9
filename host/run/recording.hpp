#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "host/config/config.hpp"
#include "host/run/observer.hpp"
#include "pipeline/source.hpp"

namespace flashcell::host {

/// An input that is open, with the frame rate settled.
struct Recording {
  std::unique_ptr<FrameSource> source;
  double fps = 0;  ///< frames/s
  /// Opens it once more, from its start; empty where that cannot be done.
  std::function<std::unique_ptr<FrameSource>()> open_again;
};

/// Opens INPUT as the configuration's [input] says; in grey where neither the configuration nor the caller needs
/// colour. Throws Error(Fault::input), and Error(Fault::usage) when nobody states the frame rate.
Recording open_recording(const std::string& input, const Config& config, bool colour = false);

/// Memory for the frames that were looked at.
constexpr int64_t kMostLookAheadBytes = int64_t{512} << 20;

/// With segment.method = auto: looks at frames spread over the first 2000 and fills [segment] and
/// label.min_area/max_area in. Returns the reason in one line, or "" when there was nothing to do. The region of
/// interest stays. Where `stop` is set meanwhile, nothing is settled.
///
/// `recording` then delivers every frame all the same: those that were looked at come from memory. Where they do not
/// fit into `most_bytes`, a file is opened again and read twice; of what cannot be opened again, a live source, only as
/// many are looked at as fit.
std::string settle_segmentation(Recording& recording, Config& config, RunObserver& observer,
                                const std::atomic<bool>* stop = nullptr, int64_t most_bytes = kMostLookAheadBytes);

}  // namespace flashcell::host
