#include "host/sink/report/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "host/sink/number_text.hpp"
#include "host/sink/report/page.hpp"
#include "host/sink/report/parts.hpp"
#include "host/sink/report/sections.hpp"
#include "host/sink/track_columns.hpp"

namespace flashcell::host {
namespace {

/// What every table is made of.
struct Run {
  const RunInfo& info;
  const RunSummary& summary;
  const ReportData& data;
  std::string unit;  ///< as a part of a column's name
};

double seconds(const Run& run, double frames) {
  return run.info.fps > 0 ? frames / run.info.fps : std::numeric_limits<double>::quiet_NaN();
}

/// A line of CSV: fields in turn.
class Line {
 public:
  explicit Line(std::string& out) : out_(out) {}
  ~Line() { out_ += '\n'; }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  Line& text(std::string_view value) {
    next();
    out_ += value;
    return *this;
  }
  Line& count(uint64_t value) { return integer(static_cast<int64_t>(value)); }
  Line& integer(int64_t value) {
    next();
    append_integer(out_, value);
    return *this;
  }
  /// Nine digits; NaN as pandas and MATLAB read it.
  Line& real(double value) {
    next();
    if (std::isfinite(value))
      fmt::format_to(std::back_inserter(out_), "{:.9g}", value);
    else
      out_ += "NaN";
    return *this;
  }

