#pragma once
#include <exception>
#include <optional>
#include <vector>

#include "pipeline/action_namer.hpp"
#include "pipeline/row_assembler.hpp"
#include "pipeline/run_summary.hpp"
#include "pipeline/sink.hpp"

namespace flashcell {

/// The sinks of one run, for which rows are assembled once: each that has begun is finished, whatever happens to the
/// others, so that what was written stays whole.
class SinkGroup {
 public:
  /// `actions`: says what tracks do, or null.
  explicit SinkGroup(const std::vector<Sink*>& sinks, ActionNamer* actions = nullptr)
      : sinks_(sinks), actions_(actions) {}

  void begin(const RunInfo& run);
  void write(const FrameResult& result);
  /// Rows as of backfill that the end of the run makes known, before finish().
  void amend(std::span<const tracking::TrackRow> rows);
  /// Finishes them in their order. `error`: what ended the run, or null; it becomes the first error of a sink where
  /// there was none. Those that come later find it in `summary`, which is otherwise complete.
  void finish(RunSummary& summary, std::exception_ptr& error);

 private:
  const std::vector<Sink*>& sinks_;
  ActionNamer* actions_;
  std::vector<Sink*> begun_;
  std::optional<RowAssembler> rows_;
};

}  // namespace flashcell
