#pragma once
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace hls {

/// A FIFO for CPU builds of kernel code, spelt like the vendor's. As in C simulation the stages run one after the
/// other, so that it grows as needed whatever its depth in hardware; memory is kept when it runs empty. Reading an
/// empty stream is a bug in the kernel, where hardware would hang: it throws std::logic_error.
template <class T, int kDepth = 0>
class stream {
 public:
  stream() = default;
  explicit stream(const char* name) : name_(name) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  void write(const T& value) { values_.push_back(value); }
  T read() {
    if (empty()) throw std::logic_error(std::string("hls::stream ") + name_ + " is read while empty");
    const T value = values_[next_++];
    if (next_ == values_.size()) {
      values_.clear();
      next_ = 0;
    }
    return value;
  }
  void read(T& value) { value = read(); }
  bool read_nb(T& value) {
    if (empty()) return false;
    value = read();
    return true;
  }
  bool empty() const { return next_ == values_.size(); }
  size_t size() const { return values_.size() - next_; }
  stream& operator<<(const T& value) {
    write(value);
    return *this;
  }
  stream& operator>>(T& value) {
    read(value);
    return *this;
  }

 private:
  const char* name_ = "";
  std::vector<T> values_;
  size_t next_ = 0;
};

}  // namespace hls