 private:
  void next() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string& out_;
  bool first_ = true;
};

std::string tracks_table(const Run& run) {
  const bool classes = !run.info.classes.empty(), colours = !run.info.colour_classes.empty();
  const std::vector<std::string> regions = region_names(run.info);
  std::string out = fmt::format(
      "id,first_frame,last_frame,duration_s,rows,seen,merged,gaps,distance_{0},mean_speed_{0}_per_s,"
      "max_speed_{0}_per_s,mean_area_{0}2{1}{2}{3}{4}\n",
      run.unit, run.info.linked ? ",least_id_confidence" : "", classes ? ",class,class_confidence" : "",
      colours ? ",colour" : "", run.info.regions ? ",region" : "");
  for (const auto& [id, t] : run.data.tracks()) {
    Line line(out);
    line.count(id).integer(t.first_frame).integer(t.last_frame).real(seconds(run, static_cast<double>(t.frames())));
    line.count(t.rows).count(t.seen).count(t.merged).count(t.gaps).real(t.distance);
    const double span = seconds(run, static_cast<double>(t.last_frame - t.first_frame));
    line.real(span > 0 ? t.distance / span : std::numeric_limits<double>::quiet_NaN());
    line.real(t.max_speed).real(t.mean_area());
    if (run.info.linked) line.real(t.least_id_confidence);
    if (classes)
      line.text(csv_field(to_utf8(class_name(run.info.classes, t.class_id)))).real(double{t.class_confidence});
    if (colours) line.text(csv_field(to_utf8(class_name(run.info.colour_classes, t.colour_class))));
    if (run.info.regions) line.text(csv_field(to_utf8(class_name(regions, t.region, "none"))));
  }
  return out;
}

std::string series_table(const Run& run, const std::vector<std::pair<std::string, const BoundedSeries*>>& series,
                         const char* what) {
  std::string out = fmt::format("what,frame,time_s,frames,{0}_mean,{0}_min,{0}_max\n", what);
  for (const auto& [name, values] : series) {
    for (const BoundedSeries::Point& p : values->points()) {
      Line line(out);
      line.text(csv_field(name)).integer(p.frame).real(seconds(run, static_cast<double>(p.frame)));
      line.count(p.count).real(p.mean()).real(p.min).real(p.max);
    }
  }
  return out;
}

std::string objects_table(const Run& run) {
  return series_table(run, {{"measured", &run.data.objects()}, {"rows", &run.data.followed()}}, "objects");
}

std::string latency_table(const Run& run) {
  std::vector<std::pair<std::string, const BoundedSeries*>> series;
  for (const StageTiming& stage : run.summary.stages) series.emplace_back(stage.name, &stage.over_time);
  if (series.empty()) series.emplace_back("frame to result", &run.data.latency_over_time());
  return series_table(run, series, "ns");
}

std::string latency_histogram_table(const Run& run) {
  std::string out = "low_ns,high_ns,frames\n";
  whole_latency(run.summary, run.data).for_each_bucket([&](const LatencyHistogram::Bucket& b) {
    Line(out).integer(b.low_ns).integer(b.high_ns).count(b.count);
  });
  return out;
}

/// Points of the tracks' paths, every `step`-th.
std::string points_table(const Run& run, const std::vector<const TrackStory*>& tracks, size_t most_points) {
  const bool scaled = run.info.unit() != "px";
  std::string out = "id,frame,time_s,x,y";
  if (scaled) out += fmt::format(",x_{0},y_{0}", run.unit);
  out += fmt::format(",speed_{}_per_s\n", run.unit);
  const size_t each = std::max<size_t>(6, most_points / std::max<size_t>(1, tracks.size()));
  for (const TrackStory* track : tracks) {
    const size_t step = std::max<size_t>(1, (track->path.size() + each - 1) / each);
    for (size_t i = 0; i < track->path.size(); i += step) {
      const PathPoint& p = track->path[i];
      Line line(out);
      line.count(track->id).integer(p.frame).real(seconds(run, static_cast<double>(p.frame)));
      line.real(double{p.x}).real(double{p.y});
      if (scaled) line.real(double{p.unit_x}).real(double{p.unit_y});
      line.real(double{p.speed});
    }
  }
  return out;
}

std::string paths_table(const Run& run) {
  return points_table(run, longest_tracks(run.data, kMostDrawnPaths), kMostDrawnPoints);
}

std::string over_time_table(const Run& run) {
  return points_table(run, longest_tracks(run.data, kMostTimeLines), kMostTimeLines * ReportData::kMostPathPoints);
}

std::string speeds_table(const Run& run) {
  const GrowingHistogram& speeds = run.data.speeds();
  std::string out = fmt::format("low_{0}_per_s,high_{0}_per_s,rows\n", run.unit);
  for (size_t i = 0; i < speeds.counts().size() && speeds.count() > 0; ++i) {
    const double low = speeds.bin_width() * static_cast<double>(i);
    Line(out).real(low).real(low + speeds.bin_width()).count(speeds.counts()[i]);
  }
  return out;
}

std::string displacement_table(const Run& run) {
  std::string out = fmt::format("lag_frames,lag_s,displacement_{}2,pairs\n", run.unit);
  for (const MeanSquaredDisplacement::Point& p : run.data.displacement().points())
    Line(out).integer(p.lag).real(seconds(run, static_cast<double>(p.lag))).real(p.mean).count(p.pairs);
  return out;
}

std::string map_table(const Run& run) {
  const PositionMap& map = run.data.positions();
  std::string out = "left,top,width,height,rows,time_s\n";
  for (int row = 0; row < map.rows(); ++row) {
    for (int column = 0; column < map.columns(); ++column) {
      const uint64_t count = map.at(column, row);
      if (count == 0) continue;
      Line line(out);
      line.integer(column * map.side()).integer(row * map.side()).integer(map.side()).integer(map.side());
      line.count(count).real(seconds(run, static_cast<double>(count)));
    }
  }
  return out;
}

std::string length_table(const LengthHistogram& lengths, const char* what) {
  std::string out = fmt::format("low_frames,high_frames,{}\n", what);
  for (const LengthHistogram::Bin& bin : lengths.bins()) Line(out).integer(bin.low).integer(bin.high).count(bin.count);
  return out;
}

std::string lengths_table(const Run& run) {
  LengthHistogram lengths;
  for (const auto& [id, track] : run.data.tracks()) lengths.add(track.frames());
  return length_table(lengths, "tracks");
}

std::string gaps_table(const Run& run) {
  return length_table(run.data.gaps(), "gaps");
}

std::string states_table(const Run& run) {
  std::string out = "id,first_frame,last_frame,seen,merged,predicted,missing\n";
  for (const TrackStory* track : longest_tracks(run.data, kMostStateLines)) {
    const StateLine& states = track->states;
    for (size_t i = 0; i < states.cells().size(); ++i) {
      const int64_t first = states.first_frame() + static_cast<int64_t>(i) * states.stride();
      const uint8_t what = states.cells()[i];
      Line line(out);
      line.count(track->id).integer(first).integer(std::min(first + states.stride() - 1, track->last_frame));
      for (const auto each : {StateLine::seen, StateLine::merged, StateLine::predicted, StateLine::missing})
        line.integer((what & each) != 0 ? 1 : 0);
    }
  }
  return out;
}

struct NamedTable {
  const char* name;
  std::string (*text)(const Run&);
};
constexpr NamedTable kTables[] = {{"report_tracks.csv", tracks_table},
                                  {"report_paths.csv", paths_table},
                                  {"report_map.csv", map_table},
                                  {"report_objects.csv", objects_table},
                                  {"report_states.csv", states_table},
                                  {"report_over_time.csv", over_time_table},
                                  {"report_displacement.csv", displacement_table},
                                  {"report_speeds.csv", speeds_table},
                                  {"report_lengths.csv", lengths_table},
                                  {"report_gaps.csv", gaps_table},
                                  {"report_latency.csv", latency_table},
                                  {"report_latency_histogram.csv", latency_histogram_table}};

}  // namespace

std::vector<ReportTable> report_tables(const RunInfo& run, const RunSummary& summary, const ReportData& data) {
  const Run all{run, summary, data, unit_in_name(run.unit())};
  std::vector<ReportTable> tables;
  for (const NamedTable& entry : kTables) tables.push_back({entry.name, entry.text(all)});
  return tables;
}

std::vector<std::string> report_table_names() {
  std::vector<std::string> names;
  for (const NamedTable& entry : kTables) names.emplace_back(entry.name);
  return names;
}

}  // namespace flashcell::host
