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

}  // namespace

void SinkGroup::begin(const RunInfo& run) {
  for (Sink* sink : sinks_) {
    sink->begin(run);
    begun_.push_back(sink);
  }
}

void SinkGroup::write(const FrameResult& result) {
  for (Sink* sink : sinks_) sink->write(result);
}

void SinkGroup::finish(RunSummary& summary, std::exception_ptr& error) {
  if (error) note(error, summary);
  for (Sink* sink : begun_) {
    try {
      sink->finish();
    } catch (...) {
      if (error) continue;
      error = std::current_exception();
      note(error, summary);
    }
  }
}

}  // namespace flashcell
