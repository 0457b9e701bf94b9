#include "host/label/run_table.hpp"

#include <algorithm>
#include <bit>

#include "host/label/union_find.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/run_table.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::ScalableTag<uint64_t>;
using WordVector = hn::Vec<Words>;

// Words of a row, from word w on; past its end zeros.
WordVector load_words(const uint64_t* row, size_t w, size_t words) {
  const Words d;
  const size_t rest = words - w;
  return rest >= hn::Lanes(d) ? hn::LoadU(d, row + w) : hn::MaskedLoad(hn::FirstN(d, rest), d, row + w);
}

// The pixels' left neighbours.
WordVector left_neighbours(WordVector pixels, const uint64_t* row, size_t w, size_t words) {
  const Words d;
  WordVector before;
  if (w != 0) {
    before = load_words(row - 1, w, words + 1);
  } else if (hn::Lanes(d) == 1) {
    before = hn::Zero(d);
  } else {
    alignas(64) uint64_t lane[hn::MaxLanes(d)];
    for (size_t i = 0; i < hn::Lanes(d); ++i) lane[i] = i == 0 ? 0 : i - 1;
    const auto not_first = hn::Not(hn::FirstN(d, 1));
    before = hn::IfThenElseZero(not_first, hn::TableLookupLanes(pixels, hn::SetTableIndices(d, lane)));
  }
  return hn::Or(hn::ShiftLeft<1>(pixels), hn::ShiftRight<63>(before));
}

// Start bits of one strip, and the columns where its first row touches `above`, the last row of the strip above (nullptr: none).
// `second` is its second row, or nullptr where strips are single rows and touch 4-connected.
void scan_strip(const uint64_t* above, const uint64_t* first, const uint64_t* second, size_t words, uint64_t* starts,
                uint64_t* contacts) {
  const Words d;
  for (size_t w = 0; w < words; w += hn::Lanes(d)) {
    const WordVector b = load_words(first, w, words);
    const WordVector b_left = left_neighbours(b, first, w, words);
    WordVector either = b, either_left = b_left;
    if (second != nullptr) {
      const WordVector c = load_words(second, w, words);
      either = hn::Or(b, c);
      either_left = hn::Or(b_left, left_neighbours(c, second, w, words));
    }
    hn::StoreU(hn::AndNot(either_left, either), d, starts + w);

    WordVector touching = hn::Zero(d);
    if (above != nullptr) {
      const WordVector a = load_words(above, w, words);
      const WordVector a_left = left_neighbours(a, above, w, words);
      // Both are foreground here, and were not both to the left: a new stretch of contact.
      touching = hn::AndNot(hn::And(a_left, b_left), hn::And(a, b));
      if (second != nullptr) {
        // One ends to the left where the other starts: they touch over the corner, at no other column for sure.
        const WordVector corner = hn::And(hn::And(hn::Xor(a, b), hn::Xor(a_left, b_left)), hn::Xor(a, a_left));
        touching = hn::Or(touching, corner);
      }
    }
    hn::StoreU(touching, d, contacts + w);
  }
}

// Positions of the set bits, ascending.
uint32_t list_starts(const uint64_t* bits, int strips, int words, uint32_t* runs_before, uint32_t* starts) {
  uint32_t count = 0;
  for (int strip = 0; strip < strips; ++strip) {
    for (int w = 0; w < words; ++w) {
      uint64_t rest = *bits++;
      *runs_before++ = count;
      const uint32_t column = static_cast<uint32_t>(strip) << kStripShift | static_cast<uint32_t>(w) << 6;
      uint32_t* out = starts + count;
      count += static_cast<uint32_t>(std::popcount(rest));
      // Most words have at most two: written without asking, and overwritten where there were fewer.
      *out++ = column + static_cast<uint32_t>(std::countr_zero(rest));
      rest &= rest - 1;
      *out++ = column + static_cast<uint32_t>(std::countr_zero(rest));
      rest &= rest - 1;
      for (; rest != 0; rest &= rest - 1) *out++ = column + static_cast<uint32_t>(std::countr_zero(rest));
    }
  }
  return count;
}

