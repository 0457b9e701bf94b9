#include "host/label/blob_runs.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "kernels_hls/contract/limits.hpp"

namespace flashcell::host {
namespace {

using tracking::PixelRun;
constexpr int kSide = contract::kCellSide;

/// Bits `first` .. `last` of a row, at most 64, from bit 0 on.
uint64_t window(const uint64_t* row, int first, int last) {
  const int shift = first & 63;
  uint64_t bits = row[first >> 6] >> shift;
  if (first >> 6 != last >> 6) bits |= row[last >> 6] << (64 - shift);
  return bits & ~uint64_t{0} >> (63 - (last - first));
}

/// The runs of set bits `first` .. `last` of a row, at most 64. Returns how many bits these are.
inline int add_short_runs(const uint64_t* row, int y, int first, int last, std::vector<PixelRun>& runs) {
  int count = 0;
  for (uint64_t bits = window(row, first, last); bits != 0;) {
    const int at = std::countr_zero(bits), length = std::countr_one(bits >> at);
    runs.push_back({y, first + at, first + at + length - 1});
    count += length;
    bits &= bits + (bits & -bits);  // a carry runs through the lowest of them
  }
  return count;
}

constexpr size_t kMostShortRuns = 32 + 1;  ///< of a row, with one that is written in vain

/// The same where there is room for kMostShortRuns at `next`, which is moved behind those that are found.
inline int put_short_runs(const uint64_t* row, int y, int first, int last, PixelRun*& next) {
  const uint64_t bits = window(row, first, last);
  uint64_t starts = bits & ~(bits << 1), ends = bits & ~(bits >> 1);
  int count = 0;
  // Of none some bit, or there would be a branch again.
  const auto lowest = [](uint64_t set) { return std::countr_zero(set | uint64_t{1} << 63); };
  const auto put = [&] {
    const int any = starts != 0 ? 1 : 0, from = lowest(starts), to = lowest(ends);
    *next = {y, first + from, first + to};
    next += any;
    count += to - from + any;
    starts &= starts - 1;
    ends &= ends - 1;
  };
  // Two without asking, as most rows have one or two.
  put(), put();
  while (starts != 0) put();
  return count;
}

/// The same of any number.
int add_runs(const uint64_t* row, int y, int first, int last, std::vector<PixelRun>& runs) {
  if (last - first < 64) return add_short_runs(row, y, first, last, runs);
  int count = 0;
  uint64_t inside = 0;  // whether the pixel before is set
  int start = first;
  uint64_t wanted = ~uint64_t{0} << (first & 63);
  for (int word = first >> 6; word <= last >> 6; ++word) {
    if (word == last >> 6) wanted &= ~uint64_t{0} >> (63 - (last & 63));
    const uint64_t bits = row[word] & wanted;
    for (uint64_t edges = bits ^ (bits << 1 | inside); edges != 0; edges &= edges - 1) {
      const int at = std::countr_zero(edges);
      if ((bits >> at & 1) != 0) {
        start = 64 * word + at;
      } else {
        runs.push_back({y, start, 64 * word + at - 1});
        count += 64 * word + at - start;
      }
    }
    inside = bits >> 63;
    wanted = ~uint64_t{0};
  }
  if (inside == 0) return count;
  runs.push_back({y, start, last});
  return count + last - start + 1;
}

int32_t root_of(std::vector<int32_t>& parts, int32_t run) {
  while (parts[run] != run) run = parts[run] = parts[parts[run]];
  return run;
}

/// How many bits of each byte are set, in that byte.
uint64_t bits_of_bytes(uint64_t word) {
  word -= word >> 1 & 0x5555555555555555;
  word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
  return (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F;
}

/// Of eight cells side by side, those with at least `min_pixels` pixels: a bit each. `rows`: the first row's word of
/// them, the further rows' `stride` words apart.
uint64_t occupied_of_eight(const uint64_t* rows, size_t stride, int min_pixels) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t pixels = 0;
  for (int y = 0; y < kSide; ++y) pixels += bits_of_bytes(rows[static_cast<size_t>(y) * stride]);
  const uint64_t enough = (pixels + kOnes * static_cast<uint64_t>(128 - min_pixels)) >> 7 & kOnes;
  return enough * 0x0102040810204080 >> 56;
}

}  // namespace

void BlobRuns::keep(const contract::LabelParameters& parameters, std::vector<BitImage>& masks, ObjectTable& table) {
  auto* runs = dynamic_cast<BlobRuns*>(table.pixels.get());
  if (runs == nullptr) {
    auto made = std::make_shared<BlobRuns>(parameters);
    made->masks_ = masks;
    table.pixels = std::move(made);
    return;
  }
  runs->masks_.swap(masks);
}

/// The occupied cells of the box, as runs.
void BlobRuns::find_cells(const BitImage& mask, const Extent& box) {
  occupied_.resize(static_cast<size_t>(mask.words_per_row()) / 8 + 1);
  for (int row = box.top; row <= box.bottom; ++row) {
    const uint64_t* const pixels = mask.row(row * kSide);
    for (int eight = box.left / 8; eight <= box.right / 8; ++eight) {
      const uint64_t bits =
          occupied_of_eight(pixels + eight, static_cast<size_t>(mask.words_per_row()), parameters_.min_cell_pixels);
      uint64_t& word = occupied_[static_cast<size_t>(eight) / 8];
      const int at = 8 * (eight % 8);
      word = (word & ~(uint64_t{0xFF} << at)) | bits << at;
    }
    add_runs(occupied_.data(), row, box.left, box.right, runs_);
  }
}

/// `reach`: how far aside the neighbours in the next row may lie.
void BlobRuns::connect(int reach) {
  parts_.resize(runs_.size());
  std::iota(parts_.begin(), parts_.end(), 0);
  size_t above = 0, row = 0;  // the first run of the row above that may touch, and of this row
  for (size_t i = 0; i < runs_.size(); ++i) {
    const PixelRun& run = runs_[i];
    if (run.y != runs_[row].y) {
      above = run.y == runs_[row].y + 1 ? row : i;
      row = i;
    }
    while (above < row && runs_[above].last + reach < run.first) ++above;
    for (size_t k = above; k < row && runs_[k].first <= run.last + reach; ++k) {
      const int32_t a = root_of(parts_, static_cast<int32_t>(i)), b = root_of(parts_, static_cast<int32_t>(k));
      parts_[std::max(a, b)] = std::min(a, b);
    }
  }
}

/// Of all that is connected within a box, only one can touch its four sides: from left to right it leaves no way from
/// top to bottom for another one. That is the object whose box it is.
void BlobRuns::keep_spanning(const Extent& box) {
  constexpr uint8_t kLeft = 1, kRight = 2, kTop = 4, kBottom = 8;
  sides_.assign(runs_.size(), 0);
  for (size_t i = 0; i < runs_.size(); ++i) {
    parts_[i] = parts_[parts_[i]];  // its root: that of a smaller one is there already
    const PixelRun& run = runs_[i];
    sides_[parts_[i]] |= (run.first == box.left ? kLeft : 0) | (run.last == box.right ? kRight : 0) |
                         (run.y == box.top ? kTop : 0) | (run.y == box.bottom ? kBottom : 0);
  }
  size_t kept = 0;
  for (size_t i = 0; i < runs_.size(); ++i) {
    runs_[kept] = runs_[i];
    kept += sides_[parts_[i]] == (kLeft | kRight | kTop | kBottom) ? 1 : 0;
  }
  runs_.resize(kept);
}

void BlobRuns::cells_to_pixels(const BitImage& mask, const Extent& box) {
  pixels_.clear();
  for (size_t first = 0, end = 0; first < runs_.size(); first = end) {
    while (end < runs_.size() && runs_[end].y == runs_[first].y) ++end;
    const int bottom = std::min(runs_[first].y * kSide + kSide - 1, box.bottom);
    for (int y = std::max(runs_[first].y * kSide, box.top); y <= bottom; ++y) {
      for (size_t i = first; i < end; ++i) {
        add_runs(mask.row(y), y, std::max(runs_[i].first * kSide, box.left),
                 std::min(runs_[i].last * kSide + kSide - 1, box.right), pixels_);
      }
    }
  }
  runs_.swap(pixels_);
}

/// The box's pixels, and how many these are.
BlobRuns::Found BlobRuns::find_pixels(const BitImage& mask, const Extent& box) {
  int64_t pixels = 0;
  if (box.right - box.left >= 64) {
    for (int y = box.top; y <= box.bottom; ++y) pixels += add_runs(mask.row(y), y, box.left, box.right, runs_);
    return {runs_, pixels};
  }
  const size_t most = static_cast<size_t>(box.bottom - box.top + 1) * kMostShortRuns;
  if (short_runs_.size() < most) short_runs_.resize(most);
  PixelRun* next = short_runs_.data();
  for (int y = box.top; y <= box.bottom; ++y) pixels += put_short_runs(mask.row(y), y, box.left, box.right, next);
  return {{short_runs_.data(), next}, pixels};
}

std::span<const PixelRun> BlobRuns::of(const tracking::Detection& blob) {
  runs_.clear();
  if (!blob.has_shape || blob.colour_class < 0 || static_cast<size_t>(blob.colour_class) >= masks_.size()) return {};
  const BitImage& mask = masks_[static_cast<size_t>(blob.colour_class)];
  const int left = static_cast<int>(std::lround(blob.box.left)), top = static_cast<int>(std::lround(blob.box.top));
  const Extent box{left, left + static_cast<int>(std::lround(blob.box.width)) - 1, top,
                   top + static_cast<int>(std::lround(blob.box.height)) - 1};
  if (box.left < 0 || box.top < 0 || box.right >= mask.width() || box.bottom >= mask.height()) return {};
  if (parameters_.connectivity == contract::Connectivity::cell) {
    const Extent cells{box.left / kSide, box.right / kSide, box.top / kSide, box.bottom / kSide};
    find_cells(mask, cells);
    connect(1);
    keep_spanning(cells);
    cells_to_pixels(mask, box);
  } else {
    const Found found = find_pixels(mask, box);
    // Nobody else has pixels in its box, mostly.
    if (static_cast<double>(found.pixels) == blob.area) return found.runs;
    if (runs_.empty()) runs_.assign(found.runs.begin(), found.runs.end());
    connect(parameters_.connectivity == contract::Connectivity::exact8 ? 1 : 0);
    keep_spanning(box);
  }
  return runs_;
}

}  // namespace flashcell::host
