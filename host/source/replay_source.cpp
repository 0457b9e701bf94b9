#include "host/source/replay_source.hpp"

#include <utility>

namespace flashcell::host {
const Frame* ReplaySource::look_ahead() {
  if (error_) return nullptr;
  Frame& frame = kept_.emplace_back();
  try {
    if (source_->next(frame)) return &frame;
  } catch (...) {
    error_ = std::current_exception();
  }
  kept_.pop_back();
  return nullptr;
}

bool ReplaySource::next(Frame& frame) {
  if (!kept_.empty()) {
    // Its pixels stay where they are: in the storage, which changes hands, or in the source.
    std::swap(frame, kept_.front());
    kept_.pop_front();
    return true;
  }
  if (error_) std::rethrow_exception(error_);
  return source_->next(frame);
}

}  // namespace flashcell::host
