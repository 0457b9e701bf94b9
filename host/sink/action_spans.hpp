#pragma once
#include <cstdint>
#include <map>
#include <optional>

#include "pipeline/sink.hpp"

namespace flashcell::host {

/// What a track did for a while.
struct ActionSpan {
  uint32_t id = 0;
  int32_t action = -1;            ///< of RunInfo::actions
  int64_t first = 0, last = 0;    ///< frames, both included
  double begin_s = 0, end_s = 0;  ///< recording time of these
  uint64_t rows = 0;
  double confidence_sum = 0;
  double confidence() const { return confidence_sum / static_cast<double>(rows); }  ///< mean of its rows
};

/// Joins rows to spans: one ends where its track does something else, or has no row for longer than a second. Keeps
/// those that are not over.
class ActionSpans {
 public:
  explicit ActionSpans(double fps) : most_missing_(fps > 0 ? static_cast<int64_t>(fps) + 1 : 1) {}

  /// Rows rise by (frame, id). Calls take(const ActionSpan&) for each span that this one ends.
  template <class Take>
  void add(const AssembledRow& row, Take&& take) {
    if (row.row.frame >= next_look_) close_before(row.row.frame - most_missing_, take);
    if (const auto over = put(row)) take(*over);
  }

  /// After the last row.
  template <class Take>
  void finish(Take&& take) {
    for (const auto& [id, span] : open_) take(span);
    open_.clear();
  }

 private:
  template <class Take>
  void close_before(int64_t frame, Take&& take) {
    next_look_ = frame + 2 * most_missing_;
    for (auto it = open_.begin(); it != open_.end();) {
      if (it->second.last < frame) {
        take(it->second);
        it = open_.erase(it);
      } else {
        ++it;
      }
    }
  }

  /// The span that the row ends.
  std::optional<ActionSpan> put(const AssembledRow& row);

  int64_t most_missing_, next_look_ = 0;
  std::map<uint32_t, ActionSpan> open_;
};

}  // namespace flashcell::host
