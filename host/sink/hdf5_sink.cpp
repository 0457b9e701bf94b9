#include "host/sink/hdf5_sink.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/hdf5_turn.hpp"
#include "host/sink/hdf5_table.hpp"
#include "host/sink/track_columns.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kBatchRows = 16384;
constexpr std::chrono::seconds kFlushAge{1};

hid_t hdf5_type(StoredAs stored_as) {
  switch (stored_as) {
    case StoredAs::int64:
      return H5T_NATIVE_INT64;
    case StoredAs::uint32:
      return H5T_NATIVE_UINT32;
    case StoredAs::uint8:
      return H5T_NATIVE_UINT8;
    case StoredAs::int32:
      return H5T_NATIVE_INT32;
    case StoredAs::float32:
      return H5T_NATIVE_FLOAT;
    case StoredAs::float64:
      break;
  }
  return H5T_NATIVE_DOUBLE;
}

void append_value(Hdf5Table& table, size_t i, const TrackColumn& column, const AssembledRow& row) {
  switch (column.stored_as) {
    case StoredAs::int64:
      return table.append(i, column.integer(row));
    case StoredAs::uint32:
      return table.append(i, static_cast<uint32_t>(column.integer(row)));
    case StoredAs::uint8:
      return table.append(i, static_cast<uint8_t>(column.integer(row)));
    case StoredAs::int32:
      return table.append(i, static_cast<int32_t>(column.integer(row)));
    case StoredAs::float32:
      return table.append(i, static_cast<float>(column.real(row)));
    case StoredAs::float64:
      return table.append(i, column.real(row));
  }
}

std::vector<Hdf5Column> track_datasets(const std::vector<TrackColumn>& columns) {
  std::vector<Hdf5Column> datasets;
  for (const TrackColumn& c : columns)
    datasets.push_back({c.name, hdf5_type(c.stored_as), 1, c.number_unit, c.number_meaning});
  return datasets;
}

struct ObjectField {
  const char* name;
  bool in_features;  // of contract::ObjectFeatures, else of contract::ObjectRecord
  size_t offset;
  size_t bytes;  // of one value
  size_t width;
  uint8_t feature;  // measured only with this FeatureBits; 0: always
  const char* unit;
  const char* meaning;
};

#define FLASHCELL_FIELD(record, field, width, feature, unit, meaning)                                        \
  {                                                                                                          \
#field, std::is_same_v < contract::record, contract::ObjectFeatures>, offsetof(contract::record, field), \
        sizeof(contract::record::field) / (width), width, feature, unit, meaning                             \
  }
constexpr ObjectField kObjectFields[] = {
    FLASHCELL_FIELD(ObjectRecord, m00, 1, 0, "px", "area"),
    FLASHCELL_FIELD(ObjectRecord, m10, 1, 0, "px^2", "sum of x"),
    FLASHCELL_FIELD(ObjectRecord, m01, 1, 0, "px^2", "sum of y"),
    FLASHCELL_FIELD(ObjectRecord, m20, 1, 0, "px^3", "sum of x*x"),
    FLASHCELL_FIELD(ObjectRecord, m11, 1, 0, "px^3", "sum of x*y"),
    FLASHCELL_FIELD(ObjectRecord, m02, 1, 0, "px^3", "sum of y*y"),
    FLASHCELL_FIELD(ObjectRecord, left, 1, 0, "px", "box, inclusive"),
    FLASHCELL_FIELD(ObjectRecord, top, 1, 0, "px", "box, inclusive"),
    FLASHCELL_FIELD(ObjectRecord, right, 1, 0, "px", "box, inclusive"),
    FLASHCELL_FIELD(ObjectRecord, bottom, 1, 0, "px", "box, inclusive"),
    FLASHCELL_FIELD(ObjectRecord, first_pixel, 1, 0, "1", "y*frame width + x of the first pixel in raster order"),
    FLASHCELL_FIELD(ObjectRecord, class_id, 1, 0, "1", "colour class, or 0"),
    FLASHCELL_FIELD(ObjectFeatures, sum_i, 1, contract::kFeatureIntensity, "grey", "sum of grey values"),
    FLASHCELL_FIELD(ObjectFeatures, sum_ix, 1, contract::kFeatureIntensity, "grey px", "sum of grey*x"),
    FLASHCELL_FIELD(ObjectFeatures, sum_iy, 1, contract::kFeatureIntensity, "grey px", "sum of grey*y"),
    FLASHCELL_FIELD(ObjectRecord, peak, 1, contract::kFeatureIntensity, "grey", "largest grey value"),
    FLASHCELL_FIELD(ObjectFeatures, achromatic, 1, contract::kFeatureHue, "px",
                    "pixels that the hue histogram leaves out"),
    FLASHCELL_FIELD(ObjectFeatures, hue, contract::kHueBins, contract::kFeatureHue, "px",
                    "hue histogram, 16 bins of the circle"),
    FLASHCELL_FIELD(ObjectFeatures, hlac, contract::kHlacCount, contract::kFeatureHlac, "px",
                    "higher-order local autocorrelation, patterns of order 0, 1 and 2 in contract order"),
};
#undef FLASHCELL_FIELD

