#include "host/sink/hdf5_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.hpp"
#include "base/output_file.hpp"

namespace flashcell::host {
namespace {

constexpr hsize_t kChunkRows = 4096;

void prepare_library() {
  H5open();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // errors are ours to report; each thread says so for itself
}

/// Takes back the mark "is being written" that keeps others from opening the file: h5clear does the same.
void mark_as_complete(const std::filesystem::path& path) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  const hbool_t clear = true;
  H5Pset(access, "clear_status_flags", &clear);
  H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, access);
  if (file >= 0) H5Fclose(file);
  H5Pclose(access);
}

}  // namespace

Hdf5File::Hdf5File(std::filesystem::path path) : path_(std::move(path)), journal_(path_) {
  prepare_library();
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);  // what single-writer-multiple-reader mode needs
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);                  // an abandoned file's datasets go with it
  journal_.use_for(access);
  id_ = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  if (id_ < 0) throw Error(Fault::input, fmt::format("cannot create {}: the HDF5 library refuses", path_.string()));
}

Hdf5File::~Hdf5File() {
  if (id_ >= 0) abandon();
}

/// Closes without a commit: what the library still writes goes nowhere.
void Hdf5File::abandon() {
  H5Fclose(std::exchange(id_, -1));
  mark_as_complete(path_);
}

void Hdf5File::fail() {
  const int error = errno;
  abandon();
  throw_write_error(path_, error != 0 ? error : EIO);
}

void Hdf5File::commit() {
  try {
    journal_.commit();
  } catch (...) {
    if (id_ >= 0) abandon();
    throw;
  }
}

void Hdf5File::set_attribute(hid_t object, const char* name, const std::string& value) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, std::max<size_t>(1, value.size()));
  H5Tset_cset(type, H5T_CSET_UTF8);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  const herr_t result = attribute < 0 ? -1 : H5Awrite(attribute, type, value.empty() ? "\0" : value.data());
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
  check(result);
}

void Hdf5File::set_attribute(hid_t object, const char* name, double value) {
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
  const herr_t result = attribute < 0 ? -1 : H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value);
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  check(result);
}

void Hdf5File::start() {
  errno = 0;
  check(H5Fstart_swmr_write(id_));
  flush();
}

void Hdf5File::flush() {
  errno = 0;
  check(H5Fflush(id_, H5F_SCOPE_LOCAL));
  commit();
}

void Hdf5File::close() {
  if (id_ < 0) return;
  flush();
  errno = 0;
  const herr_t result = H5Fclose(std::exchange(id_, -1));
  if (result < 0) throw_write_error(path_, errno != 0 ? errno : EIO);
  commit();
}

Hdf5Table::Hdf5Table(Hdf5File& file, const std::string& group, std::vector<Hdf5Column> columns)
    : file_(file), columns_(std::move(columns)), pending_(columns_.size()) {
  errno = 0;
  const hid_t id = file_.check(H5Gcreate2(file_.id(), group.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  for (const Hdf5Column& column : columns_) create_dataset(id, column);
  H5Gclose(id);
}

Hdf5Table::~Hdf5Table() {
  if (!file_.is_open()) return;
  for (const hid_t dataset : datasets_) H5Dclose(dataset);
}

void Hdf5Table::create_dataset(hid_t group, const Hdf5Column& column) {
  const int rank = column.width > 1 ? 2 : 1;
  const hsize_t none[2] = {0, column.width};
  const hsize_t most[2] = {H5S_UNLIMITED, column.width};
  const hsize_t chunk[2] = {column.width > 1 ? kChunkRows / 8 : kChunkRows, column.width};
  const hid_t space = H5Screate_simple(rank, none, most);
  const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(layout, rank, chunk);
  const hid_t dataset = H5Dcreate2(group, column.name.c_str(), column.type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  H5Pclose(layout);
  H5Sclose(space);
  datasets_.push_back(file_.check(dataset));
  file_.set_attribute(dataset, "unit", column.unit);
  file_.set_attribute(dataset, "meaning", column.meaning);
}

void Hdf5Table::flush(size_t rows) {
  if (rows == 0) return;
  errno = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const int rank = columns_[i].width > 1 ? 2 : 1;
    const hsize_t extent[2] = {rows_ + rows, columns_[i].width};
    const hsize_t start[2] = {rows_, 0};
    const hsize_t count[2] = {rows, columns_[i].width};
    file_.check(H5Dset_extent(datasets_[i], extent));
    const hid_t on_disk = file_.check(H5Dget_space(datasets_[i]));
    H5Sselect_hyperslab(on_disk, H5S_SELECT_SET, start, nullptr, count, nullptr);
    const hid_t in_memory = H5Screate_simple(rank, count, nullptr);
    const herr_t result = H5Dwrite(datasets_[i], columns_[i].type, in_memory, on_disk, H5P_DEFAULT, pending_[i].data());
    H5Sclose(in_memory);
    H5Sclose(on_disk);
    file_.check(result);
    const size_t bytes = pending_[i].size() / pending_rows_ * rows;
    pending_[i].erase(pending_[i].begin(), pending_[i].begin() + static_cast<ptrdiff_t>(bytes));
  }
  rows_ += rows;
  pending_rows_ -= rows;
}

void Hdf5Table::close() {
  flush();
  for (const hid_t dataset : datasets_) H5Dclose(dataset);
  datasets_.clear();
}

}  // namespace flashcell::host
