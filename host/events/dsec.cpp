// DSEC (Gehrig et al. 2021): HDF5 with events/x, y, p, t, the beginnings of milliseconds and the time's offset.
// https://dsec.ifi.uzh.ch/data-format
#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/hdf5_turn.hpp"
#include "host/events/formats.hpp"

namespace flashcell {
namespace {

constexpr std::array<const char*, 4> kColumns = {"events/x", "events/y", "events/p", "events/t"};
constexpr hsize_t kPartEvents = hsize_t{1} << 16;
constexpr H5Z_filter_t kBlosc = 32001;

/// An open HDF5 object, closed by the function that its kind wants. Made and closed in one's turn (hdf5_turn()).
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() { release(); }
  void release() {
    if (id_ >= 0) close_(id_);
    id_ = -1;
  }
  hid_t get() const { return id_; }
  bool is_open() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

Handle open_file(const std::filesystem::path& path) {
  H5open();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
}

bool exists(hid_t file, const char* name) {
  const std::string group = std::string(name).substr(0, std::string(name).find('/'));
  return H5Lexists(file, group.c_str(), H5P_DEFAULT) > 0 && H5Lexists(file, name, H5P_DEFAULT) > 0;
}

// The length of a data set with one axis; throws for another.
hsize_t length_of(hid_t set, const std::string& what) {
  const Handle space(H5Dget_space(set), H5Sclose);
  hsize_t length = 0;
  if (H5Sget_simple_extent_ndims(space.get()) != 1 || H5Sget_simple_extent_dims(space.get(), &length, nullptr) < 0)
    throw Error(Fault::input, what + " is no list of numbers");
  return length;
}

// Compression that the library does not have here is told of before anything is read.
void check_filters(hid_t set, const std::string& what) {
  const Handle list(H5Dget_create_plist(set), H5Pclose);
  const int filters = H5Pget_nfilters(list.get());
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0, config = 0;
    size_t values = 0;
    char name[64] = "";
    const H5Z_filter_t id =
        H5Pget_filter2(list.get(), static_cast<unsigned>(i), &flags, &values, nullptr, sizeof(name), name, &config);
    if (id < 0 || H5Zfilter_avail(id) > 0) continue;
    throw Error(
        Fault::input,
        fmt::format("{} is compressed by the HDF5 filter {} ({}), which is not installed: install {} or name its "
                    "folder in HDF5_PLUGIN_PATH, or uncompress the file: h5repack -f NONE",
                    what, id, id == kBlosc ? "blosc" : name,
                    id == kBlosc ? "hdf5-filter-plugin-blosc-serial" : "its plugin"));
  }
}

class DsecReader final : public EventReader {
 public:
  explicit DsecReader(const std::filesystem::path& path) : name_(path.string()) {
    const std::scoped_lock turn(hdf5_turn());
    file_ = open_file(path);
    if (!file_.is_open()) throw Error(Fault::input, name_ + ": is a damaged HDF5 file");
    for (size_t i = 0; i < kColumns.size(); ++i) open_column(i);
    if (exists(file_.get(), "t_offset")) offset_us_ = read_offset();
    info_.format = "DSEC";
    info_.width = 640;
    info_.height = 480;
    info_.event_count = count_;
  }
  ~DsecReader() override {
    const std::scoped_lock turn(hdf5_turn());
    for (Handle& column : columns_) column.release();
    file_.release();
  }
  DsecReader(const DsecReader&) = delete;
  DsecReader& operator=(const DsecReader&) = delete;

  const EventRecordingInfo& info() const override { return info_; }

  size_t read(std::span<Event> out) override {
    size_t count = 0;
    while (count < out.size() && (next_ < x_.size() || read_part())) {
      for (; count < out.size() && next_ < x_.size(); ++next_)
        out[count++] = {offset_us_ + t_[next_], x_[next_], y_[next_], p_[next_] != 0};
    }
    if (count == 0 && !out.empty() && !damage_.empty()) throw Error(Fault::input, damage_);
    return count;
  }

 private:
  std::string title(size_t i) const { return name_ + ": " + kColumns[i]; }

  void open_column(size_t i) {
    if (!exists(file_.get(), kColumns[i]))
      throw Error(Fault::input, title(i) + " is missing: the file is none of DSEC's");
    columns_[i] = Handle(H5Dopen2(file_.get(), kColumns[i], H5P_DEFAULT), H5Dclose);
    if (!columns_[i].is_open()) throw Error(Fault::input, title(i) + " cannot be read");
    const hsize_t length = length_of(columns_[i].get(), title(i));
    if (i > 0 && length != count_) {
      throw Error(Fault::input, fmt::format("{} has {} numbers, {} has {}: the file is damaged", title(i), length,
                                            kColumns[0], count_));
    }
    count_ = length;
    check_filters(columns_[i].get(), title(i));
  }

  int64_t read_offset() const {
    int64_t offset = 0;
    const Handle set(H5Dopen2(file_.get(), "t_offset", H5P_DEFAULT), H5Dclose);
    const Handle space(H5Dget_space(set.get()), H5Sclose);
    if (H5Sget_simple_extent_npoints(space.get()) != 1 ||
        H5Dread(set.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &offset) < 0)
      throw Error(Fault::input, name_ + ": t_offset is no number");
    return offset;
  }

  // The next events; false at the end.
  bool read_part() {
    const hsize_t count = std::min(kPartEvents, count_ - done_);
    if (count == 0 || !damage_.empty()) return false;
    x_.resize(count);
    y_.resize(count);
    p_.resize(count);
    t_.resize(count);
    next_ = 0;
    const std::scoped_lock turn(hdf5_turn());
    const bool read = read_column(0, H5T_NATIVE_UINT16, x_.data()) && read_column(1, H5T_NATIVE_UINT16, y_.data()) &&
                      read_column(2, H5T_NATIVE_UINT8, p_.data()) && read_column(3, H5T_NATIVE_INT64, t_.data());
    if (read) {
      done_ += count;
      return true;
    }
    damage_ =
        fmt::format("{}: its events from number {} on cannot be read: the file is damaged or truncated; copy it again",
                    name_, done_);
    x_.clear();
    return false;
  }

  bool read_column(size_t i, hid_t type, void* out) const {
    const hsize_t count = x_.size();
    const Handle file_space(H5Dget_space(columns_[i].get()), H5Sclose),
        space(H5Screate_simple(1, &count, nullptr), H5Sclose);
    return H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, &done_, nullptr, &count, nullptr) >= 0 &&
           H5Dread(columns_[i].get(), type, space.get(), file_space.get(), H5P_DEFAULT, out) >= 0;
  }

  std::string name_, damage_;
  EventRecordingInfo info_;
  Handle file_;
  std::array<Handle, kColumns.size()> columns_;
  hsize_t count_ = 0, done_ = 0;
  int64_t offset_us_ = 0;
  std::vector<uint16_t> x_, y_;
  std::vector<uint8_t> p_;
  std::vector<int64_t> t_;
  size_t next_ = 0;  // of the part that was read
};

}  // namespace

bool is_dsec(const std::filesystem::path& path) {
  const std::scoped_lock turn(hdf5_turn());
  const Handle file = open_file(path);
  return file.is_open() && exists(file.get(), "events") &&
         std::any_of(kColumns.begin(), kColumns.end(), [&](const char* name) { return exists(file.get(), name); });
}

std::unique_ptr<EventReader> open_dsec(const std::filesystem::path& path) {
  return std::make_unique<DsecReader>(path);
}

}  // namespace flashcell
