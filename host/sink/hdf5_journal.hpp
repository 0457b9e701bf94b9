#pragma once
#include <hdf5.h>

#include <filesystem>
#include <vector>

namespace flashcell::host {

/// Stands between the HDF5 library and an HDF5 file on disk: what the library writes is held in memory until commit(),
/// which reserves the disk space first, then writes the values, then what makes them visible. So the file on disk is at
/// every moment one in which all that a reader sees was written: rows exist with their values or not at all, on a full
/// disk and after a kill too. Not thread-safe.
class Hdf5Journal {
 public:
  /// Creates or empties `path`. Throws Error(Fault::input).
  explicit Hdf5Journal(std::filesystem::path path);
  ~Hdf5Journal();
  Hdf5Journal(const Hdf5Journal&) = delete;
  Hdf5Journal& operator=(const Hdf5Journal&) = delete;

  /// Makes H5Fcreate() with this file access property list write here.
  void use_for(hid_t access);

  /// Puts everything that was written since the last call on disk. Throws Error(Fault::input) where the disk is full or
  /// the file was removed: it is then as the last commit left it, and takes nothing any more.
  void commit();

 private:
  friend struct JournalDriver;
  struct Piece {
    haddr_t address;
    bool values;  ///< of datasets; else what describes them
    std::vector<unsigned char> bytes;
  };

  bool read(haddr_t address, size_t size, unsigned char* buffer) const;
  void grow();
  void write_pieces(bool values);
  [[noreturn]] void fail(int error);

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::vector<Piece> pieces_;  ///< in the order in which the library wrote them
  haddr_t size_ = 0;           ///< of the file, with everything that is not yet on disk
  haddr_t size_on_disk_ = 0;
  bool failed_ = false;
};

}  // namespace flashcell::host
