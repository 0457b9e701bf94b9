#include "base/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <limits>

namespace flashcell {
namespace {

/// A map as the handler finds it: only atomic numbers, which stay when the map goes.
struct Slot {
  std::atomic<bool> taken{false};
  std::atomic<uintptr_t> begin{0}, end{0};  // begin == end: none
  std::atomic<bool> lost{false};            // a byte of it was not there
};
std::array<Slot, 64> slots;
std::atomic<uintptr_t> page_bytes{4096};
struct sigaction before {};

/// Puts zeros where the page is gone, if it is of a map: the instruction that read goes on.
bool fill_in(uintptr_t address) {
  const uintptr_t page = address & ~(page_bytes.load() - 1);
  for (Slot& slot : slots) {
    if (address < slot.begin.load() || address >= slot.end.load()) continue;
    slot.lost.store(true);
    return ::mmap(reinterpret_cast<void*>(page), page_bytes.load(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                  -1, 0) != MAP_FAILED;
  }
  return false;
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  if (fill_in(reinterpret_cast<uintptr_t>(info->si_addr))) return;
  if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(signal, info, context);
  } else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
    ::sigaction(signal, &before, nullptr);  // what failed does so again, and ends the program as it would have
  } else {
    before.sa_handler(signal);
  }
}

bool install_handler() {
  static_assert(std::atomic<uintptr_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
  page_bytes.store(static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE)));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ::sigemptyset(&action.sa_mask);
  return ::sigaction(SIGBUS, &action, &before) == 0;
}

/// A free slot; slots.size() where there is none.
size_t take_slot() {
  for (size_t i = 0; i < slots.size(); ++i)
    if (!slots[i].taken.exchange(true)) return i;
  return slots.size();
}

}  // namespace

MappedFile::MappedFile(int file, uint64_t size) : slot_(slots.size()) {
  static const bool guarded = install_handler();
  if (!guarded || size == 0 || size > std::numeric_limits<size_t>::max() / 2) return;
  slot_ = take_slot();
  if (slot_ == slots.size()) return;
  file_ = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
  void* const at =
      file_ < 0 ? MAP_FAILED : ::mmap(nullptr, static_cast<size_t>(size), PROT_READ, MAP_PRIVATE, file_, 0);
  if (at == MAP_FAILED) return;
  ::madvise(at, static_cast<size_t>(size), MADV_SEQUENTIAL);
  bytes_ = {static_cast<const uint8_t*>(at), static_cast<size_t>(size)};
  Slot& slot = slots[slot_];
  slot.lost.store(false);
  slot.begin.store(reinterpret_cast<uintptr_t>(at));
  // Up to its last page's end.
  slot.end.store((reinterpret_cast<uintptr_t>(at) + static_cast<uintptr_t>(size) + page_bytes.load() - 1) &
                 ~(page_bytes.load() - 1));
}

MappedFile::~MappedFile() {
  if (slot_ < slots.size()) {
    slots[slot_].end.store(0);
    slots[slot_].begin.store(0);
  }
  if (!bytes_.empty()) ::munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
  if (file_ >= 0) ::close(file_);
  if (slot_ < slots.size()) slots[slot_].taken.store(false);
}

bool MappedFile::were_there(uint64_t end) const {
  if (bytes_.empty()) return false;
  // Where a file is cut, its last page ends with zeros and all behind that is gone: if the page after `end` is there,
  // so was everything before. The file's last page has none behind it: there its size is asked for.
  const uint64_t page = page_bytes.load(), next = (end / page + 1) * page;
  if (next < bytes_.size()) {
    static_cast<void>(*static_cast<const volatile uint8_t*>(bytes_.data() + next));
  } else {
    struct stat status {};
    if (::fstat(file_, &status) != 0 || static_cast<uint64_t>(status.st_size) < bytes_.size()) return false;
  }
  return !slots[slot_].lost.load();
}

}  // namespace flashcell
