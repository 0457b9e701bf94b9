#include "host/label/pixel_features.hpp"

#include <algorithm>
#include <optional>

#include "host/label/finish.hpp"
#include "host/label/grey_sums.hpp"

namespace flashcell::host {
namespace {

using contract::ObjectFeatures;
using contract::ObjectRecord;

// Takes foreground pixels, object by object, and adds what is asked for.
class PixelAdder {
 public:
  /// `tables`: nullptr where no hue is wanted.
  PixelAdder(const HueTables* tables, bool intensity, const BitImage& mask, const FrameView& pixels)
      : mask_(mask), pixels_(pixels), intensity_(intensity) {
    if (tables != nullptr) hues_.emplace(*tables, pixels);
  }

  void begin(ObjectRecord& record, ObjectFeatures& features) {
    record_ = &record;
    features_ = &features;
    if (hues_) hues_->begin(features);
  }

  // The foreground pixels of row y in columns begin .. end-1.
  void add_row(int y, int begin, int end) {
    for_each_stretch(mask_.row(y), begin, end, [&](int x, int n) {
      if (hues_) hues_->add(pixels_.row(y) + 3 * x, n);
      if (intensity_) add_intensity(y, x, n);
    });
  }

 private:
  void add_intensity(int y, int x, int n) {
    const GreySums grey = grey_sums(pixels_, x, y, n);
    const uint64_t sum = grey.sum;
    features_->sum_i += sum;
    features_->sum_ix += sum * static_cast<uint64_t>(x) + grey.weighted;
    features_->sum_iy += sum * static_cast<uint64_t>(y);
    record_->peak = std::max(record_->peak, grey.peak);
  }

  const BitImage& mask_;
  const FrameView& pixels_;
  bool intensity_;
  std::optional<HueCollector> hues_;
  ObjectRecord* record_ = nullptr;
  ObjectFeatures* features_ = nullptr;
};

// First column past the run that starts at x, in a strip of the rows from y on.
int end_of_run(const BitImage& mask, int y, int rows, int x) {
  while (x < mask.width()) {
    const uint64_t either = mask.row(y)[x >> 6] | (rows == 2 ? mask.row(y + 1)[x >> 6] : 0);
    const int n = std::countr_one(either >> (x & 63));
    x += n;
    if (n == 0 || (x & 63) != 0) break;
  }
  return x;
}

}  // namespace

void add_pixels_of_runs(const PixelFeatures& features, const BitImage& mask, const FrameView& pixels,
                        const RunTable& table, const uint32_t* order, const uint32_t* record_of, ObjectTable& objects) {
  PixelAdder adder(features.hue ? &features.tables : nullptr, features.intensity, mask, pixels);
  const int rows = table.rows_per_strip();
  for (uint32_t k = 0; k < table.runs(); ++k) {
    const uint32_t i = order[k];
    const uint32_t record = record_of[table.object_of()[i]];
    if (record == kNoRecord) continue;
    adder.begin(objects.objects[record], objects.features[record]);
    const int y = static_cast<int>(table.starts()[i] >> kStripShift) * rows;
    const int begin = static_cast<int>(table.starts()[i] & kColumnMask), end = end_of_run(mask, y, rows, begin);
    for (int row = y; row < y + rows; ++row) adder.add_row(row, begin, end);
  }
}

void add_intensity_of_cells(const BitImage& mask, const FrameView& pixels, const BitImage& occupied,
                            const uint32_t* record_of, ObjectTable& objects) {
  constexpr int kSide = contract::kCellSide;
  PixelAdder adder(nullptr, true, mask, pixels);
  for (int cell_row = 0; cell_row < occupied.height(); ++cell_row, record_of += occupied.width()) {
    // Occupied cells side by side are one object's.
    for_each_stretch(occupied.row(cell_row), 0, occupied.width(), [&](int column, int n) {
      const uint32_t record = record_of[column];
      if (record == kNoRecord) return;
      adder.begin(objects.objects[record], objects.features[record]);
      const int end = std::min(kSide * (column + n), mask.width());
      for (int y = kSide * cell_row; y < kSide * (cell_row + 1); ++y) adder.add_row(y, kSide * column, end);
    });
  }
}

}  // namespace flashcell::host
