// Testbench: needs no test framework, so that Vitis runs it in C simulation, too. Each picture goes through the kernel
// and through a flood fill over pixels; areas, boxes and first moments must agree. Exit code 0: all do.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels_hls/cell_label/cell_label.hpp"

namespace {

using namespace flashcell;
using contract::Connectivity;
using contract::ObjectRecord;

constexpr int kSide = 64;
using Split = kernels::Sizes<kSide, true>;
using Whole = kernels::Sizes<kSide, false>;

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

template <class S>
int run_kernel(const Picture& picture, const kernels::Job& job, ObjectRecord* records) {
  static kernels::CellLabelState<S> state;
  static kernels::CellLabelStreams<S> streams;
  hls::stream<uint64_t> cells;
  hls::stream<kernels::CellPixels> pixels;
  hls::stream<kernels::ObjectWord> objects;
  for (int row = 0; row < job.rows; ++row) {
    for (int column = 0; column < job.columns; ++column) cells.write(cell_of(picture, column, row));
  }
  kernels::CellLabelCounts counts;
  kernels::cell_label<S>(job, cells, pixels, state, streams, objects, counts);
  int count = 0;
  for (kernels::ObjectWord word = objects.read(); !word.last; word = objects.read())
    memcpy(&records[count++], word.lanes, sizeof word.lanes);
  return count;
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

bool check(const Picture& picture, Connectivity connectivity) {
  contract::LabelParameters parameters;
  parameters.width = static_cast<uint32_t>(picture.width);
  parameters.height = static_cast<uint32_t>(picture.height);
  parameters.connectivity = connectivity;
  const kernels::Job job = kernels::make_job(parameters);
  static ObjectRecord records[kSide * kSide];
  const bool whole = connectivity == Connectivity::cell;
  int count = whole ? run_kernel<Whole>(picture, job, records) : run_kernel<Split>(picture, job, records);
  static FloodFill fill;
  fill.start(picture, connectivity);
  const int unit = whole ? contract::kCellSide : 1;
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
        ++checks;
        if (!check(picture, static_cast<Connectivity>(mode))) ++failures;
      }
    }
  }
  printf("cell_label: %d of %d pictures as expected\n", checks - failures, checks);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
