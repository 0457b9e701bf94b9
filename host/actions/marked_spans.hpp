#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flashcell::host {

/// What a person says that a track does, from frame to frame, both included.
struct MarkedSpan {
  int64_t track = 0;
  int64_t first = 0, last = 0;  ///< frame numbers, from 0
  std::string action;
  int64_t line = 0;  ///< in the file, for messages
};

/// CSV with the columns `id,first,last,action`, in any order, others ignored: what a person writes, or the actions.csv
/// of a run, corrected. Rows without an action mark nothing. Throws Error(Fault::input) naming file and line: a column
/// that is missing, no whole number, a last frame before the first, spans of one track that share frames, text that is
/// not UTF-8, no span at all.
std::vector<MarkedSpan> parse_marked_spans(std::string_view text, const std::string& name);

/// The actions, in order of first mention; `most` at most, Error(Fault::input) with `name` else.
std::vector<std::string> actions_in(const std::vector<MarkedSpan>& spans, size_t most, const std::string& name);

}  // namespace flashcell::host
