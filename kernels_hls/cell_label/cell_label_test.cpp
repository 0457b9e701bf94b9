// Testbench: needs no test framework, so that Vitis runs it in C simulation and co-simulation, too. Each picture goes
// through a kernel's top function, once as masks and once as grey frames with a threshold, two frames a launch, and
// through a flood fill over pixels; areas, boxes and first moments must agree. Exit code 0: all do.
//
// In co-simulation there is one top function a project: FLASHCELL_TOP_EXACT chooses that of the exact modes, else it is
// that of mode `cell`. Without FLASHCELL_ONE_TOP both are tested.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels_hls/cell_label/kernels.hpp"

namespace {

using namespace flashcell;
using contract::Connectivity;
using contract::ObjectRecord;

constexpr int kSide = 64;
constexpr uint32_t kFrames = 2;
constexpr uint32_t kCapacity = kSide * kSide;
constexpr uint32_t kFrameWords = kSide;  // a row of 64 pixels is a word
constexpr uint32_t kResultWords = 1 + kCapacity;

struct Picture {
  const char* name;
  int width, height;
  bool pixels[kSide][kSide];
};

uint64_t cell_of(const Picture& picture, int column, int row) {
  uint64_t cell = 0;
  for (int p = 0; p < contract::kCellPixels; ++p) {
    const int x = 8 * column + p % 8, y = 8 * row + p / 8;
    if (x < picture.width && y < picture.height && picture.pixels[y][x]) cell |= uint64_t{1} << p;
  }
  return cell;
}

/// What a launch of kFrames frames reads and writes.
struct Memory {
  ap_uint<512> frames[kFrames * kFrameWords], masks[kFrames * kFrameWords], parameters[1];
  ap_uint<512> results[kFrames * kResultWords];
};

/// Word by word, as a host writes bytes.
void store(const void* bytes, ap_uint<512>& word) {
  uint64_t lanes[kernels::kLanes];
  memcpy(lanes, bytes, sizeof lanes);
  word = kernels::word_of(lanes);
}

void load(const ap_uint<512>& word, void* bytes) {
  uint64_t lanes[kernels::kLanes];
  for (int i = 0; i < kernels::kLanes; ++i) lanes[i] = kernels::lane(word, i);
  memcpy(bytes, lanes, sizeof lanes);
}

contract::CellLabelJob job_of(const Picture& picture, Connectivity connectivity, bool given) {
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

/// Every frame of the launch is the picture.
void fill(const Picture& picture, const contract::CellLabelJob& job, Memory& memory) {
  store(&job, memory.parameters[0]);
  for (uint32_t word = 0; word < kFrames * kFrameWords; ++word) {
    const uint32_t y = word % kFrameWords;
    uint8_t grey[kSide] = {}, mask[contract::kWordBytes] = {};
    for (int x = 0; x < kSide; ++x) {
      if (!picture.pixels[y][x]) continue;
      grey[x] = 200;
      mask[x / 8] = static_cast<uint8_t>(mask[x / 8] | 1 << (x % 8));
    }
    store(grey, memory.frames[word]);
    store(mask, memory.masks[word]);
  }
}

void launch(Connectivity connectivity, Memory& memory) {
  (void)connectivity;
#if !defined(FLASHCELL_ONE_TOP) || defined(FLASHCELL_TOP_EXACT)
  if (connectivity != Connectivity::cell) {
    cell_label_exact_shape_512_v1(memory.frames, memory.masks, memory.parameters, memory.results, kFrames, 5);
  }
#endif
#if !defined(FLASHCELL_ONE_TOP) || !defined(FLASHCELL_TOP_EXACT)
  if (connectivity == Connectivity::cell) {
    cell_label_cell_shape_512_v1(memory.frames, memory.masks, memory.parameters, memory.results, kFrames, 5);
  }
#endif
}

bool is_tested(Connectivity connectivity) {
#if !defined(FLASHCELL_ONE_TOP)
  (void)connectivity;
  return true;
#elif defined(FLASHCELL_TOP_EXACT)
  return connectivity != Connectivity::cell;
#else
  return connectivity == Connectivity::cell;
#endif
}

/// Objects of a frame; -1 when the kernel has not done it.
int objects_of(const Memory& memory, uint32_t frame, ObjectRecord* records) {
  const ap_uint<512>* region = memory.results + frame * kResultWords;
  contract::ResultHeader header;
  load(region[0], &header);
  if (header.status != contract::ResultStatus::done || header.sequence != 5 + frame) return -1;
  for (uint32_t i = 0; i < header.objects; ++i) load(region[1 + i], &records[i]);
  return static_cast<int>(header.objects);
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

bool same_object(const ObjectRecord& a, const ObjectRecord& b) {
  return a.m00 == b.m00 && a.m10 == b.m10 && a.m01 == b.m01 && a.left == b.left && a.right == b.right &&
         a.top == b.top && a.bottom == b.bottom;
}

/// Takes `wanted` out of the kernel's objects.
bool remove_object(const ObjectRecord& wanted, ObjectRecord* records, int& count) {
  for (int i = 0; i < count; ++i) {
    if (!same_object(wanted, records[i])) continue;
    records[i] = records[--count];
    return true;
  }
  return false;
}

bool check_frame(const Picture& picture, Connectivity connectivity, const Memory& memory, uint32_t frame) {
  static ObjectRecord records[kCapacity];
  int count = objects_of(memory, frame, records);
  if (count < 0) {
    printf("FAILED %s, mode %d: frame %u is not done\n", picture.name, static_cast<int>(connectivity), frame);
    return false;
  }
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

bool check(const Picture& picture, Connectivity connectivity, bool given) {
  static Memory memory;
  fill(picture, job_of(picture, connectivity, given), memory);
  launch(connectivity, memory);
  for (uint32_t frame = 0; frame < kFrames; ++frame) {
    if (!check_frame(picture, connectivity, memory, frame)) return false;
  }
  return true;
}

bool draw(int kind, int x, int y, uint32_t& random) {
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

}  // namespace

int main() {
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
      for (int mode = 0; mode < 3; ++mode) {
        if (!is_tested(static_cast<Connectivity>(mode))) continue;
        for (int given = 0; given < 2; ++given) {
          ++checks;
          if (!check(picture, static_cast<Connectivity>(mode), given != 0)) ++failures;
        }
      }
    }
  }
  printf("cell_label: %d of %d launches as expected\n", checks - failures, checks);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
