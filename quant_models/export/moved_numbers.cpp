#include "quant_models/export/moved_numbers.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "quant_models/layers/places.hpp"

namespace flashcell::quant {
namespace {

/// Places along rows or columns: the i-th comes from first + step * i, from nowhere where that is outside.
struct Line {
  int64_t first = 0, step = 1;
};

/// The line that begins at `first` and holds these places of 0..side-1.
std::optional<Line> line_through(const std::vector<int64_t>& places, int64_t side) {
  const auto is_real = [](int64_t place) { return place != kNowhere; };
  const auto first = std::find_if(places.begin(), places.end(), is_real);
  const auto index = first - places.begin();
  if (first == places.end()) return std::nullopt;
  Line line;
  if (first + 1 != places.end() && is_real(first[1])) line.step = first[1] - first[0];
  line.first = *first - line.step * index;
  if (line.step < 1) return std::nullopt;
  for (size_t i = 0; i < places.size(); ++i) {
    const int64_t place = line.first + line.step * static_cast<int64_t>(i);
    if (places[i] != (place >= 0 && place < side ? place : kNowhere)) return std::nullopt;
  }
  return line;
}

/// A window along rows or columns that reads one of its places, and walks a line.
struct Tap {
  int kernel = 1, tap = 0, before = 0, after = 0;
};

std::optional<Tap> tap_along(const Line& line, int64_t side, int64_t count, int64_t stride) {
  for (int kernel = 1; kernel <= contract::kMaxKernelSide; ++kernel) {
    for (int tap = 0; tap < kernel; ++tap) {
      const int64_t before = tap - line.first;
      if (before < 0 || before >= kernel) continue;
      for (int after = 0; after < kernel; ++after) {
        const int64_t room = side + before + after - kernel;
        if (room >= 0 && room / stride + 1 == count) return Tap{kernel, tap, static_cast<int>(before), after};
      }
    }
  }
  return std::nullopt;
}

/// Channel, rows and columns that the numbers of an image come from.
struct Origin {
  std::vector<int> channels;
  std::vector<int64_t> rows, columns;
};

// Every number's place must follow from its channel's, its row's and its column's.
std::optional<Origin> origin_of(const std::vector<int32_t>& places, const Shape& from, const Shape& to) {
  const auto rows = static_cast<size_t>(to[2]), columns = static_cast<size_t>(to[3]);
  const int64_t width = from[3], pixels = from[2] * from[3];
  Origin origin{std::vector<int>(static_cast<size_t>(to[1]), kNowhere), std::vector<int64_t>(rows, kNowhere),
                std::vector<int64_t>(columns, kNowhere)};
  const auto index_of = [&](size_t c, size_t y, size_t x) { return (c * rows + y) * columns + x; };
  const auto for_each = [&](auto visit) {
    for (size_t c = 0; c < origin.channels.size(); ++c)
      for (size_t y = 0; y < rows; ++y)
        for (size_t x = 0; x < columns; ++x) visit(c, y, x, places[index_of(c, y, x)]);
  };
  for_each([&](size_t c, size_t y, size_t x, int64_t place) {
    if (place == kNowhere) return;
    origin.channels[c] = static_cast<int>(place / pixels);
    origin.rows[y] = place % pixels / width;
    origin.columns[x] = place % width;
  });
  bool sound = true;
  for_each([&](size_t c, size_t y, size_t x, int64_t place) {
    const bool real = origin.channels[c] != kNowhere && origin.rows[y] != kNowhere && origin.columns[x] != kNowhere;
    sound = sound && place == (real ? origin.channels[c] * pixels + origin.rows[y] * width + origin.columns[x]
                                    : int64_t{kNowhere});
  });
  return sound ? std::optional(std::move(origin)) : std::nullopt;
}

}  // namespace

std::vector<int32_t> all_places(const Shape& shape) {
  std::vector<int32_t> places(static_cast<size_t>(element_count(shape)));
  std::iota(places.begin(), places.end(), 0);
  return places;
}

std::optional<Selection> selection_of(const std::vector<int32_t>& places, const Shape& from, const Shape& to) {
  if (from.size() != 4 || to.size() != 4 || from[0] != 1 || to[0] != 1) return std::nullopt;
  auto origin = origin_of(places, from, to);
  if (!origin) return std::nullopt;
  const auto rows = line_through(origin->rows, from[2]), columns = line_through(origin->columns, from[3]);
  if (!rows || !columns || rows->step > contract::kMaxPoolSide || columns->step > contract::kMaxPoolSide)
    return std::nullopt;
  const auto vertical = tap_along(*rows, from[2], to[2], rows->step),
             horizontal = tap_along(*columns, from[3], to[3], columns->step);
  if (!vertical || !horizontal) return std::nullopt;
  Selection selection{
      std::move(origin->channels),
      {vertical->kernel, horizontal->kernel, static_cast<int>(rows->step), static_cast<int>(columns->step),
       vertical->before, horizontal->before, vertical->after, horizontal->after},
      vertical->tap,
      horizontal->tap};
  return ModelBuilder::can_select(selection, static_cast<int>(from[1])) ? std::optional(std::move(selection))
                                                                        : std::nullopt;
}

std::optional<std::vector<int>> chosen_channels(const std::vector<int32_t>& places, const Shape& from,
                                                const Shape& to) {
  if (from.size() != 4 || to.size() != 4 || from[2] != to[2] || from[3] != to[3]) return std::nullopt;
  const auto selection = selection_of(places, from, to);
  if (!selection || !(selection->window == Window::square(1))) return std::nullopt;
  const std::set<int> different(selection->channels.begin(), selection->channels.end());
  const bool plain = different.size() == selection->channels.size() && !different.contains(kNowhere);
  return plain ? std::optional(selection->channels) : std::nullopt;
}

}  // namespace flashcell::quant