/// The /objects table. Which track an object belongs to may be known only later, when the track is confirmed: rows are
/// held back as long as the tracks' are.
class ObjectTableWriter {
 public:
  ObjectTableWriter(Hdf5File& file, uint8_t features, int64_t window)
      : fields_(measured(features)), window_(window), table_(file, "objects", datasets(fields_)) {}

  void add(const FrameResult& result) {
    const ObjectTable& table = *result.table;
    held_.push_back({result.frame->number, table_.pending_rows(), table.objects.size()});
    for (size_t i = 0; i < table.objects.size(); ++i) add(result.frame->number, table.objects[i], table.features_of(i));
    for (const tracking::TrackRow& row : result.rows) set_track(row);
    for (const tracking::TrackRow& row : result.backfill) set_track(row);
    release_before(result.frame->number - window_ + 1);
  }
  void release_all() { release_before(std::numeric_limits<int64_t>::max()); }

  size_t ready_rows() const { return ready_; }
  void flush() {
    table_.flush(ready_);
    for (HeldFrame& frame : held_) frame.first_row -= ready_;
    ready_ = 0;
  }
  void close() { table_.close(); }

 private:
  static constexpr size_t kTrack = 1;  // column

  struct HeldFrame {
    int64_t number;
    size_t first_row;  // of the rows pending
    size_t rows;
  };

  void add(int64_t frame, const contract::ObjectRecord& object, const contract::ObjectFeatures* features) {
    table_.append(0, frame);
    table_.append(kTrack, uint32_t{0});
    for (size_t i = 0; i < fields_.size(); ++i) {
      const void* from = fields_[i].in_features ? static_cast<const void*>(features) : &object;
      const std::byte* value = static_cast<const std::byte*>(from) + fields_[i].offset;
      table_.append_bytes(kTrack + 1 + i, value, fields_[i].bytes * fields_[i].width);
    }
    table_.end_row();
  }

  void set_track(const tracking::TrackRow& row) {
    const auto frame = std::lower_bound(held_.begin(), held_.end(), row.frame,
                                        [](const HeldFrame& f, int64_t number) { return f.number < number; });
    if (row.detection < 0 || frame == held_.end() || frame->number != row.frame ||
        static_cast<size_t>(row.detection) >= frame->rows)
      return;
    std::byte* place = table_.pending(kTrack, frame->first_row + static_cast<size_t>(row.detection));
    uint32_t track = 0;
    std::memcpy(&track, place, sizeof track);
    if (track == 0 || row.id < track) std::memcpy(place, &row.id, sizeof row.id);
  }

  void release_before(int64_t end) {
    for (; !held_.empty() && held_.front().number < end; held_.pop_front())
      ready_ = held_.front().first_row + held_.front().rows;
  }

  static std::vector<ObjectField> measured(uint8_t features) {
    std::vector<ObjectField> fields;
    for (const ObjectField& f : kObjectFields) {
      if (f.feature == 0 || (features & f.feature) != 0) fields.push_back(f);
    }
    return fields;
  }
  static std::vector<Hdf5Column> datasets(const std::vector<ObjectField>& fields) {
    std::vector<Hdf5Column> columns = {
        {"frame", H5T_NATIVE_INT64, 1, "1", "frame number of the recording, from 0"},
        {"track", H5T_NATIVE_UINT32, 1, "1", "id of the track; of several that share the object, the lowest; 0: none"}};
    for (const ObjectField& f : fields) {
      const hid_t type = f.bytes == 8 ? H5T_NATIVE_UINT64 : f.bytes == 4 ? H5T_NATIVE_UINT32 : H5T_NATIVE_UINT16;
      columns.push_back({f.name, type, f.width, f.unit, f.meaning});
    }
    return columns;
  }

  std::vector<ObjectField> fields_;
  int64_t window_;
  Hdf5Table table_;
  std::deque<HeldFrame> held_;  // by rising number
  size_t ready_ = 0;            // rows pending that are final
};

/// The /frames table.
class FrameTableWriter {
 public:
  FrameTableWriter(Hdf5File& file, bool device_time, bool host_time)
      : device_time_(device_time), host_time_(host_time), table_(file, "frames", datasets(device_time, host_time)) {}

  void add(const FrameResult& result) {
    const contract::FrameSummary& s = result.table->summary;
    size_t i = 0;
    table_.append(i++, result.frame->number);
    table_.append(i++, result.time_s);
    for (const uint32_t n : {s.objects, s.lost, s.too_small, s.too_large, s.foreground, s.outside})
      table_.append(i++, n);
    if (device_time_) table_.append(i++, result.frame->device_time_ns.value_or(kNoInteger));
    if (host_time_) table_.append(i++, result.frame->arrival_ns);
    table_.end_row();
  }
  Hdf5Table& table() { return table_; }

