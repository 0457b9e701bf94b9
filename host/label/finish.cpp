#include "host/label/finish.hpp"

#include <algorithm>
#include <cstring>

namespace flashcell::host {

Finisher::Finisher(const contract::LabelParameters& parameters, uint32_t max_objects, uint32_t max_row)
    : parameters_(parameters),
      records_(aligned_array<contract::ObjectRecord>(max_objects)),
      strip_records_(aligned_array<contract::ObjectRecord>(max_row + 1)),
      candidates_(aligned_array<Candidate>(max_objects)),
      record_of_(aligned_array<uint32_t>(max_objects)) {}

contract::ObjectRecord* Finisher::begin(uint32_t objects, ObjectTable& table) {
  objects_ = objects;
  old_size_ = table.objects.size();
  in_table_ = old_size_ + objects <= parameters_.max_objects;
  if (!in_table_) return records_.get();
  table.objects.resize(old_size_ + objects);
  return table.objects.data() + old_size_;
}

uint32_t Finisher::append(int strip_shift, uint32_t colour_class, ObjectTable& table) {
  const bool features = parameters_.features != 0;
  const Arrangement how = {parameters_.min_area, parameters_.max_area, strip_shift, features, colour_class};
  contract::ObjectRecord* records = in_table_ ? table.objects.data() + old_size_ : records_.get();
  const Arranged arranged = arrange_records(how, objects_, {strip_records_.get(), candidates_.get()}, records);
  const uint32_t kept = in_table_ ? arranged.records : take_chosen(arranged.records, table);
  table.objects.resize(old_size_ + kept);
  table.summary.objects += kept;
  contract::FrameSummary& summary = table.summary;
  summary.too_small += arranged.too_small;
  summary.too_large += objects_ - arranged.records - arranged.too_small;
  summary.largest_too_small = std::max(summary.largest_too_small, arranged.largest_too_small);
  summary.smallest_too_large = std::min(summary.smallest_too_large, arranged.smallest_too_large);
  if (features) append_features(colour_class, table);
  return static_cast<uint32_t>(arranged.pixels);
}

// From records_ those that have room in the table.
uint32_t Finisher::take_chosen(uint32_t arranged, ObjectTable& table) {
  for (uint32_t i = 0; i < arranged; ++i) candidates_[i] = {records_[i].first_pixel, i, records_[i].bottom};
  const size_t kept = select_objects({candidates_.get(), arranged}, parameters_.max_objects, table);
  for (size_t i = 0; i < kept; ++i) table.objects.push_back(records_[candidates_[i].index]);
  return static_cast<uint32_t>(kept);
}

void Finisher::append_features(uint32_t colour_class, ObjectTable& table) {
  std::fill_n(record_of_.get(), objects_, kNoRecord);
  const size_t size = table.objects.size();
  table.features.resize(size);
  if (size == old_size_) return;
  std::memset(&table.features[old_size_], 0, (size - old_size_) * sizeof(table.features[0]));
  const bool hlac = (parameters_.features & contract::kFeatureHlac) != 0;
  for (size_t i = old_size_; i < size; ++i) {
    contract::ObjectRecord& record = table.objects[i];
    record_of_[record.class_id] = static_cast<uint32_t>(i);
    record.class_id = colour_class;
    if (hlac) table.features[i].hlac[0] = record.m00;
  }
}

}  // namespace flashcell::host
