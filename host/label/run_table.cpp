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
HWY_INLINE WordVector load_words(const uint64_t* row, size_t w, size_t words) {
  const Words d;
  const size_t rest = words - w;
  if (HWY_LIKELY(rest >= hn::Lanes(d))) return hn::LoadU(d, row + w);
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return hn::MaskedLoad(hn::FirstN(d, rest), d, row + w);
#else  // other instruction sets touch what is masked out, too
  alignas(64) uint64_t tail[hn::MaxLanes(Words())] = {};
  std::copy_n(row + w, rest, tail);
  return hn::Load(d, tail);
#endif
}

// The same, each word's lowest bit followed by the word before it: the pixels' left neighbours.
HWY_INLINE WordVector left_neighbours(WordVector pixels, const uint64_t* row, size_t w, size_t words) {
  const Words d;
  WordVector before = hn::Zero(d);
  if (w != 0) {
    before = load_words(row - 1, w, words + 1);
  } else if (hn::MaxLanes(d) != 1) {
    alignas(64) static constexpr uint64_t kOneDown[8] = {0, 0, 1, 2, 3, 4, 5, 6};
    const auto moved = hn::TableLookupLanes(pixels, hn::SetTableIndices(d, kOneDown));
    before = hn::IfThenZeroElse(hn::FirstN(d, 1), moved);
  }
  return hn::Or(hn::ShiftLeft<1>(pixels), hn::ShiftRight<63>(before));
}

// Columns of a strip's words where its runs start, and where its first row touches the strip above.
struct ScannedWords {
  WordVector starts, contacts;
};

// `above` is the last row of the strip above, or nullptr at the top.
template <bool kTwoRows>
HWY_INLINE ScannedWords scan_words(const uint64_t* above, const uint64_t* first, size_t w, size_t words) {
  const WordVector b = load_words(first, w, words);
  const WordVector b_left = left_neighbours(b, first, w, words);
  WordVector either = b, either_left = b_left;
  if (kTwoRows) {
    const uint64_t* second = first + words;
    const WordVector c = load_words(second, w, words);
    either = hn::Or(b, c);
    either_left = hn::Or(b_left, left_neighbours(c, second, w, words));
  }
  const WordVector starts = hn::AndNot(either_left, either);
  if (above == nullptr) return {starts, hn::Zero(Words())};

  const WordVector a = load_words(above, w, words);
  const WordVector a_left = left_neighbours(a, above, w, words);
  // Both are foreground here, and were not both to the left: a new stretch of contact.
  const WordVector touching = hn::AndNot(hn::And(a_left, b_left), hn::And(a, b));
  if (!kTwoRows) return {starts, touching};
  // One ends to the left where the other starts: they touch over the corner only.
  const WordVector corner = hn::And(hn::And(hn::Xor(a, b), hn::Xor(a_left, b_left)), hn::Xor(a, a_left));
  return {starts, hn::Or(touching, corner)};
}

template <bool kTwoRows>
void scan_strips(const BitImage& mask, int strips, RunBits& bits) {
  const Words d;
  const size_t words = static_cast<size_t>(mask.words_per_row());
  for (int strip = 0; strip < strips; ++strip) {
    const int y = kTwoRows ? 2 * strip : strip;
    const uint64_t* above = y == 0 ? nullptr : mask.row(y - 1);
    const size_t offset = static_cast<size_t>(strip) * words;
    for (size_t w = 0; w < words; w += hn::Lanes(d)) {
      const ScannedWords scanned = scan_words<kTwoRows>(above, mask.row(y), w, words);
      hn::StoreU(scanned.starts, d, bits.starts.get() + offset + w);
      hn::StoreU(scanned.contacts, d, bits.contacts.get() + offset + w);
    }
  }
}

void scan(const BitImage& mask, int strips, int rows_per_strip, RunBits& bits) {
  if (rows_per_strip == 2) {
    scan_strips<true>(mask, strips, bits);
  } else {
    scan_strips<false>(mask, strips, bits);
  }
}

// Writes the numbers of a word's bits, `first` that of bit 0, and possibly more.
HWY_INLINE void list_bits(uint64_t word, uint32_t first, uint32_t* out) {
#if HWY_TARGET == HWY_AVX3_DL
  // This instruction set compresses bytes. Eight numbers at a time: wider stores would mostly cross cache lines.
  const hn::ScalableTag<uint8_t> d8;
  const hn::CappedTag<uint32_t, 8> d32;
  alignas(64) uint8_t numbers[64];
  hn::Store(hn::Compress(hn::Iota(d8, 0), hn::LoadMaskBits(d8, reinterpret_cast<const uint8_t*>(&word))), d8, numbers);
  const int count = std::popcount(word), lanes = static_cast<int>(hn::Lanes(d32));
  const auto base = hn::Set(d32, first);
  int i = 0;
  do {
    const auto some = hn::PromoteTo(d32, hn::Load(hn::Rebind<uint8_t, decltype(d32)>(), numbers + i));
    hn::StoreU(hn::Add(base, some), d32, out + i);
    i += lanes;
  } while (i < count);
#else
  // Two, then four at a time, without asking.
  const auto put = [&] {
    *out++ = first + static_cast<uint32_t>(std::countr_zero(word));
    word &= word - 1;
  };
  put(), put();
  while (word != 0) put(), put(), put(), put();
#endif
}

