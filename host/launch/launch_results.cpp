#include "host/launch/launch_results.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

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

template <class T>
void put(std::span<std::byte> memory, uint64_t at, const T& value) {
  std::memcpy(memory.subspan(at, sizeof value).data(), &value, sizeof value);
}

contract::ResultHeader header_of(contract::ResultStatus status, uint32_t sequence) {
  contract::ResultHeader header{};
  header.status = status;
  header.contract_version = contract::kContractVersion;
  header.sequence = sequence;
  return header;
}

/// Of one object.
size_t feature_bytes(const contract::ResultHeader& header) {
  return size_t{contract::kWordBytes} * (header.object_words - 1);
}

}  // namespace

contract::ResultHeader read_header(const std::byte* region) {
  return read<contract::ResultHeader>(region);
}

uint64_t object_at(const contract::ResultHeader& header, uint32_t object) {
  return contract::kWordBytes * (1 + uint64_t{object} * header.object_words);
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
  const uint64_t words = uint64_t{header.objects} * header.object_words;
  const bool whole = header.objects <= layout.job.capacity && words < layout.job.result_words &&
                     header.object_words >= (layout.job.features != 0 ? 2u : 1u) &&
                     header.object_words <= 1 + contract::kMostFeatureWords;
  return whole ? nullptr : kDamaged;
}

const char* ResultReader::append(const LaunchLayout& layout, const contract::ResultHeader& header,
                                 const std::byte* region, uint32_t class_id, ObjectTable& table) {
  candidates_.clear();
  for (uint32_t i = 0; i < header.objects; ++i) {
    const auto record = read<contract::ObjectRecord>(region + object_at(header, i));
    if (record.bottom >= layout.job.height) return kDamaged;
    candidates_.push_back({record.first_pixel, i, record.bottom});
  }
  const size_t kept = select_objects(candidates_, max_objects_, table);
  for (size_t i = 0; i < kept; ++i) {
    const std::byte* const object = region + object_at(header, candidates_[i].index);
    table.objects.push_back(read<contract::ObjectRecord>(object));
    table.objects.back().class_id = class_id;
    if (layout.job.features == 0) continue;
    contract::ObjectFeatures& features = table.features.emplace_back();
    features = {};
    std::memcpy(&features, object + sizeof(contract::ObjectRecord), feature_bytes(header));
  }
  contract::FrameSummary& summary = table.summary;
  summary.objects += static_cast<uint32_t>(kept);
  summary.lost += header.lost;
  summary.too_small += header.too_small;
  summary.too_large += header.too_large;
  summary.largest_too_small = std::max(summary.largest_too_small, header.largest_too_small);
  summary.smallest_too_large = std::min(summary.smallest_too_large, header.smallest_too_large);
  summary.foreground += header.foreground;
  return nullptr;
}

void ResultWriter::write(const LaunchLayout& layout, const ObjectTable& table, uint32_t sequence, uint32_t class_id,
                         std::span<std::byte> region) {
  order_.resize(table.objects.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
    const uint32_t row_a = table.objects[a].bottom / contract::kCellSide;
    const uint32_t row_b = table.objects[b].bottom / contract::kCellSide;
    return row_a != row_b ? row_a < row_b : a < b;
  });
  contract::ResultHeader header = header_of(contract::ResultStatus::done, sequence);
  header.object_words = contract::words_per_object(layout.job.features);
  for (uint32_t i = 0; i < order_.size(); ++i) {
    const uint64_t at = object_at(header, i);
    put(region, at, table.objects[order_[i]]);
    if (layout.job.features == 0) continue;
    const contract::ObjectFeatures& features = *table.features_of(order_[i]);
    std::memcpy(region.subspan(at + sizeof(contract::ObjectRecord), feature_bytes(header)).data(), &features,
                feature_bytes(header));
  }
  header.class_id = class_id;
  header.objects = table.summary.objects;
  header.lost = table.summary.lost;
  header.too_small = table.summary.too_small;
  header.too_large = table.summary.too_large;
  header.largest_too_small = table.summary.largest_too_small;
  header.smallest_too_large = table.summary.smallest_too_large;
  header.foreground = table.summary.foreground;
  put(region, 0, header);
}

void write_refusal(contract::ResultStatus status, uint32_t sequence, std::span<std::byte> region) {
  put(region, 0, header_of(status, sequence));
}

}  // namespace flashcell::host
