#include "host/sink/track_columns.hpp"

#include <cmath>

#include "base/text.hpp"
#include "host/sink/number_text.hpp"

namespace flashcell::host {
namespace {

using Row = AssembledRow;

/// What decides which columns a run has, and their texts.
struct Context {
  const RunInfo& run;
  bool device_time, host_time;
};

bool always(const Context&) {
  return true;
}

struct Entry {
  const char* name;
  const char* unit;
  const char* meaning;
  StoredAs stored_as;
  int64_t (*integer)(const Row&);
  double (*real)(const Row&);
  void (*append_text)(std::string&, double);
  bool (*has)(const Context&) = always;
  std::vector<std::string> (*names)(const Context&) = nullptr;
  const char* number_unit = nullptr;  // the same
  const char* number_meaning = nullptr;
  const char* no_name = "unknown";
};

constexpr Entry integer(const char* name, const char* unit, const char* meaning, StoredAs stored_as,
                        int64_t (*value)(const Row&), bool (*has)(const Context&) = always) {
  return {name, unit, meaning, stored_as, value, nullptr, nullptr, has};
}

template <int Decimals>
constexpr Entry real(const char* name, const char* unit, const char* meaning, double (*value)(const Row&),
                     StoredAs stored_as = StoredAs::float64, bool (*has)(const Context&) = always) {
  return {name, unit, meaning, stored_as, nullptr, value, append_fixed<Decimals>, has};
}

/// Rounded down: what is nearly sure is not 1.
void append_confidence(std::string& out, double value) {
  append_fixed<3>(out, std::floor(1000 * value + 1e-3) / 1000);
}

bool has_classes(const Context& c) {
  return !c.run.classes.empty();
}

bool has_actions(const Context& c) {
  return !c.run.actions.empty();
}

constexpr Entry kColumns[] = {
    integer("frame", "1", "frame number of the recording, from 0; a gap is a dropped frame", StoredAs::int64,
            [](const Row& r) { return r.row.frame; }),
    integer("id", "1", "track, from 1 without gaps", StoredAs::uint32, [](const Row& r) { return int64_t{r.row.id}; }),
    {.name = "state",
     .unit = "text",
     .meaning = "visible: measured; merged: shares a blob with other tracks; predicted: not seen",
     .stored_as = StoredAs::uint8,
     .integer = [](const Row& r) { return static_cast<int64_t>(r.row.state); },
     .real = nullptr,
     .append_text = nullptr,
     .names =
         [](const Context&) {
           return std::vector<std::string>{"visible", "merged", "predicted"};
         },
     .number_unit = "1",
     .number_meaning = "0 visible: measured; 1 merged: shares a blob with other tracks; 2 predicted: not seen"},
    real<9>("time_s", "s", "recording time of the frame: its time stamp, else frame number over frame rate",
            [](const Row& r) { return r.time_s; }),
    real<4>("x", "px", "centroid, right of the frame's first pixel centre", [](const Row& r) { return r.row.x; }),
    real<4>("y", "px", "centroid, below the frame's first pixel centre", [](const Row& r) { return r.row.y; }),
    real<2>("vx", "px/s", "velocity, right", [](const Row& r) { return r.row.vx; }),
    real<2>("vy", "px/s", "velocity, down", [](const Row& r) { return r.row.vy; }),
    real<2>("left", "px", "box: outer edge of its first column of pixels", [](const Row& r) { return r.row.box.left; }),
    real<2>("top", "px", "box: outer edge of its first row of pixels", [](const Row& r) { return r.row.box.top; }),
    real<2>("width", "px", "box", [](const Row& r) { return r.row.box.width; }),
    real<2>("height", "px", "box", [](const Row& r) { return r.row.box.height; }),
    real<2>("area", "px^2", "foreground pixels", [](const Row& r) { return r.row.area; }),
    real<5>("orientation", "rad", "major axis against +x, in (-pi/2, pi/2]; y points down",
            [](const Row& r) { return orientation(r.row.spread); }),
    real<3>("major", "px", "full length of the ellipse with the same second moments",
            [](const Row& r) { return major_axis(r.row.spread); }),
    real<3>("minor", "px", "full width of the ellipse with the same second moments",
            [](const Row& r) { return minor_axis(r.row.spread); }),
    real<3>(
        "id_confidence", "1",
        "that the object had this id before it was lost last: 0.5 it may as well be another one of the count, 1 it "
        "cannot",
        [](const Row& r) { return double{r.row.id_confidence}; }, StoredAs::float32,
        [](const Context& c) { return c.run.linked; }),
    {.name = "region",
     .unit = "text",
     .meaning = "the first region listed that holds x and y; none where none does",
     .stored_as = StoredAs::int32,
     .integer = [](const Row& r) { return int64_t{r.region}; },
     .real = nullptr,
     .append_text = nullptr,
     .has = [](const Context& c) { return c.run.regions != nullptr; },
     .names = [](const Context& c) { return region_names(c.run); },
     .number_unit = "1",
     .number_meaning = "number, among the file's attribute regions, of the first region listed that holds x and y, "
                       "from 0; -1 where none does",
     .no_name = "none"},
    {.name = "colour",
     .unit = "text",
     .meaning = "colour class",
     .stored_as = StoredAs::int32,
     .integer = [](const Row& r) { return int64_t{r.row.colour_class}; },
     .real = nullptr,
     .append_text = nullptr,
     .has = [](const Context& c) { return !c.run.colour_classes.empty(); },
     .names = [](const Context& c) { return c.run.colour_classes; }},
    {.name = "class",
     .unit = "text",
     .meaning = "recognized class, fused over the track's life",
     .stored_as = StoredAs::int32,
     .integer = [](const Row& r) { return int64_t{r.row.class_id}; },
     .real = nullptr,
     .append_text = nullptr,
     .has = has_classes,
     .names = [](const Context& c) { return c.run.classes; }},
    {.name = "class_confidence",
     .unit = "1",
     .meaning = "confidence of the recognized class, 0..1",
     .stored_as = StoredAs::float32,
     .integer = nullptr,
     .real = [](const Row& r) { return double{r.row.class_confidence}; },
     .append_text = append_confidence,
     .has = has_classes},
    {.name = "action",
     .unit = "text",
     .meaning = "what the object does",
     .stored_as = StoredAs::int32,
     .integer = [](const Row& r) { return int64_t{r.action}; },
     .real = nullptr,
     .append_text = nullptr,
     .has = has_actions,
     .names = [](const Context& c) { return c.run.actions; }},
    {.name = "action_confidence",
     .unit = "1",
     .meaning = "confidence of the action, 0..1",
     .stored_as = StoredAs::float32,
     .integer = nullptr,
     .real = [](const Row& r) { return double{r.action_confidence}; },
     .append_text = append_confidence,
     .has = has_actions},
    integer(
        "device_time_ns", "ns", "the camera's time stamp of the frame", StoredAs::int64,
        [](const Row& r) { return r.device_time_ns.value_or(kNoInteger); },
        [](const Context& c) { return c.device_time; }),
    integer(
        "host_time_ns", "ns", "host steady clock when the frame arrived", StoredAs::int64,
        [](const Row& r) { return r.host_time_ns; }, [](const Context& c) { return c.host_time; }),
    real<3>(
        "mean_grey", "grey", "mean grey value of the object; NaN where it is not seen",
        [](const Row& r) { return double{r.mean_grey.value_or(std::numeric_limits<float>::quiet_NaN())}; },
        StoredAs::float32, [](const Context& c) { return (c.run.features & contract::kFeatureIntensity) != 0; }),
};

/// A value in the run's unit, of which nobody knows the size: seven digits.
void append_scaled(std::string& out, double value) {
  if (std::isfinite(value))
    fmt::format_to(std::back_inserter(out), "{:.7g}", value);
  else
    append_fixed<1>(out, value);
}

/// A column once more, in the run's unit of length.
struct WorldEntry {
  const char* of;
  const char* suffix;  // of the unit in the name: NAME_UNITsuffix
  const char* unit_suffix;
  int power;  // of the length in it
  double (*value)(const Row&);
};
constexpr WorldEntry kWorldColumns[] = {{"x", "", "", 1, [](const Row& r) { return r.world.x; }},
                                        {"y", "", "", 1, [](const Row& r) { return r.world.y; }},
                                        {"vx", "_per_s", "/s", 1, [](const Row& r) { return r.world.vx; }},
                                        {"vy", "_per_s", "/s", 1, [](const Row& r) { return r.world.vy; }},
                                        {"area", "2", "^2", 2, [](const Row& r) { return r.world.area; }}};

std::string meaning_of(const WorldEntry& entry, const WorldMap& world) {
  const std::string of = entry.of;
  if (world.uniform()) return of + " times units_per_pixel" + (entry.power == 2 ? "^2" : "");
  return of + ", corrected for " + world.corrected_for();
}

TrackColumn in_unit(const WorldEntry& entry, const WorldMap& world) {
  TrackColumn column;
  column.name = std::string(entry.of) + "_" + unit_in_name(world.unit()) + entry.suffix;
  column.unit = column.number_unit = world.unit() + entry.unit_suffix;
  column.meaning = column.number_meaning = meaning_of(entry, world);
  column.real = entry.value;
  column.append_text = append_scaled;
  return column;
}

}  // namespace

std::string unit_in_name(const std::string& unit) {
  std::string part = to_utf8(unit);
  for (char& c : part) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
    if (!plain) c = '_';
  }
  return part;
}

