#include "host/sink/action_spans.hpp"

namespace flashcell::host {

std::optional<ActionSpan> ActionSpans::put(const AssembledRow& row) {
  const tracking::TrackRow& r = row.row;
  const auto at = open_.find(r.id);
  if (at == open_.end() && row.action < 0) return std::nullopt;
  std::optional<ActionSpan> over;
  if (at != open_.end()) {
    ActionSpan& span = at->second;
    if (span.action == row.action && r.frame - span.last <= most_missing_) {
      span.last = r.frame;
      span.end_s = row.time_s;
      ++span.rows;
      span.confidence_sum += double{row.action_confidence};
      return over;
    }
    over = span;
    open_.erase(at);
    if (row.action < 0) return over;
  }
  open_.emplace(
      r.id, ActionSpan{r.id, row.action, r.frame, r.frame, row.time_s, row.time_s, 1, double{row.action_confidence}});
  return over;
}

}  // namespace flashcell::host
