#pragma once
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace flashcell::quant {

/// Threads that share out numbered pieces of work, the caller among them. libtorch keeps to one thread in each.
class ShardThreads {
 public:
  /// `threads`: at least 1.
  explicit ShardThreads(int threads);
  ~ShardThreads();
  ShardThreads(const ShardThreads&) = delete;
  ShardThreads& operator=(const ShardThreads&) = delete;

  /// Calls work(0) .. work(count - 1), in any order, and returns when all are done. Throws on the first that threw.
  void run(size_t count, const std::function<void(size_t)>& work);

 private:
  void wait_for_work();
  void take_pieces(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(size_t)>* work_ = nullptr;
  size_t next_ = 0, count_ = 0, unfinished_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace flashcell::quant
