#include "tests/tracking/blobs.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace flashcell::test {
namespace {

using tracking::PixelRun;

int find(std::vector<int>& parent, int i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

/// By rows, then from left to right; overlapping ones become one, so that no pixel counts twice.
std::vector<PixelRun> joined(std::vector<PixelRun> runs) {
  std::sort(runs.begin(), runs.end(),
            [](const PixelRun& a, const PixelRun& b) { return a.y != b.y ? a.y < b.y : a.first < b.first; });
  std::vector<PixelRun> result;
  for (const PixelRun& run : runs) {
    if (!result.empty() && result.back().y == run.y && run.first <= result.back().last + 1) {
      result.back().last = std::max(result.back().last, run.last);
    } else {
      result.push_back(run);
    }
  }
  return result;
}

/// Of each run, the first of the runs that it is connected with.
std::vector<int> components(const std::vector<PixelRun>& runs) {
  std::vector<int> parent(runs.size());
  std::iota(parent.begin(), parent.end(), 0);
  size_t above = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    while (above < i && (runs[above].y < runs[i].y - 1 ||
                         (runs[above].y == runs[i].y - 1 && runs[above].last < runs[i].first - 1))) {
      ++above;
    }
    for (size_t j = above; j < i && runs[j].y == runs[i].y - 1 && runs[j].first <= runs[i].last + 1; ++j) {
      parent[find(parent, static_cast<int>(i))] = find(parent, static_cast<int>(j));
    }
  }
  for (size_t i = 0; i < runs.size(); ++i) parent[i] = find(parent, static_cast<int>(i));
  return parent;
}

void add(const PixelRun& run, contract::ObjectRecord& record) {
  for (uint64_t x = run.first; x <= static_cast<uint64_t>(run.last); ++x) {
    const uint64_t y = run.y;
    record.m20 += x * x;
    record.m11 += x * y;
    record.m02 += y * y;
    record.m10 += x;
    record.m01 += y;
    ++record.m00;
  }
  record.left = std::min<uint16_t>(record.left, static_cast<uint16_t>(run.first));
  record.right = std::max<uint16_t>(record.right, static_cast<uint16_t>(run.last));
  record.top = std::min<uint16_t>(record.top, static_cast<uint16_t>(run.y));
  record.bottom = std::max<uint16_t>(record.bottom, static_cast<uint16_t>(run.y));
}

}  // namespace

Sight see(int64_t frame, std::vector<PixelRun> all) {
  const std::vector<PixelRun> runs = joined(std::move(all));
  const std::vector<int> component = components(runs);
  struct Blob {
    contract::ObjectRecord record{};
    std::vector<PixelRun> pixels;
  };
  std::map<int, Blob> blobs;
  for (size_t i = 0; i < runs.size(); ++i) {
    Blob& blob = blobs[component[i]];
    if (blob.pixels.empty()) blob.record.left = blob.record.top = 0xFFFF;
    add(runs[i], blob.record);
    blob.pixels.push_back(runs[i]);
  }
  Sight sight{frame, {}, {}};
  for (auto& [first, blob] : blobs) {
    sight.detections.push_back(tracking::make_detection(blob.record, nullptr, {}));
    sight.pixels.push_back(std::move(blob.pixels));
  }
  return sight;
}

}  // namespace flashcell::test
