#include "pipeline/sink_group.hpp"

namespace flashcell {
namespace {

void note(const std::exception_ptr& error, RunSummary& summary) {
  summary.end = RunEnd::failed;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    summary.error = e.what();
  } catch (...) {
    summary.error = "unknown error";
  }
}

/// A sink that cannot take the last rows is finished all the same.
void finish(Sink& sink, std::span<const AssembledRow> rows, const RunSummary& summary) {
  try {
    sink.write_rows(rows);
  } catch (...) {
    const std::exception_ptr first = std::current_exception();
    try {
      sink.finish(summary);
    } catch (...) {  // the first says why
    }
    std::rethrow_exception(first);
  }
  sink.finish(summary);
}

}  // namespace

void SinkGroup::begin(const RunInfo& run) {
  rows_.emplace(run.backfill_frames, run.features, run.world, run.regions, actions_);
  RunInfo told = run;
  if (actions_ != nullptr) told.backfill_frames += actions_->begin(run.backfill_frames == 0);
  for (Sink* sink : sinks_) {
    sink->begin(told);
    begun_.push_back(sink);
  }
}

void SinkGroup::write(const FrameResult& result) {
  if (sinks_.empty()) return;
  const auto rows = rows_->add(result);
  for (Sink* sink : sinks_) {
    sink->write(result);
    sink->write_rows(rows);
  }
}

void SinkGroup::amend(std::span<const tracking::TrackRow> rows) {
  if (rows_) rows_->amend(rows);
}

void SinkGroup::finish(RunSummary& summary, std::exception_ptr& error) {
  if (error) note(error, summary);
  const std::span<const AssembledRow> rows = rows_ ? rows_->flush() : std::span<const AssembledRow>();
  summary.rows = rows_ ? rows_->released() : 0;
  for (Sink* sink : begun_) {
    try {
      flashcell::finish(*sink, rows, summary);
    } catch (...) {
      if (error) continue;
      error = std::current_exception();
      note(error, summary);
    }
  }
}

}  // namespace flashcell
