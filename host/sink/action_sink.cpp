#include "host/sink/action_sink.hpp"

#include "base/text.hpp"
#include "base/version.hpp"
#include "host/sink/action_spans.hpp"
#include "host/sink/line_file.hpp"
#include "host/sink/number_text.hpp"
#include "host/sink/track_columns.hpp"

namespace flashcell::host {
namespace {

class ActionSink final : public Sink {
 public:
  explicit ActionSink(std::filesystem::path path) : file_(std::move(path)) {}

  void begin(const RunInfo& run) override {
    spans_.emplace(run.fps);
    for (const std::string& name : run.actions) names_.push_back(csv_field(name));
    file_.text() += fmt::format("# {}: what tracks did, one row for each span\n", program_version());
    file_.text() += "# first, last: frame numbers of the recording, from 0, both included\n";
    file_.text() += "# begin_s, end_s [s]: recording time of these; confidence: mean of the span's rows, 0..1\n";
    file_.text() += "id,action,first,last,begin_s,end_s,confidence";
    file_.end_line();
    file_.flush();
  }
  void write(const FrameResult&) override {}
  void write_rows(std::span<const AssembledRow> rows) override {
    for (const AssembledRow& row : rows) spans_->add(row, [this](const ActionSpan& span) { write_span(span); });
  }
  void finish(const RunSummary&) override {
    spans_->finish([this](const ActionSpan& span) { write_span(span); });
    file_.close();
  }

 private:
  void write_span(const ActionSpan& span) {
    std::string& out = file_.text();
    append_integer(out, span.id);
    out += ',';
    out += class_name(names_, span.action);
    for (const int64_t frame : {span.first, span.last}) {
      out += ',';
      append_integer(out, frame);
    }
    for (const double time : {span.begin_s, span.end_s}) {
      out += ',';
      append_fixed<9>(out, time);
    }
    out += ',';
    append_fixed<3>(out, span.confidence());
    file_.end_line();
  }

  LineFile file_;
  std::vector<std::string> names_;
  std::optional<ActionSpans> spans_;
};

}  // namespace

std::unique_ptr<Sink> make_action_sink(std::filesystem::path path) {
  return std::make_unique<ActionSink>(std::move(path));
}

}  // namespace flashcell::host
