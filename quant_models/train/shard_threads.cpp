#include "quant_models/train/shard_threads.hpp"

#include <ATen/Parallel.h>

namespace flashcell::quant {

ShardThreads::ShardThreads(int threads) {
  at::set_num_threads(1);
  for (int i = 1; i < threads; ++i) threads_.emplace_back([this] { wait_for_work(); });
}

ShardThreads::~ShardThreads() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void ShardThreads::run(size_t count, const std::function<void(size_t)>& work) {
  std::unique_lock lock(mutex_);
  work_ = &work;
  next_ = 0;
  count_ = unfinished_ = count;
  failure_ = nullptr;
  wake_.notify_all();
  take_pieces(lock);
  done_.wait(lock, [&] { return unfinished_ == 0; });
  work_ = nullptr;
  count_ = 0;
  if (failure_) std::rethrow_exception(failure_);
}

void ShardThreads::take_pieces(std::unique_lock<std::mutex>& lock) {
  while (next_ < count_) {
    const size_t piece = next_++;
    const auto* work = work_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      (*work)(piece);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure && !failure_) failure_ = failure;
    if (--unfinished_ == 0) done_.notify_all();
  }
}

void ShardThreads::wait_for_work() {
  at::set_num_threads(1);
  std::unique_lock lock(mutex_);
  while (!stop_) {
    take_pieces(lock);
    wake_.wait(lock, [&] { return stop_ || next_ < count_; });
  }
}

}  // namespace flashcell::quant
