#pragma once
#include <deque>
#include <exception>
#include <memory>

#include "pipeline/source.hpp"

namespace flashcell::host {

/// A source that can be looked ahead of: what was looked at is kept in memory and delivered first, as if nobody had
/// looked. It is freed as it is delivered.
class ReplaySource final : public FrameSource {
 public:
  explicit ReplaySource(std::unique_ptr<FrameSource> source) : source_(std::move(source)) {}

  /// Reads and keeps one more frame, before the first next() only; valid until then. Null at the end, and where the
  /// source throws: next() throws that, once everything kept has been delivered.
  const Frame* look_ahead();

  const SourceInfo& info() const override { return source_->info(); }
  bool next(Frame& frame) override;
  bool is_live() const override { return source_->is_live(); }
  void give_back(Frame& frame) override { source_->give_back(frame); }
  void stop() override { source_->stop(); }
  SourceTally tally() const override { return source_->tally(); }

 private:
  std::unique_ptr<FrameSource> source_;
  std::deque<Frame> kept_;  // a deque: its frames stay where they are
  std::exception_ptr error_;
};

}  // namespace flashcell::host
