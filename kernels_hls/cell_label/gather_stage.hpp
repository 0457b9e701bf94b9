#pragma once
#include "kernels_hls/cell_label/tokens.hpp"

namespace flashcell {
namespace kernels {

/// Features by label, and the objects at hand: the open one grows, the next one has been read and waits for the one
/// that leaves.
template <class S>
struct GatherMemory {
  Features<S> table[S::kLabels];
  Features<S> open, next, leaving;
  template <class Visit>
  void fields(Visit& visit) const {
    visit(table), open.fields(visit), next.fields(visit), leaving.fields(visit);
  }
};

/// The word of contract::ObjectRecord, class_id left 0.
template <class S>
Word record_word(const Job& job, const Features<S>& f) {
  const uint64_t first_pixel = f.top.to_uint64() * job.width + f.first_x.to_uint64();
  const uint64_t box =
      f.left.to_uint64() | f.top.to_uint64() << 16 | f.right.to_uint64() << 32 | f.bottom.to_uint64() << 48;
  const uint64_t lanes[kLanes] = {f.m20.to_uint64(),
                                  f.m11.to_uint64(),
                                  f.m02.to_uint64(),
                                  f.m10.to_uint64(),
                                  f.m01.to_uint64(),
                                  pair_of(f.m00.to_uint64(), first_pixel),
                                  box,
                                  pair_of(0, f.grey.largest())};
  return word_of(lanes);
}

/// All 32-bit fields of contract::ObjectFeatures after the 64-bit ones, in its order; `i` is a constant once unrolled.
template <class S>
uint64_t small_feature(const Job& job, const Features<S>& f, int i) {
  if (i == 0) return f.hue.at(contract::kHueBins);
  if (i <= contract::kHueBins) return f.hue.at(i - 1);
  const int pattern = i - 1 - contract::kHueBins;
  if (pattern == 0) return (job.features & contract::kFeatureHlac) ? f.m00.to_uint64() : 0;
  return pattern < contract::kHlacCount ? f.hlac.at(pattern - 1) : 0;
}

/// Word `word` of contract::ObjectFeatures.
template <class S>
Word feature_word(const Job& job, const Features<S>& f, int word) {
  constexpr int kSums = 3;  // lanes of the first word
  uint64_t lanes[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    FLASHCELL_HLS(UNROLL)
    const int pair = kLanes * word + i - kSums;
    lanes[i] = pair >= 0 ? pair_of(small_feature(job, f, 2 * pair), small_feature(job, f, 2 * pair + 1)) : f.grey.at(i);
  }
  return word_of(lanes);
}

/// Carries out an order a clock. What a clock must know of the one before is the open object alone: everything else
/// that is added to it can be added up beforehand. An object that is read was written two clocks before or earlier.
template <class S, class Orders, class Words>
void gather_stage(const Job& job, Orders& orders, Words& words) {
  GatherMemory<S> memory;
  FLASHCELL_HLS(AGGREGATE variable = memory.table)
  FLASHCELL_HLS(BIND_STORAGE variable = memory.table type = RAM_2P impl = LUTRAM)
  FLASHCELL_LOOP(gather, 1, 8)
  for (bool running = true; running;) {
    FLASHCELL_HLS(LOOP_TRIPCOUNT min = 4096 max = 1048576)
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_HLS(DEPENDENCE variable = memory.table type = inter direction = RAW distance = 2 true)
    FLASHCELL_ITERATION(gather);
    const Order<S> order = orders.read();
    const LabelCommand<S>& command = order.command;
    running = !command.stop;
    if (command.load) memory.open = memory.table[command.other.to_int()];
    if (command.merge) memory.open.add(memory.table[command.other.to_int()]);
    if (command.begin) {
      memory.open = placed(order.part);
    } else if (command.cell) {
      memory.open.add(placed(order.part));
    }
    if (command.leaves || command.end) {
      if (command.leaves && command.word == 0) memory.leaving = memory.next;
      ObjectWord out;
      if (command.leaves) {
        out.data = command.word == 0 ? record_word(job, memory.leaving)
                                     : feature_word(job, memory.leaving, command.word.to_int() - 1);
      }
      out.valid = command.leaves;
      out.first = command.word == 0;
      out.end = command.end;
      out.foreground = static_cast<uint32_t>(command.foreground.to_uint64());
      words.write(out);
    }
    if (command.fetch) memory.next = memory.table[command.other.to_int()];
    if (command.cell || command.merge) memory.table[command.label.to_int()] = memory.open;
  }
}

}  // namespace kernels
}  // namespace flashcell
