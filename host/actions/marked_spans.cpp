#include "host/actions/marked_spans.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/eval/csv_rows.hpp"
#include "host/eval/text_fields.hpp"

namespace flashcell::host {

std::vector<MarkedSpan> parse_marked_spans(std::string_view text, const std::string& name) {
  const CsvRows csv = parse_csv_rows(text, name, "id,first,last,action");
  const size_t id = csv.column("id"), first = csv.column("first"), last = csv.column("last"),
               action = csv.column("action");
  std::vector<MarkedSpan> spans;
  for (size_t i = 0; i < csv.rows.size(); ++i) {
    MarkedSpan span{csv.integer(i, id), csv.integer(i, first), csv.integer(i, last), csv.rows[i][action], csv.lines[i]};
    if (span.last < span.first)
      fail_at(name, span.line, fmt::format("ends in frame {}, before it begins in {}", span.last, span.first));
    if (!is_utf8(span.action)) fail_at(name, span.line, "the action is not UTF-8: save the file as UTF-8");
    if (span.action.find_first_of("\r\n") != std::string::npos) fail_at(name, span.line, "the action has two lines");
    if (!span.action.empty()) spans.push_back(std::move(span));
  }
  if (spans.empty()) fail_at(name, 1, "marks nothing");
  std::stable_sort(spans.begin(), spans.end(), [](const MarkedSpan& a, const MarkedSpan& b) {
    return a.track != b.track ? a.track < b.track : a.first < b.first;
  });
  for (size_t i = 1; i < spans.size(); ++i) {
    if (spans[i].track == spans[i - 1].track && spans[i].first <= spans[i - 1].last) {
      fail_at(name, spans[i].line,
              fmt::format("marks frame {} of track {} once more; line {} marks it already", spans[i].first,
                          spans[i].track, spans[i - 1].line));
    }
  }
  return spans;
}

std::vector<std::string> actions_in(const std::vector<MarkedSpan>& spans, size_t most, const std::string& name) {
  std::vector<const MarkedSpan*> by_line;
  for (const MarkedSpan& span : spans) by_line.push_back(&span);
  std::stable_sort(by_line.begin(), by_line.end(),
                   [](const MarkedSpan* a, const MarkedSpan* b) { return a->line < b->line; });
  std::vector<std::string> actions;
  for (const MarkedSpan* span : by_line) {
    if (std::find(actions.begin(), actions.end(), span->action) == actions.end()) actions.push_back(span->action);
  }
  if (actions.size() > most)
    throw Error(Fault::input, fmt::format("{}: names {} actions, {} can be told apart", name, actions.size(), most));
  return actions;
}

}  // namespace flashcell::host
