#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels_hls/cell_label/kernels.hpp"

// What the testbenches share: pictures, the job of each, and a flood fill over pixels that says which objects there
// must be; areas, boxes and first moments are compared. Needs no test framework, so that Vitis runs it in C simulation
// and co-simulation, too.
//
// A tool builds one top function alone: FLASHCELL_TOP names it, and nothing else is called.
#define FLASHCELL_TEXT_OF(name) #name
#define FLASHCELL_TEXT(name) FLASHCELL_TEXT_OF(name)

namespace flashcell {
namespace testbench {

using contract::Connectivity;
using contract::ObjectRecord;

constexpr int kSide = 64;
constexpr uint32_t kFrames = 2;
constexpr uint32_t kCapacity = kSide * kSide;
constexpr uint32_t kFrameWords = kSide;  // a row of 64 pixels is a word
constexpr uint32_t kResultWords = 1 + kCapacity;
constexpr uint32_t kSequence = 5;
static_assert(kFrames * kFrameWords == FLASHCELL_COSIM_PIXEL_WORDS, "the ports' depth is what the buffers hold");
static_assert(1 + contract::kColourTableWords == FLASHCELL_COSIM_PARAMETER_WORDS, "");
static_assert(kFrames * kResultWords == FLASHCELL_COSIM_RESULT_WORDS, "");

struct Picture {
  const char* name;
  int width, height;
  bool pixels[kSide][kSide];
};

inline uint64_t cell_of(const Picture& picture, int column, int row) {
  uint64_t cell = 0;
  for (int p = 0; p < contract::kCellPixels; ++p) {
    const int x = 8 * column + p % 8, y = 8 * row + p / 8;
    if (x < picture.width && y < picture.height && picture.pixels[y][x]) cell |= uint64_t{1} << p;
  }
  return cell;
}

/// Word by word, as a host writes bytes.
inline void store(const void* bytes, ap_uint<512>& word) {
  uint64_t lanes[kernels::kLanes];
  memcpy(lanes, bytes, sizeof lanes);
  word = kernels::word_of(lanes);
}

inline void load(const ap_uint<512>& word, void* bytes) {
  uint64_t lanes[kernels::kLanes];
  for (int i = 0; i < kernels::kLanes; ++i) lanes[i] = kernels::lane(word, i);
  memcpy(bytes, lanes, sizeof lanes);
}

inline contract::CellLabelJob job_of(const Picture& picture, Connectivity connectivity, bool given) {
  contract::CellLabelJob job = contract::CellLabelJob();
  job.contract_version = contract::kContractVersion;
  job.width = static_cast<uint16_t>(picture.width);
  job.height = static_cast<uint16_t>(picture.height);
  job.min_area = 1;
  job.max_area = 0xFFFFFFFFu;
  job.capacity = kCapacity;
  job.row_words = job.mask_row_words = 1;
  job.frame_words = job.mask_words = kFrameWords;
  job.result_words = kResultWords;
  job.threshold = 100;
  job.layout = given ? contract::PixelLayout::none : contract::PixelLayout::grey8;
  job.segmentation = given ? contract::Segmentation::given : contract::Segmentation::threshold;
  job.connectivity = connectivity;
  job.classes = 1;
  job.min_cell_pixels = 1;
  return job;
}

/// A row of the picture as grey8 pixels: 200 where there is foreground, else 0.
inline void grey_row(const Picture& picture, int y, uint8_t grey[kSide]) {
  for (int x = 0; x < kSide; ++x) grey[x] = picture.pixels[y][x] ? 200 : 0;
}

/// Whether a kernel's name says that it knows the mode.
inline bool knows(const char* top, Connectivity connectivity) {
  return (strstr(top, "_exact_") != nullptr) == (connectivity != Connectivity::cell);
}

/// What joins in `cell` mode are the pixels of occupied cells; in the others each is its own "cell" of one pixel.
struct FloodFill {
  Picture picture;
  Connectivity connectivity;
  bool seen[kSide][kSide];
  short stack[kSide * kSide][2];

  void start(const Picture& new_picture, Connectivity new_connectivity) {
    picture = new_picture;
    connectivity = new_connectivity;
    memset(seen, 0, sizeof seen);
  }

  bool solid(int x, int y, int unit) const {
    if (x < 0 || y < 0 || x * unit >= picture.width || y * unit >= picture.height) return false;
    return unit == 1 ? picture.pixels[y][x] : cell_of(picture, x, y) != 0;
  }

