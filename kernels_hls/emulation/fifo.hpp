#pragma once
#include <stddef.h>

#include <atomic>

// What all streams of a CPU build share, whatever they carry.
namespace flashcell_emulation {

struct Channel;

/// Number of Simulation objects in the process. 0, the usual case, keeps streams and loops on their short paths.
extern std::atomic<int> active_simulations;
inline bool any_simulation() {
  return active_simulations.load(std::memory_order_relaxed) != 0;
}

/// Memory for tokens, aligned to 64 bytes. What is given back is kept for the thread's next stream of that size,
/// because kernels have their streams in a function and make them anew at each launch.
void* take_memory(size_t bytes);
void give_memory(void* memory, size_t bytes);

/// Counts a stream's tokens and decides who has to wait. Rules: README.md of this folder.
class Fifo {
 public:
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;

  const char* name() const { return name_; }
  /// As declared; 0 where nothing was.
  int declared_depth() const { return declared_depth_; }
  size_t tokens() const { return written_ - read_; }

 protected:
  Fifo(const char* name, int depth) : name_(name), declared_depth_(depth) {}
  ~Fifo() {
    if (channel_ != nullptr) detach();
  }

  /// Returns when there is a token to read.
  void before_read() {
    if (written_ == read_ || any_simulation()) wait_to_read();
  }
  /// Returns when there is space for one more token.
  void before_write() {
    if (tokens() >= turn_tokens_ || any_simulation()) wait_to_write();
  }
  /// Without waiting; where the answer is no, the other stages get on first.
  bool can_read() { return (written_ != read_ && !any_simulation()) || others_filled(); }
  bool can_write() { return !any_simulation() || others_made_space(); }

  size_t written_ = 0, read_ = 0;  ///< tokens ever

 private:
  friend struct Channel;
  friend class CycleModel;
  friend class Scheduler;
  void wait_to_read();
  void wait_to_write();
  bool others_filled();
  bool others_made_space();
  void detach();

  const char* name_;
  int declared_depth_;
  /// Without a Simulation: a writer that has got so far ahead lets others run first, so that the tokens stay in the
  /// processor's cache. It grows when nobody else can go on.
  size_t turn_tokens_ = 64;
  Channel* channel_ = nullptr;  ///< while a Simulation watches this stream
};

}  // namespace flashcell_emulation
