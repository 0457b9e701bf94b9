#pragma once
#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/sink/hdf5_journal.hpp"

namespace flashcell::host {

/// An HDF5 file being written. Rows that end_row() and flush() gave it appear on disk at flush(), all or none
/// (Hdf5Journal). From start() on it is in single-writer-multiple-reader mode: others may read along. One thread at a
/// time.
class Hdf5File {
 public:
  /// Creates or replaces `path`. Throws Error(Fault::input).
  explicit Hdf5File(std::filesystem::path path);
  ~Hdf5File();
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;

  hid_t id() const { return id_; }
  /// False once a write failed (the file is then as the last flush() left it, and complete) or after close().
  bool is_open() const { return id_ >= 0; }
  void set_attribute(hid_t object, const char* name, const std::string& value);
  void set_attribute(hid_t object, const char* name, double value);
  /// After every table and attribute was made: from here on only rows are added.
  void start();
  /// Throws Error(Fault::input) when the disk is full.
  void flush();
  void close();
  /// Throws the write error of this file where `result` is negative; otherwise returns it.
  template <class T>
  T check(T result) {
    if (result < 0) fail();
    return result;
  }

 private:
  [[noreturn]] void fail();
  void commit();
  void abandon();

  std::filesystem::path path_;
  Hdf5Journal journal_;
  hid_t id_ = -1;
};

struct Hdf5Column {
  std::string name;
  hid_t type;    ///< H5T_NATIVE_…; stored little-endian of the same kind
  size_t width;  ///< values a row; above 1 the dataset is [rows, width]
  std::string unit;
  std::string meaning;
};

/// A group with one extendible, chunked dataset a column, all of the same number of rows. Rows collect in memory until
/// flush(), and are on disk after Hdf5File::flush().
class Hdf5Table {
 public:
  Hdf5Table(Hdf5File& file, const std::string& group, std::vector<Hdf5Column> columns);
  ~Hdf5Table();
  Hdf5Table(const Hdf5Table&) = delete;
  Hdf5Table& operator=(const Hdf5Table&) = delete;

  /// Appends one row's value of a column, in the column's native type (`width` of them where it is above 1).
  template <class T>
  void append(size_t column, const T& value) {
    append_bytes(column, reinterpret_cast<const std::byte*>(&value), sizeof value);
  }
  void append_bytes(size_t column, const std::byte* value, size_t bytes) {
    pending_[column].insert(pending_[column].end(), value, value + bytes);
  }
  void end_row() { ++pending_rows_; }
  size_t pending_rows() const { return pending_rows_; }
  /// A column's value of the rows collected, to be changed: `row` counts them from 0.
  std::byte* pending(size_t column, size_t row) {
    return pending_[column].data() + row * (pending_[column].size() / pending_rows_);
  }
  /// Gives the first `rows` of the rows collected to the file. Throws Error(Fault::input).
  void flush(size_t rows);
  void flush() { flush(pending_rows_); }
  void close();

 private:
  void create_dataset(hid_t group, const Hdf5Column& column);

  Hdf5File& file_;
  std::vector<Hdf5Column> columns_;
  std::vector<hid_t> datasets_;
  std::vector<std::vector<std::byte>> pending_;
  size_t pending_rows_ = 0;
  hsize_t rows_ = 0;
};

}  // namespace flashcell::host
