#pragma once
#include "kernels_hls/cell_label/tokens.hpp"

// The labels of a build: which are free, and which belong to complete objects that leave.
namespace flashcell {
namespace kernels {

/// Ends the launch for who reads the orders.
template <class S, class Orders>
void stop_orders(Orders& orders) {
  Order<S> stop = Order<S>();
  stop.command.stop = true;
  orders.write(stop);
}

/// Free labels. At most one is taken and one is given back in a clock. Those never used are counted, not listed, so
/// that nothing has to be filled before the first cell.
template <class S>
class FreeLabels {
 public:
  using Label = typename S::Label;
  static Label none() { return S::kLabels; }

  int count() const { return count_.to_int(); }
  int lowest_count() const { return lowest_count_; }  ///< since the launch began, for checks; not synthesized

  Label take() {
    --count_;
    if (count() < lowest_count_) lowest_count_ = count();
    if (fresh_ != none()) {
      const Label label = fresh_;
      ++fresh_;
      return label;
    }
    const Label label = ring_[head_.to_int()];
    head_ = head_ == S::kLabels - 1 ? 0 : head_.to_int() + 1;
    return label;
  }
  void give(Label label) {
    ++count_;
    ring_[tail_.to_int()] = label;
    tail_ = tail_ == S::kLabels - 1 ? 0 : tail_.to_int() + 1;
  }

  template <class Visit>
  void fields(Visit& visit) const {
    visit(ring_), visit(head_), visit(tail_), visit(count_), visit(fresh_);
  }

 private:
  Label ring_[S::kLabels];
  Label head_ = 0, tail_ = 0, count_ = S::kLabels, fresh_ = 0;
  int lowest_count_ = S::kLabels;
};

/// Complete objects in the order in which they leave. One is on its way, a word a clock; the next one has been read
/// from the table of features; the others wait there under their labels.
template <class S>
class LeavingObjects {
 public:
  using Label = typename S::Label;
  static constexpr int kSlots = S::kLabels + 4;  ///< each label, and ends of frames without objects
  static constexpr int kFrames = 4;              ///< that have ended and not left: more never wait (a test counts them)

  LeavingObjects(FreeLabels<S>& free, uint32_t words) : free_(free), words_(words) {}

  bool empty() const { return count_ == 0 && !next_waits_ && words_left_ == 0; }
  int frames() const { return frames_.to_int(); }   ///< that have ended and not left
  int most_frames() const { return most_frames_; }  ///< since the launch began, for checks; not synthesized

  void push(Label label) { put({label, true, false}); }
  /// No object of the frame, which has `foreground` pixels, comes any more.
  void end_frame(typename S::Area foreground) {
    pixels_[newest_frame_.to_int()] = foreground;
    ++newest_frame_;
    ++frames_;
    if (frames() > most_frames_) most_frames_ = frames();
    if (count_ != 0 && !ring_[last_.to_int()].end) {
      ring_[last_.to_int()].end = true;
    } else {
      put({FreeLabels<S>::none(), false, true});
    }
  }

  /// What the command of this clock has to do with leaving objects. It reads the table unless the command does already
  /// or the object was written a clock ago.
  void step(LabelCommand<S>& command) {
    send(command);
    if (!next_waits_ && count_ != 0) fetch(command);
    written_ = command.cell || command.merge ? command.label : FreeLabels<S>::none();
    if (!command.end) return;
    command.foreground = pixels_[oldest_frame_.to_int()];
    ++oldest_frame_;
    --frames_;
  }

  template <class Visit>
  void fields(Visit& visit) const {
    visit(ring_), visit(head_), visit(last_), visit(count_), visit(next_), visit(written_), visit(words_left_);
    visit(next_waits_), visit(end_after_), visit(frames_);
    visit(pixels_), visit(oldest_frame_), visit(newest_frame_);
  }

 private:
  struct Entry {
    Label label;
    bool object;  ///< false: only the end of a frame
    bool end;     ///< of a frame, after the object
    template <class Visit>
    void fields(Visit& visit) const {
      visit(label), visit(object), visit(end);
    }
  };
  using Slot = ap_uint<bits_for(kSlots)>;

  void put(const Entry& entry) {
    last_ = last_ == kSlots - 1 ? 0 : last_.to_int() + 1;
    ring_[last_.to_int()] = entry;
    ++count_;
  }

  void send(LabelCommand<S>& command) {
    if (words_left_ == 0 && !next_waits_) return;
    command.leaves = true;
    if (words_left_ == 0) {
      next_waits_ = false;
      end_after_ = next_.end;
      command.leaves = next_.object;
      command.word = 0;
      words_left_ = next_.object ? words_ - 1 : 0;
    } else {
      command.word = words_ - words_left_.to_uint64();
      --words_left_;
    }
    command.end = words_left_ == 0 && end_after_;
  }

  void fetch(LabelCommand<S>& command) {
    const Entry entry = ring_[head_.to_int()];
    const bool reads = command.load || command.merge;
    if (entry.object && (reads || entry.label == written_)) return;
    if (entry.object) {
      command.fetch = true;
      command.other = entry.label;
      free_.give(entry.label);
    }
    next_ = entry;
    next_waits_ = true;
    head_ = head_ == kSlots - 1 ? 0 : head_.to_int() + 1;
    --count_;
  }

  FreeLabels<S>& free_;
  const uint32_t words_;  ///< of an object: 1 or 4
  Entry ring_[kSlots] = {};
  Slot head_ = 0, last_ = kSlots - 1, count_ = 0;
  Entry next_ = {0, false, false};
  Label written_ = FreeLabels<S>::none();  ///< in the clock before
  ap_uint<3> words_left_ = 0;
  bool next_waits_ = false, end_after_ = false;
  ap_uint<bits_for(kFrames)> frames_ = 0;
  typename S::Area pixels_[kFrames];
  ap_uint<bits_for(kFrames - 1)> oldest_frame_ = 0, newest_frame_ = 0;
  int most_frames_ = 0;
};

}  // namespace kernels
}  // namespace flashcell
