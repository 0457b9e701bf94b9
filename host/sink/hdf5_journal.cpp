#include "host/sink/hdf5_journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "base/output_file.hpp"

namespace flashcell::host {

/// The journal as one of the HDF5 library's file drivers (H5FDpublic.h), which are tables of C functions.
struct JournalDriver {
  struct File {
    H5FD_t base;  // first: the library sees only this
    Hdf5Journal* journal;
    haddr_t end_of_allocation;
  };

  static File& of(H5FD_t* file) { return *reinterpret_cast<File*>(file); }
  static const File& of(const H5FD_t* file) { return *reinterpret_cast<const File*>(file); }

  static H5FD_t* open(const char*, unsigned, hid_t access, haddr_t) {
    auto* journal = *static_cast<Hdf5Journal* const*>(H5Pget_driver_info(access));
    return &(new File{{}, journal, 0})->base;
  }
  static herr_t close(H5FD_t* file) {
    delete &of(file);
    return 0;
  }
  static herr_t query(const H5FD_t*, unsigned long* flags) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA |
             H5FD_FEAT_SUPPORTS_SWMR_IO | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
  }
  static haddr_t get_eoa(const H5FD_t* file, H5FD_mem_t) { return of(file).end_of_allocation; }
  static herr_t set_eoa(H5FD_t* file, H5FD_mem_t, haddr_t address) {
    of(file).end_of_allocation = address;
    return 0;
  }
  static haddr_t get_eof(const H5FD_t* file, H5FD_mem_t) { return of(file).journal->size_; }
  static herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, size_t size, void* buffer) {
    return of(file).journal->read(address, size, static_cast<unsigned char*>(buffer)) ? 0 : -1;
  }
  static herr_t write(H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t address, size_t size, const void* buffer) {
    Hdf5Journal& journal = *of(file).journal;
    const auto* bytes = static_cast<const unsigned char*>(buffer);
    try {
      journal.pieces_.push_back({address, type == H5FD_MEM_DRAW, {bytes, bytes + size}});
    } catch (const std::bad_alloc&) {
      errno = ENOMEM;
      return -1;
    }
    journal.size_ = std::max<haddr_t>(journal.size_, address + size);
    return 0;
  }
  static herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
    of(file).journal->size_ = of(file).end_of_allocation;
    return 0;
  }

  // The folder's lock keeps others from writing. Without these two the library would not mark the file as being
  // written.
  static herr_t lock(H5FD_t*, hbool_t) { return 0; }
  static herr_t unlock(H5FD_t*) { return 0; }

  static hid_t id() {
    static const hid_t id = [] {
      static H5FD_class_t driver{};
      driver.name = "flashcell_journal";
      driver.maxaddr = haddr_t{1} << 62;
      driver.fc_degree = H5F_CLOSE_STRONG;
      driver.fapl_size = sizeof(Hdf5Journal*);
      driver.open = open;
      driver.close = close;
      driver.query = query;
      driver.get_eoa = get_eoa;
      driver.set_eoa = set_eoa;
      driver.get_eof = get_eof;
      driver.read = read;
      driver.write = write;
      driver.truncate = truncate;
      driver.lock = lock;
      driver.unlock = unlock;
      const H5FD_mem_t single[] = H5FD_FLMAP_DICHOTOMY;
      std::copy(std::begin(single), std::end(single), driver.fl_map);
      return H5FDregister(&driver);
    }();
    return id;
  }
};

Hdf5Journal::Hdf5Journal(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw_write_error(path_, errno);
}

Hdf5Journal::~Hdf5Journal() {
  struct stat status {};
  const bool regular = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  ::close(descriptor_);
  // Without a first commit it is no HDF5 file at all.
  if (regular && size_on_disk_ == 0) ::unlink(path_.c_str());
}

void Hdf5Journal::use_for(hid_t access) {
  Hdf5Journal* self = this;
  H5Pset_driver(access, JournalDriver::id(), &self);
}

bool Hdf5Journal::read(haddr_t address, size_t size, unsigned char* buffer) const {
  std::memset(buffer, 0, size);
  for (size_t done = 0; done < size;) {
    const ssize_t n = ::pread(descriptor_, buffer + done, size - done, static_cast<off_t>(address + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) break;  // beyond what is on disk
    done += static_cast<size_t>(n);
  }
  for (const Piece& piece : pieces_) {
    const haddr_t from = std::max(address, piece.address);
    const haddr_t to = std::min<haddr_t>(address + size, piece.address + piece.bytes.size());
    if (from < to) std::memcpy(buffer + (from - address), piece.bytes.data() + (from - piece.address), to - from);
  }
  return true;
}

void Hdf5Journal::commit() {
  if (failed_) return;  // reported once
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail(errno);
  if (status.st_nlink == 0) fail(ENOENT);
  grow();
  // Values first: nothing on disk speaks of them yet. What describes them keeps the library's order, which readers that
  // look on rely on.
  write_pieces(true);
  write_pieces(false);
  if (size_ < size_on_disk_ && ::ftruncate(descriptor_, static_cast<off_t>(size_)) == 0) size_on_disk_ = size_;
  pieces_.clear();
}

/// Has the disk set the space aside that the pieces need, or leaves the file as it is.
void Hdf5Journal::grow() {
  if (size_ <= size_on_disk_) return;
  const auto from = static_cast<off_t>(size_on_disk_), length = static_cast<off_t>(size_ - size_on_disk_);
  int error = 0;
  do {
    error = ::posix_fallocate(descriptor_, from, length);
  } while (error == EINTR);
  if (error != 0) {
    // Shrinking takes no space. Were it to fail, zeros would follow what the file itself says is its end.
    [[maybe_unused]] const int result = ::ftruncate(descriptor_, from);
    fail(error);
  }
  size_on_disk_ = size_;
}

void Hdf5Journal::write_pieces(bool values) {
  for (const Piece& piece : pieces_) {
    if (piece.values != values) continue;
    for (size_t done = 0; done < piece.bytes.size();) {
      const ssize_t n = ::pwrite(descriptor_, piece.bytes.data() + done, piece.bytes.size() - done,
                                 static_cast<off_t>(piece.address + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail(n < 0 ? errno : ENOSPC);
      done += static_cast<size_t>(n);
    }
  }
}

void Hdf5Journal::fail(int error) {
  failed_ = true;
  throw_write_error(path_, error);
}

}  // namespace flashcell::host