// Pairs of touching runs in a word of the strip: (run above, run here), as many as there are contact bits.
uint32_t list_contacts(uint64_t contacts, uint64_t starts_above, uint32_t runs_above, uint64_t starts, uint32_t runs,
                       uint32_t* pairs) {
  uint32_t count = static_cast<uint32_t>(std::popcount(contacts));
  // The first is written without asking.
  do {
    const uint64_t up_to = contacts ^ (contacts - 1);
    *pairs++ = runs_above + static_cast<uint32_t>(std::popcount(starts_above & up_to)) - 1;
    *pairs++ = runs + static_cast<uint32_t>(std::popcount(starts & up_to)) - 1;
    contacts &= contacts - 1;
  } while (contacts != 0);
  return count;
}

void join_runs(const uint64_t* contact_bits, const uint64_t* start_bits, const uint32_t* runs_before, int words,
               int total_words, uint32_t* pairs, uint32_t* parents) {
  for (int begin = words; begin < total_words; begin += kContactBatchWords) {
    const int end = std::min(begin + kContactBatchWords, total_words);
    uint32_t count = 0;
    for (int w = begin; w < end; ++w) {
      count += list_contacts(contact_bits[w], start_bits[w - words], runs_before[w - words], start_bits[w],
                             runs_before[w], pairs + 2 * count);
    }
    for (uint32_t i = 0; i < count; ++i) unite(parents, pairs[2 * i], pairs[2 * i + 1]);
  }
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(scan_strip);
HWY_EXPORT(list_starts);
HWY_EXPORT(join_runs);

constexpr size_t kSlack = 64;  // entries that vectors may write past the end
}  // namespace

RunTable::RunTable(int width, int height, int rows_per_strip)
    : strips_((height + rows_per_strip - 1) / rows_per_strip), words_((width + 63) / 64), rows_per_strip_(rows_per_strip) {
  max_runs_ = static_cast<uint32_t>(strips_) * static_cast<uint32_t>((width + 1) / 2);
  const size_t total_words = static_cast<size_t>(strips_) * words_;
  starts_ = hwy::AllocateAligned<uint32_t>(max_runs_ + kSlack);
  parents_ = hwy::AllocateAligned<uint32_t>(max_runs_ + kSlack);
  start_bits_ = hwy::AllocateAligned<uint64_t>(total_words + kSlack);
  contact_bits_ = hwy::AllocateAligned<uint64_t>(total_words + kSlack);
  runs_before_ = hwy::AllocateAligned<uint32_t>(total_words + kSlack);
  contacts_ = hwy::AllocateAligned<uint32_t>(2 * (static_cast<size_t>(kContactBatchWords) * 64 + 1));
}

void RunTable::find(const BitImage& mask) {
  const auto scan = HWY_DYNAMIC_DISPATCH(scan_strip);
  for (int strip = 0; strip < strips_; ++strip) {
    const int y = strip * rows_per_strip_;
    const size_t offset = static_cast<size_t>(strip) * words_;
    scan(y == 0 ? nullptr : mask.row(y - 1), mask.row(y), rows_per_strip_ == 2 ? mask.row(y + 1) : nullptr,
         static_cast<size_t>(words_), start_bits_.get() + offset, contact_bits_.get() + offset);
  }
  runs_ = HWY_DYNAMIC_DISPATCH(list_starts)(start_bits_.get(), strips_, words_, runs_before_.get(), starts_.get());
  for (uint32_t i = 0; i < runs_; ++i) parents_[i] = i;
  HWY_DYNAMIC_DISPATCH(join_runs)
  (contact_bits_.get(), start_bits_.get(), runs_before_.get(), words_, strips_ * words_, contacts_.get(), parents_.get());
  objects_ = number_sets(parents_.get(), runs_);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
