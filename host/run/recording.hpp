#pragma once
#include <atomic>
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
};

/// Opens INPUT as the configuration's [input] says; in grey where neither the configuration nor the caller needs
/// colour. Throws Error(Fault::input), and Error(Fault::usage) when nobody states the frame rate.
Recording open_recording(const std::string& input, const Config& config, bool colour = false);

/// With segment.method = auto: looks at frames spread over the recording and fills [segment] and
/// label.min_area/max_area in. Returns the reason in one line, or "" when there was nothing to do. The region of
/// interest stays. Where `stop` is set meanwhile, nothing is settled.
std::string settle_segmentation(const std::string& input, Config& config, RunObserver& observer,
                                const std::atomic<bool>* stop = nullptr);

}  // namespace flashcell::host
