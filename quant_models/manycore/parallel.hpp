#pragma once
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace flashcell::quant::manycore {

/// Calls work(thread, i) for i in 0 .. count - 1 on at most `threads` threads, this one among them; which thread takes
/// which i is open. The first exception comes out.
template <class DoWork>
void run_parallel(size_t threads, size_t count, const DoWork& work) {
  constexpr size_t kWorthwhile = 16;  // fewer are done sooner than a thread has begun
  if (threads <= 1 || count < kWorthwhile) {
    for (size_t i = 0; i < count; ++i) work(size_t{0}, i);
    return;
  }
  std::atomic<size_t> next{0};
  std::exception_ptr error;
  std::mutex lock;
  const auto run = [&](size_t thread) {
    try {
      for (size_t i = next++; i < count; i = next++) work(thread, i);
    } catch (...) {
      const std::lock_guard<std::mutex> guard(lock);
      if (!error) error = std::current_exception();
      next = count;
    }
  };
  std::vector<std::thread> others;
  for (size_t thread = 1; thread < threads; ++thread) others.emplace_back(run, thread);
  run(0);
  for (std::thread& other : others) other.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace flashcell::quant::manycore
