#pragma once
#include <memory>

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
    ring_[written_ & (capacity_ - 1)] = value;
    ++written_;
  }
  T pop() {
    const T value = ring_[read_ & (capacity_ - 1)];
    ++read_;
    return value;
  }
  void grow() {
    const size_t larger = capacity_ == 0 ? 16 : 2 * capacity_;
    std::unique_ptr<T[]> ring(new T[larger]);
    for (size_t i = read_; i != written_; ++i) ring[i & (larger - 1)] = ring_[i & (capacity_ - 1)];
    ring_ = std::move(ring);
    capacity_ = larger;
  }

  std::unique_ptr<T[]> ring_;
  size_t capacity_ = 0;  ///< a power of two
};

}  // namespace hls