 private:
  static std::vector<Hdf5Column> datasets(bool device_time, bool host_time) {
    std::vector<Hdf5Column> columns = {
        {"frame", H5T_NATIVE_INT64, 1, "1", "frame number of the recording, from 0"},
        {"time_s", H5T_NATIVE_DOUBLE, 1, "s", "recording time of the frame"},
        {"objects", H5T_NATIVE_UINT32, 1, "1", "objects reported"},
        {"lost", H5T_NATIVE_UINT32, 1, "1", "objects that did not fit into the table"},
        {"too_small", H5T_NATIVE_UINT32, 1, "1", "objects below label.min_area, left out"},
        {"too_large", H5T_NATIVE_UINT32, 1, "1", "objects above label.max_area, left out"},
        {"foreground", H5T_NATIVE_UINT32, 1, "px", "foreground pixels of the frame"},
        {"outside", H5T_NATIVE_UINT32, 1, "px", "pixels left out because they lie outside the regions of interest"},
    };
    if (device_time) columns.push_back({"device_time_ns", H5T_NATIVE_INT64, 1, "ns", "the camera's time stamp"});
    if (host_time) columns.push_back({"host_time_ns", H5T_NATIVE_INT64, 1, "ns", "host steady clock, frame arrived"});
    return columns;
  }

  bool device_time_, host_time_;
  Hdf5Table table_;
};

std::string joined_lines(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += '\n';
    out += name;
  }
  return out;
}

class Hdf5Sink final : public Sink {
 public:
  Hdf5Sink(std::filesystem::path path, Hdf5Options options) : options_(options), file_(std::move(path)) {}

  void begin(const RunInfo& run) override { run_ = run; }

  void write(const FrameResult& result) override {
    const std::scoped_lock turn(hdf5_turn());
    if (!file_.is_open()) return;
    if (!frames_) create_tables(result.frame->device_time_ns.has_value());
    frames_->add(result);
    if (objects_) objects_->add(result);
  }

  void write_rows(std::span<const AssembledRow> rows) override {
    const std::scoped_lock turn(hdf5_turn());
    if (!file_.is_open() || !frames_) return;
    for (const AssembledRow& row : rows) add_row(row);
    flush_when_due();
  }

  void finish(const RunSummary&) override {
    const std::scoped_lock turn(hdf5_turn());
    if (!file_.is_open()) return;  // a write error, reported once
    if (!frames_) create_tables(false);
    tracks_->close();
    frames_->table().close();
    if (objects_) {
      objects_->release_all();
      objects_->close();
    }
    file_.close();
  }

 private:
  // Only the first frame tells whether the recording has device times.
  void create_tables(bool device_time) {
    write_run();
    columns_ = track_columns(run_, device_time, options_.host_time);
    tracks_.emplace(file_, "tracks", track_datasets(columns_));
    frames_.emplace(file_, device_time, options_.host_time);
    if (options_.objects) objects_.emplace(file_, run_.features, run_.backfill_frames);
    file_.start();
  }

  void write_run() {
    const hid_t root = file_.id();
    file_.set_attribute(root, "program", std::string(program_version()));
    file_.set_attribute(root, "source", run_.source.name);
    file_.set_attribute(root, "fps", run_.fps);
    file_.set_attribute(root, "frame_width_px", run_.source.width);
    file_.set_attribute(root, "frame_height_px", run_.source.height);
    file_.set_attribute(root, "unit", run_.unit());
    file_.set_attribute(root, "units_per_pixel", run_.units_per_pixel());
    file_.set_attribute(root, "colour_classes", joined_lines(run_.colour_classes));
    file_.set_attribute(root, "classes", joined_lines(run_.classes));
    file_.set_attribute(root, "regions", joined_lines(region_names(run_)));
    if (!run_.actions.empty()) file_.set_attribute(root, "actions", joined_lines(run_.actions));
    file_.set_attribute(root, "config_toml", run_.config_toml);
    file_.set_attribute(root, "command", run_.command);
  }

  void add_row(const AssembledRow& row) {
    for (size_t i = 0; i < columns_.size(); ++i) append_value(*tracks_, i, columns_[i], row);
    tracks_->end_row();
  }

  void flush_when_due() {
    const auto now = std::chrono::steady_clock::now();
    const bool full = tracks_->pending_rows() >= kBatchRows || frames_->table().pending_rows() >= kBatchRows ||
                      (objects_ && objects_->ready_rows() >= kBatchRows);
    if (!full && now - flushed_at_ < kFlushAge) return;
    tracks_->flush();
    frames_->table().flush();
    if (objects_) objects_->flush();
    file_.flush();
    flushed_at_ = now;
  }

  Hdf5Options options_;
  RunInfo run_;
  Hdf5File file_;  // before the tables: they go first
  std::vector<TrackColumn> columns_;
  std::optional<Hdf5Table> tracks_;
  std::optional<FrameTableWriter> frames_;
  std::optional<ObjectTableWriter> objects_;
  std::chrono::steady_clock::time_point flushed_at_ = std::chrono::steady_clock::now();
};

}  // namespace

std::unique_ptr<Sink> make_hdf5_sink(std::filesystem::path path, Hdf5Options options) {
  return std::make_unique<Hdf5Sink>(std::move(path), options);
}

bool hdf5_sinks_run_side_by_side() {
  hbool_t safe = false;
  return H5is_library_threadsafe(&safe) >= 0 && safe;
}

}  // namespace flashcell::host