void TrackColumn::append_to(std::string& out, const AssembledRow& row) const {
  if (real != nullptr) {
    append_text(out, real(row));
    return;
  }
  const int64_t value = integer(row);
  if (!names.empty()) {
    out += class_name(names, value, no_name);
  } else if (value == kNoInteger) {
    out += "NaN";
  } else {
    append_integer(out, value);
  }
}

std::vector<TrackColumn> track_columns(const RunInfo& run, bool device_time, bool host_time) {
  const Context context{run, device_time, host_time};
  std::vector<TrackColumn> columns;
  for (const Entry& e : kColumns) {
    if (!e.has(context)) continue;
    TrackColumn& column = columns.emplace_back();
    column.name = e.name;
    column.unit = e.unit;
    column.meaning = e.meaning;
    column.stored_as = e.stored_as;
    column.integer = e.integer;
    column.real = e.real;
    column.append_text = e.append_text;
    if (e.names != nullptr) column.names = e.names(context);
    column.no_name = e.no_name;
    column.number_unit = e.number_unit != nullptr ? e.number_unit : e.unit;
    column.number_meaning = e.number_meaning != nullptr ? e.number_meaning : e.meaning;
  }
  if (run.world.in_px()) return columns;
  for (const WorldEntry& entry : kWorldColumns) columns.push_back(in_unit(entry, run.world));
  return columns;
}

std::string_view class_name(const std::vector<std::string>& names, int64_t index, std::string_view none) {
  return index >= 0 && static_cast<size_t>(index) < names.size() ? std::string_view(names[static_cast<size_t>(index)])
                                                                 : none;
}

std::vector<std::string> region_names(const RunInfo& run) {
  std::vector<std::string> names;
  if (!run.regions) return names;
  names.reserve(run.regions->regions().size());
  for (const tracking::NamedRegion& region : run.regions->regions()) names.push_back(region.name);
  return names;
}

}  // namespace flashcell::host
