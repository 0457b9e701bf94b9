#include "host/sink/csv_sink.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "host/sink/line_file.hpp"
#include "host/sink/number_text.hpp"
#include "host/sink/row_assembler.hpp"
#include "host/sink/track_columns.hpp"

namespace flashcell::host {
namespace {

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

/// A value in the run's unit, of which nobody knows the size: seven digits.
void append_scaled(std::string& out, double value) {
  if (std::isfinite(value))
    fmt::format_to(std::back_inserter(out), "{:.7g}", value);
  else
    append_fixed<1>(out, value);
}

class CsvSink final : public Sink {
 public:
  CsvSink(std::filesystem::path path, CsvOptions options) : options_(options), file_(std::move(path)) {}

  void begin(const RunInfo& run) override {
    run_ = run;
    rows_.emplace(options_.backfill_window, run.features);
    for (std::string& name : run_.classes) name = csv_field(name);
    for (std::string& name : run_.colour_classes) name = csv_field(name);
  }

  void write(const FrameResult& result) override {
    if (columns_.empty()) write_header(result.frame->device_time_ns.has_value());
    for (const AssembledRow& row : rows_->add(result)) write_row(row);
  }

  void finish() override {
    if (columns_.empty()) write_header(false);
    for (const AssembledRow& row : rows_->flush()) write_row(row);
    file_.close();
  }

 private:
  // Only the first frame tells whether the recording has device times.
  void write_header(bool device_time) {
    columns_ = track_columns(run_, device_time, options_.host_time);
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
    if (run_.unit == "px") {
      comment("unit: px; no scale was given");
    } else {
      comment(fmt::format("unit: {}; 1 px = {} {}; lengths are in px where their column does not name the unit",
                          run_.unit, run_.units_per_pixel, run_.unit));
    }
    for (const TrackColumnInfo& c : columns_) comment(fmt::format("{} [{}]: {}", c.name, c.unit, c.meaning));
  }

  void comment(std::string line) {
    file_.text() += "# " + one_line(std::move(line));
    file_.end_line();
  }

  void write_row(const AssembledRow& row) {
    std::string& out = file_.text();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += ',';
      append_value(out, columns_[i].column, row);
    }
    file_.end_line();
  }

  void append_value(std::string& out, TrackColumn column, const AssembledRow& row) const {
    const tracking::TrackRow& r = row.row;
    switch (column) {
      case TrackColumn::frame:
        append_integer(out, r.frame);
        break;
      case TrackColumn::id:
        append_integer(out, r.id);
        break;
      case TrackColumn::state:
        out += state_name(r.state);
        break;
      case TrackColumn::time:
        append_fixed<9>(out, row.time_s);
        break;
      case TrackColumn::x:
        append_fixed<4>(out, r.x);
        break;
      case TrackColumn::y:
        append_fixed<4>(out, r.y);
        break;
      case TrackColumn::vx:
        append_fixed<2>(out, r.vx);
        break;
      case TrackColumn::vy:
        append_fixed<2>(out, r.vy);
        break;
      case TrackColumn::left:
        append_fixed<2>(out, r.box.left);
        break;
      case TrackColumn::top:
        append_fixed<2>(out, r.box.top);
        break;
      case TrackColumn::width:
        append_fixed<2>(out, r.box.width);
        break;
      case TrackColumn::height:
        append_fixed<2>(out, r.box.height);
        break;
      case TrackColumn::area:
        append_fixed<2>(out, r.area);
        break;
      case TrackColumn::orientation:
        append_fixed<5>(out, r.orientation);
        break;
      case TrackColumn::major_axis:
        append_fixed<3>(out, r.major_axis);
        break;
      case TrackColumn::minor_axis:
        append_fixed<3>(out, r.minor_axis);
        break;
      case TrackColumn::colour_class:
        out += class_name(run_.colour_classes, r.colour_class);
        break;
      case TrackColumn::recognized_class:
        out += class_name(run_.classes, r.class_id);
        break;
      case TrackColumn::class_confidence:
        append_fixed<3>(out, r.class_confidence);
        break;
      case TrackColumn::device_time:
        if (row.device_time_ns)
          append_integer(out, *row.device_time_ns);
        else
          out += "NaN";
        break;
      case TrackColumn::host_time:
        append_integer(out, row.host_time_ns);
        break;
      case TrackColumn::mean_grey:
        append_fixed<3>(out, row.mean_grey ? *row.mean_grey : std::numeric_limits<double>::quiet_NaN());
        break;
      case TrackColumn::x_in_unit:
        append_scaled(out, r.x * run_.units_per_pixel);
        break;
      case TrackColumn::y_in_unit:
        append_scaled(out, r.y * run_.units_per_pixel);
        break;
      case TrackColumn::vx_in_unit:
        append_scaled(out, r.vx * run_.units_per_pixel);
        break;
      case TrackColumn::vy_in_unit:
        append_scaled(out, r.vy * run_.units_per_pixel);
        break;
      case TrackColumn::area_in_unit:
        append_scaled(out, r.area * run_.units_per_pixel * run_.units_per_pixel);
        break;
    }
  }

  CsvOptions options_;
  LineFile file_;
  RunInfo run_;
  std::vector<TrackColumnInfo> columns_;
  std::optional<RowAssembler> rows_;
};

class MotSink final : public Sink {
 public:
  MotSink(std::filesystem::path path, int64_t window) : file_(std::move(path)), rows_(window) {}

  void begin(const RunInfo&) override {}
  void write(const FrameResult& result) override {
    for (const AssembledRow& row : rows_.add(result)) write_row(row.row);
  }
  void finish() override {
    for (const AssembledRow& row : rows_.flush()) write_row(row.row);
    file_.close();
  }

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
  RowAssembler rows_;
};

}  // namespace

std::unique_ptr<Sink> make_csv_sink(std::filesystem::path path, CsvOptions options) {
  return std::make_unique<CsvSink>(std::move(path), options);
}

std::unique_ptr<Sink> make_mot_sink(std::filesystem::path path, int64_t backfill_window) {
  return std::make_unique<MotSink>(std::move(path), backfill_window);
}

}  // namespace flashcell::host
