#pragma once
#include <memory>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "pipeline/run_summary.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::app {

/// The outputs of one run.
class SinkSet {
 public:
  void add(std::unique_ptr<Sink> sink) {
    list_.push_back(sink.get());
    owned_.push_back(std::move(sink));
  }
  const std::vector<Sink*>& list() const { return list_; }

 private:
  std::vector<std::unique_ptr<Sink>> owned_;
  std::vector<Sink*> list_;
};

/// Outputs that need no pictures: tracks.csv, tracks.txt, tracks.h5 as configured, and summary.json. `summary` is
/// complete when they are finished.
SinkSet make_row_sinks(const std::string& folder, const host::Config& config,
                       const tracking::TrackerParameters& tracker, double fps,
                       std::shared_ptr<const RunSummary> summary);

/// Those, overlay.mp4 and report.html.
SinkSet make_sinks(const std::string& folder, const host::Config& config, const tracking::TrackerParameters& tracker,
                   double fps, std::shared_ptr<const RunSummary> summary);

}  // namespace flashcell::app
