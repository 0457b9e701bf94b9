#include "host/sink/csv_sink.hpp"

#include <utility>
#include <vector>

#include "base/text.hpp"
#include "host/sink/line_file.hpp"
#include "host/sink/number_text.hpp"
#include "host/sink/track_columns.hpp"

namespace flashcell::host {
namespace {

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

class CsvSink final : public Sink {
 public:
  CsvSink(std::filesystem::path path, CsvOptions options) : options_(options), file_(std::move(path)) {}

  void begin(const RunInfo& run) override { run_ = run; }

  void write(const FrameResult& result) override {
    if (columns_.empty()) write_header(result.frame->device_time_ns.has_value());
  }

  void write_rows(std::span<const AssembledRow> rows) override {
    for (const AssembledRow& row : rows) write_row(row);
  }

  void finish(const RunSummary&) override {
    if (columns_.empty()) write_header(false);
    file_.close();
  }

 private:
  // Only the first frame tells whether the recording has device times.
  void write_header(bool device_time) {
    columns_ = track_columns(run_, device_time, options_.host_time);
    for (TrackColumn& column : columns_) {
      for (std::string& name : column.names) name = csv_field(name);
    }
    if (options_.header_comments) write_comments();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) file_.text() += ',';
      file_.text() += columns_[i].name;
    }
    file_.end_line();
    file_.flush();
  }

  void write_comments() {
    comment(fmt::format("{}: tracks, one row for each track and frame", program_version()));
    comment("source: " + run_.source.name);
    if (run_.fps > 0) comment(fmt::format("fps: {} frames/s", run_.fps));
    comment(fmt::format("frame size: {} x {} px", run_.source.width, run_.source.height));
    comment("first_frame: 0");
    if (run_.world.in_px()) {
      comment("unit: px; no scale was given");
    } else {
      comment(fmt::format(
          "unit: {0}; 1 px = {1} {0}{2}{3}; lengths are in px where their column does not name the unit", run_.unit(),
          run_.units_per_pixel(), run_.world.uniform() ? "" : " in the middle of the picture, corrected for ",
          run_.world.corrected_for()));
    }
    for (const TrackColumn& c : columns_) comment(fmt::format("{} [{}]: {}", c.name, c.unit, c.meaning));
  }

  void comment(std::string line) {
    file_.text() += "# " + one_line(std::move(line));
    file_.end_line();
  }

  void write_row(const AssembledRow& row) {
    std::string& out = file_.text();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += ',';
      columns_[i].append_to(out, row);
    }
    file_.end_line();
  }

  CsvOptions options_;
  LineFile file_;
  RunInfo run_;
  std::vector<TrackColumn> columns_;
};

class MotSink final : public Sink {
 public:
  explicit MotSink(std::filesystem::path path) : file_(std::move(path)) {}

  void begin(const RunInfo&) override {}
  void write(const FrameResult&) override {}
  void write_rows(std::span<const AssembledRow> rows) override {
    for (const AssembledRow& row : rows) write_row(row.row);
  }
  void finish(const RunSummary&) override { file_.close(); }

 private:
  void write_row(const tracking::TrackRow& r) {
    std::string& out = file_.text();
    append_integer(out, r.frame + 1);
    out += ',';
    append_integer(out, r.id);
    for (const double v : {r.box.left, r.box.top, r.box.width, r.box.height}) {
      out += ',';
      append_fixed<2>(out, v);
    }
    out += ",1,-1,-1,-1";
    file_.end_line();
  }

  LineFile file_;
};

}  // namespace

std::unique_ptr<Sink> make_csv_sink(std::filesystem::path path, CsvOptions options) {
  return std::make_unique<CsvSink>(std::move(path), options);
}

std::unique_ptr<Sink> make_mot_sink(std::filesystem::path path) {
  return std::make_unique<MotSink>(std::move(path));
}

}  // namespace flashcell::host