// Bit i: words[i] is not zero, for i < 64.
HWY_INLINE uint64_t find_nonzero(const uint64_t* words) {
  const Words d;
  uint64_t bits = 0;
  for (size_t i = 0; i < 64; i += hn::Lanes(d)) {
    uint8_t some[8] = {};
    hn::StoreMaskBits(d, hn::Ne(hn::LoadU(d, words + i), hn::Zero(d)), some);
    bits |= uint64_t{some[0]} << i;
  }
  return bits;
}

// Counts the runs that start before each word and lists the words that are not zero; returns the number of all runs.
// 64 words after the last are read.
uint32_t count_runs(size_t words, RunBits& bits) {
  uint32_t runs = 0;
  bits.start_word_count = bits.contact_word_count = 0;
  for (size_t begin = 0; begin < words; begin += 64) {
    const size_t count = std::min<size_t>(64, words - begin);
    for (size_t i = begin; i < begin + count; ++i) {
      bits.runs_before[i] = runs;
      runs += static_cast<uint32_t>(std::popcount(bits.starts[i]));
    }
    const uint64_t inside = ~uint64_t{0} >> (64 - count);
    const auto list = [&](const uint64_t* from, uint32_t* numbers, size_t& listed) HWY_ATTR {
      const uint64_t nonzero = find_nonzero(from + begin) & inside;
      list_bits(nonzero, static_cast<uint32_t>(begin), numbers + listed);
      listed += static_cast<size_t>(std::popcount(nonzero));
    };
    list(bits.starts.get(), bits.start_words.get(), bits.start_word_count);
    list(bits.contacts.get(), bits.contact_words.get(), bits.contact_word_count);
  }
  return runs;
}

void list_starts(const RunBits& bits, const uint32_t* columns, uint32_t* starts) {
  for (size_t i = 0; i < bits.start_word_count; ++i) {
    const uint32_t word = bits.start_words[i];
    // What is too much is overwritten by the next word's.
    list_bits(bits.starts[word], columns[word], starts + bits.runs_before[word]);
  }
}

// Joins the runs that touch. `words` is the number of words in a row.
void join_runs(const RunBits& bits, size_t words, uint32_t* parents) {
  uint32_t pairs[2 * (kContactBatchBits + 64 + 2)];
  size_t i = 0;
  while (i < bits.contact_word_count) {
    // Listed first and resolved later, so that the branches of the one do not wait for the memory of the other.
    uint32_t count = 0;
    for (; i < bits.contact_word_count && count < kContactBatchBits; ++i) {
      const uint64_t word = bits.contact_words[i];
      const uint64_t above = bits.starts[word - words], here = bits.starts[word];
      const uint32_t runs_above = bits.runs_before[word - words] - 1, runs_here = bits.runs_before[word] - 1;
      uint64_t contacts = bits.contacts[word];
      uint32_t* next = pairs + 2 * count;
      count += static_cast<uint32_t>(std::popcount(contacts));
      const auto put = [&] {
        const uint64_t up_to = contacts ^ (contacts - 1);
        *next++ = runs_above + static_cast<uint32_t>(std::popcount(above & up_to));
        *next++ = runs_here + static_cast<uint32_t>(std::popcount(here & up_to));
        contacts &= contacts - 1;
      };
      // Two without asking, as most words have one or two: what is too much is overwritten by the next word's.
      put(), put();
      while (contacts != 0) put();
    }
    for (uint32_t k = 0; k < count; ++k) unite(parents, pairs[2 * k], pairs[2 * k + 1]);
  }
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(scan);
HWY_EXPORT(count_runs);
HWY_EXPORT(list_starts);
HWY_EXPORT(join_runs);

constexpr size_t kSlack = 64;  // entries that may be read or written past the end: whole vectors, whole lists
}  // namespace

RunTable::RunTable(int width, int height, int rows_per_strip)
    : strips_((height + rows_per_strip - 1) / rows_per_strip),
      words_((width + 63) / 64),
      rows_per_strip_(rows_per_strip) {
  max_runs_ = static_cast<uint32_t>(strips_) * static_cast<uint32_t>((width + 1) / 2);
  const size_t total_words = static_cast<size_t>(strips_) * words_ + kSlack;
  starts_ = aligned_array<uint32_t>(max_runs_ + kSlack);
  parents_ = aligned_array<uint32_t>(max_runs_ + kSlack);
  bits_.starts = aligned_array<uint64_t>(total_words);
  bits_.contacts = aligned_array<uint64_t>(total_words);
  bits_.start_words = aligned_array<uint32_t>(total_words);
  bits_.contact_words = aligned_array<uint32_t>(total_words);
  bits_.runs_before = aligned_array<uint32_t>(total_words);
  columns_ = aligned_array<uint32_t>(total_words);
  for (int strip = 0; strip < strips_; ++strip) {
    for (int w = 0; w < words_; ++w) {
      columns_[static_cast<size_t>(strip) * words_ + w] =
          static_cast<uint32_t>(strip) << kStripShift | static_cast<uint32_t>(w) << 6;
    }
  }
}

void RunTable::find(const BitImage& mask) {
  const size_t words = static_cast<size_t>(words_);
  HWY_DYNAMIC_DISPATCH(scan)(mask, strips_, rows_per_strip_, bits_);
  runs_ = HWY_DYNAMIC_DISPATCH(count_runs)(strips_ * words, bits_);
  HWY_DYNAMIC_DISPATCH(list_starts)(bits_, columns_.get(), starts_.get());
  for (uint32_t i = 0; i < runs_; ++i) parents_[i] = i;
  HWY_DYNAMIC_DISPATCH(join_runs)(bits_, words, parents_.get());
  objects_ = number_sets(parents_.get(), runs_);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
