#pragma once
#include <mutex>

namespace flashcell {

/// Debian's HDF5 library is not made for threads: who calls it while a run goes on holds this, whatever the file.
inline std::mutex& hdf5_turn() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace flashcell
