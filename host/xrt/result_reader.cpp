#include "host/xrt/result_reader.hpp"

#include <cstring>

namespace flashcell::host {
namespace {

constexpr const char* kNothing = "the kernel wrote no result";
constexpr const char* kDamaged = "the kernel wrote a damaged result";

template <class T>
T read(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

contract::ResultHeader read_header(const std::byte* region) {
  return read<contract::ResultHeader>(region);
}

const char* header_problem(const LaunchLayout& layout, const contract::ResultHeader& header, uint32_t sequence) {
  // Whatever stood in the memory before has another number.
  if (header.sequence != sequence) return kNothing;
  switch (header.status) {
    case contract::ResultStatus::done:
      break;
    case contract::ResultStatus::wrong_version:
      return "the kernel speaks another contract version";
    case contract::ResultStatus::bad_job:
      return "the kernel refused the job";
    default:
      return kNothing;
  }
  return header.objects <= layout.job.capacity ? nullptr : kDamaged;
}

const char* ResultReader::append(const LaunchLayout& layout, const contract::ResultHeader& header,
                                 const std::byte* region, uint32_t class_id, ObjectTable& table) {
  const std::byte* const first = region + contract::kWordBytes;
  const size_t stride = layout.object_bytes();
  candidates_.clear();
  for (uint32_t i = 0; i < header.objects; ++i) {
    const auto record = read<contract::ObjectRecord>(first + i * stride);
    if (record.bottom >= layout.job.height) return kDamaged;
    candidates_.push_back({record.first_pixel, i, record.bottom});
  }
  const size_t kept = select_objects(candidates_, max_objects_, table);
  for (size_t i = 0; i < kept; ++i) {
    const std::byte* const object = first + candidates_[i].index * stride;
    table.objects.push_back(read<contract::ObjectRecord>(object));
    table.objects.back().class_id = class_id;
    if (layout.job.features != 0)
      table.features.push_back(read<contract::ObjectFeatures>(object + contract::kWordBytes));
  }
  table.summary.objects += static_cast<uint32_t>(kept);
  table.summary.lost += header.lost;
  table.summary.filtered += header.filtered;
  table.summary.foreground += header.foreground;
  return nullptr;
}

}  // namespace flashcell::host