  /// The object that holds unit (x0, y0).
  ObjectRecord fill(int x0, int y0, int unit) {
    ObjectRecord record = ObjectRecord();
    record.left = record.top = 0xFFFF;
    int depth = 0;
    push(x0, y0, depth);
    while (depth > 0) {
      --depth;
      const int x = stack[depth][0], y = stack[depth][1];
      for (int p = 0; p < unit * unit; ++p) add(x * unit + p % unit, y * unit + p / unit, record);
      for (int k = 0; k < 8; ++k) {
        const int nx = x + (k < 3 ? -1 : k < 6 ? 1 : 0), ny = y + (k == 6 ? -1 : k == 7 ? 1 : k % 3 - 1);
        if (connectivity == Connectivity::exact4 && nx != x && ny != y) continue;
        if (solid(nx, ny, unit) && !seen[ny][nx]) push(nx, ny, depth);
      }
    }
    return record;
  }

  void push(int x, int y, int& depth) {
    seen[y][x] = true;
    stack[depth][0] = static_cast<short>(x);
    stack[depth][1] = static_cast<short>(y);
    ++depth;
  }

  void add(int x, int y, ObjectRecord& record) const {
    if (x >= picture.width || y >= picture.height || !picture.pixels[y][x]) return;
    record.m00 += 1;
    record.m10 += static_cast<uint64_t>(x);
    record.m01 += static_cast<uint64_t>(y);
    if (x < record.left) record.left = static_cast<uint16_t>(x);
    if (x > record.right) record.right = static_cast<uint16_t>(x);
    if (y < record.top) record.top = static_cast<uint16_t>(y);
    if (y > record.bottom) record.bottom = static_cast<uint16_t>(y);
  }
};

inline bool same_object(const ObjectRecord& a, const ObjectRecord& b) {
  return a.m00 == b.m00 && a.m10 == b.m10 && a.m01 == b.m01 && a.left == b.left && a.right == b.right &&
         a.top == b.top && a.bottom == b.bottom;
}

/// Takes `wanted` out of the kernel's objects.
inline bool remove_object(const ObjectRecord& wanted, ObjectRecord* records, int& count) {
  for (int i = 0; i < count; ++i) {
    if (!same_object(wanted, records[i])) continue;
    records[i] = records[--count];
    return true;
  }
  return false;
}

/// Whether the picture's objects are those that the kernel has found. Takes them out of `records`.
inline bool check_objects(const Picture& picture, Connectivity connectivity, ObjectRecord* records, int count) {
  static FloodFill fill;
  fill.start(picture, connectivity);
  const int unit = connectivity == Connectivity::cell ? contract::kCellSide : 1;
  for (int y = 0; y * unit < picture.height; ++y) {
    for (int x = 0; x * unit < picture.width; ++x) {
      if (!fill.solid(x, y, unit) || fill.seen[y][x]) continue;
      if (remove_object(fill.fill(x, y, unit), records, count)) continue;
      printf("FAILED %s, mode %d: the object at (%d, %d) is missing\n", picture.name, static_cast<int>(connectivity),
             x * unit, y * unit);
      return false;
    }
  }
  if (count != 0)
    printf("FAILED %s, mode %d: %d objects too many\n", picture.name, static_cast<int>(connectivity), count);
  return count == 0;
}

inline bool draw(int kind, int x, int y, uint32_t& random) {
  random = random * 1664525u + 1013904223u;
  switch (kind) {
    case 0:
      return (x + y) % 2 == 0;
    case 1:
      return x % 2 == 0 || y == kSide - 1;
    case 2:
      return (x < 32 ? 31 - x : x - 32) > y ? (x < 32 ? 31 - x : x - 32) % 2 == 0 : y % 2 == 0;
    case 3:
      return true;
    default:
      return (random >> 24) < static_cast<uint32_t>(16 * (kind - 3));
  }
}

/// Calls check(picture, connectivity) for every picture and mode; the program's exit code.
template <class Check>
int check_all(const char* name, Check check) {
  static const char* const kNames[] = {"chessboard", "comb", "nested", "full", "noise"};
  static Picture picture;
  uint32_t random = 1;
  int failures = 0, checks = 0;
  for (int kind = 0; kind < 20; ++kind) {
    for (int cut = 0; cut < 12; cut += 5) {
      picture.name = kNames[kind < 4 ? kind : 4];
      picture.width = kSide - cut;
      picture.height = kSide - 2 * cut;
      for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) picture.pixels[y][x] = draw(kind, x, y, random);
      }
      for (int mode = 0; mode < 3; ++mode) check(picture, static_cast<Connectivity>(mode), checks, failures);
    }
  }
  printf("%s: %d of %d launches as expected\n", name, checks - failures, checks);
  return failures == 0 && checks > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace testbench
}  // namespace flashcell
