#include "host/events/evt3_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "host/events/event_order.hpp"

namespace flashcell {
namespace {

constexpr int kMostPixels = 2048;  // 11 bits of a coordinate
constexpr unsigned kRow = 0x0, kPixel = 0x2, kVectorBase = 0x3, kVector12 = 0x4, kTimeLow = 0x6, kTimeHigh = 0x8;
constexpr int kVectorPixels = 12;
constexpr unsigned kPolarity = 1U << 11;
constexpr int kTimeBits = 12;
constexpr int64_t kHighValues = 1 << kTimeBits;
constexpr int64_t kMostTime = int64_t{1} << 40;

std::string header(int width, int height) {
  return fmt::format("% evt 3.0\n% format EVT3;height={1};width={0}\n% geometry {0}x{1}\n% end\n", width, height);
}

}  // namespace

Evt3Writer::Evt3Writer(const std::filesystem::path& path, int width, int height)
    : file_(path), name_(path.string()), width_(width), height_(height) {
  if (width > kMostPixels || height > kMostPixels)
    throw Error(Fault::input, fmt::format("{}: EVT3 holds sensors up to {}x{} pixels, not {}x{}; choose .aedat4", name_,
                                          kMostPixels, kMostPixels, width, height));
  file_.write(header(width, height));
  // Readers that know no "% end" take lines that begin with '%' for the header: the first byte is 0.
  put(kTimeHigh, 0);
}

void Evt3Writer::put(unsigned type, unsigned value) {
  const unsigned word = type << 12 | value;
  words_ += static_cast<char>(word & 0xFF);
  words_ += static_cast<char>(word >> 8);
}

void Evt3Writer::put_time(int64_t time_us) {
  if (time_us == time_) return;
  const int64_t high = time_us >> kTimeBits;
  // A wrap is told from times that run back by its going from the last value to the first.
  int64_t last = time_ >> kTimeBits;
  while (last / kHighValues < high / kHighValues) {
    if (last % kHighValues != kHighValues - 1) put(kTimeHigh, kHighValues - 1);
    put(kTimeHigh, 0);
    last = (last / kHighValues + 1) * kHighValues;
  }
  if (high != last) put(kTimeHigh, static_cast<unsigned>(high % kHighValues));
  put(kTimeLow, static_cast<unsigned>(time_us & (kHighValues - 1)));
  time_ = time_us;
}

void Evt3Writer::put_run(std::span<const Event> run) {
  const unsigned polarity = run.front().on ? kPolarity : 0;
  while (!run.empty()) {
    // As many words of twelve pixels one beside the other as have an event each.
    const int base = run.front().x;
    size_t taken = 1, vectors = 1;
    for (; taken < run.size(); ++taken) {
      const size_t vector = static_cast<size_t>((run[taken].x - base) / kVectorPixels) + 1;
      if (vector > vectors + 1) break;
      vectors = vector;
    }
    if (taken <= vectors + 1) {
      put(kPixel, polarity | base);
      run = run.subspan(1);
      continue;
    }
    put(kVectorBase, polarity | base);
    for (size_t vector = 0, i = 0; vector < vectors; ++vector) {
      const int first = base + static_cast<int>(vector) * kVectorPixels;
      unsigned mask = 0;
      for (; i < taken && run[i].x < first + kVectorPixels; ++i) mask |= 1U << (run[i].x - first);
      put(kVector12, mask);
    }
    run = run.subspan(taken);
  }
}

void Evt3Writer::write(std::span<const Event> events) {
  check_events(name_, events, width_, height_, time_);
  if (!events.empty() && events.back().time_us >= kMostTime)
    throw Error(Fault::input, fmt::format("{}: EVT3 counts microseconds from the recording's beginning, {} are too "
                                          "many; subtract the first time, or choose .aedat4",
                                          name_, events.back().time_us));
  while (!events.empty()) {
    const Event& first = events.front();
    put_time(first.time_us);
    if (first.y != row_) put(kRow, static_cast<unsigned>(row_ = first.y));
    size_t length = 1;
    while (length < events.size() && events[length].time_us == first.time_us && events[length].y == first.y &&
           events[length].on == first.on && events[length].x > events[length - 1].x)
      ++length;
    put_run(events.first(length));
    events = events.subspan(length);
  }
  file_.write(words_);
  words_.clear();
}

void Evt3Writer::finish() {
  file_.write(words_);
  words_.clear();
  file_.finish();
}

}  // namespace flashcell
