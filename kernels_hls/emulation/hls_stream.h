#pragma once
#include <new>
#include <utility>

#include "kernels_hls/emulation/fifo.hpp"

namespace hls {

/// A FIFO for CPU builds of kernel code, spelt like the vendor's. Between the stages of a dataflow region an empty
/// stream makes its reader wait for the writer; in a flashcell_emulation::Simulation a full one makes its writer wait,
/// too, else it grows. Reading an empty stream that nobody will write to throws flashcell_emulation::Deadlock. Memory
/// is kept when it runs empty. One thread at a time.
///
/// A stream of any depth is passed as stream<T>&, as with the vendor's.
template <class T, int kDepth = 0>
class stream : public stream<T, 0> {
 public:
  stream() : stream<T, 0>("", kDepth) {}
  explicit stream(const char* name) : stream<T, 0>(name, kDepth) {}
};

template <class T>
class stream<T, 0> : public flashcell_emulation::Fifo {
 public:
  stream() : Fifo("", 0) {}
  explicit stream(const char* name) : Fifo(name, 0) {}
  ~stream() {
    for (; read_ != written_; ++read_) place(read_)->~T();
    flashcell_emulation::give_memory(ring_, capacity_ * sizeof(T));
  }

  void write(const T& value) {
    before_write();
    push(value);
  }
  T read() {
    before_read();
    return pop();
  }
  void read(T& value) { value = read(); }
  bool read_nb(T& value) {
    if (!can_read()) return false;
    value = read();
    return true;
  }
  bool write_nb(const T& value) {
    if (!can_write()) return false;
    write(value);
    return true;
  }
  bool empty() { return !can_read(); }
  bool full() { return !can_write(); }
  size_t size() const { return tokens(); }
  stream& operator<<(const T& value) {
    write(value);
    return *this;
  }
  stream& operator>>(T& value) {
    read(value);
    return *this;
  }

 protected:
  stream(const char* name, int depth) : Fifo(name, depth) {}

 private:
  void push(const T& value) {
    if (tokens() == capacity_) grow();
    new (place(written_)) T(value);
    ++written_;
  }
  T pop() {
    T& place_of_token = *place(read_);
    T value(std::move(place_of_token));
    place_of_token.~T();
    ++read_;
    return value;
  }
  T* place(size_t token) { return ring_ + (token & (capacity_ - 1)); }
  void grow() {
    T* const old = ring_;
    const size_t old_capacity = capacity_;
    capacity_ = old_capacity == 0 ? kFewest : 2 * old_capacity;
    ring_ = static_cast<T*>(flashcell_emulation::take_memory(capacity_ * sizeof(T)));
    for (size_t i = read_; i != written_; ++i) {
      T& token = old[i & (old_capacity - 1)];
      new (place(i)) T(std::move(token));
      token.~T();
    }
    flashcell_emulation::give_memory(old, old_capacity * sizeof(T));
  }

  static constexpr size_t kFewest = 16;
  T* ring_ = nullptr;
  size_t capacity_ = 0;  ///< a power of two
};

}  // namespace hls
