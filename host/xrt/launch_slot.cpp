#include "host/xrt/launch_slot.hpp"

#include <algorithm>
#include <cstring>

#include "host/launch/launch_frames.hpp"
#include "host/launch/launch_results.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell::host {
namespace {

constexpr uint32_t kMarginObjects = 16;  // fetched beyond the last frame's objects: there are seldom many more

xrt::bo make_buffer(const xrt::device& device, const xrt::kernel& unit, size_t bytes, int argument) {
  return xrt::bo(device, bytes, xrt::bo::flags::normal, static_cast<xrt::memory_group>(unit.group_id(argument)));
}

}  // namespace

LaunchSlot::LaunchSlot(const xrt::device& device, const xrt::kernel& unit, const LaunchLayout& layout,
                       const SegmentParameters& segment)
    : layout_(layout),
      frames_(make_buffer(device, unit, layout.frames_buffer_bytes(), contract::kFramesArgument)),
      masks_(make_buffer(device, unit, layout.masks_buffer_bytes(), contract::kMasksArgument)),
      parameters_(make_buffer(device, unit, layout.parameters_buffer_bytes(), contract::kParametersArgument)),
      results_(make_buffer(device, unit, layout.results_buffer_bytes(), contract::kResultsArgument)),
      run_(unit),
      frames_map_(frames_.map<std::byte*>()),
      masks_map_(masks_.map<std::byte*>()),
      results_map_(results_.map<std::byte*>()),
      expected_bytes_(sizeof(contract::ResultHeader) + kMarginObjects * layout.object_bytes()) {
  // Rows end in padding that nobody writes again.
  std::memset(frames_map_, 0, layout.frames_buffer_bytes());
  std::memset(masks_map_, 0, layout.masks_buffer_bytes());
  write_parameters(layout, segment, parameters_.map<std::byte*>());
  parameters_.sync(XCL_BO_SYNC_BO_TO_DEVICE);
  // No header may look like a result before there is one; later the sequence number tells.
  std::memset(results_map_, 0, layout.results_buffer_bytes());
  results_.sync(XCL_BO_SYNC_BO_TO_DEVICE);
  run_.set_arg(contract::kFramesArgument, frames_);
  run_.set_arg(contract::kMasksArgument, masks_);
  run_.set_arg(contract::kParametersArgument, parameters_);
  run_.set_arg(contract::kResultsArgument, results_);
}

void LaunchSlot::start(int frames, uint32_t sequence) {
  const uint32_t n = static_cast<uint32_t>(frames);
  if (layout_.frame_bytes() > 0) frames_.sync(XCL_BO_SYNC_BO_TO_DEVICE, layout_.frame_at(n), 0);
  if (layout_.host_segments()) masks_.sync(XCL_BO_SYNC_BO_TO_DEVICE, layout_.mask_at(n, 0), 0);
  run_.set_arg(contract::kFrameCountArgument, n);
  run_.set_arg(contract::kSequenceArgument, sequence);
  run_.start();
}

LaunchEnd LaunchSlot::wait(std::chrono::milliseconds limit) {
  const ert_cmd_state state = run_.wait(limit);
  if (state == ERT_CMD_STATE_COMPLETED) return LaunchEnd::good;
  const bool unfinished =
      state < ERT_CMD_STATE_COMPLETED || state == ERT_CMD_STATE_TIMEOUT || state == ERT_CMD_STATE_SUBMITTED;
  return unfinished ? LaunchEnd::timed_out : LaunchEnd::failed;
}

const std::byte* LaunchSlot::fetch(int i, int class_id) {
  const size_t at = layout_.region_at(static_cast<uint32_t>(i), static_cast<uint32_t>(class_id));
  const size_t first = std::min(expected_bytes_, layout_.region_bytes());
  results_.sync(XCL_BO_SYNC_BO_FROM_DEVICE, first, at);
  const contract::ResultHeader header = read_header(results_map_ + at);
  const size_t filled =
      std::min(object_at(header, std::min(header.objects, layout_.job.capacity)), layout_.region_bytes());
  if (filled > first) results_.sync(XCL_BO_SYNC_BO_FROM_DEVICE, filled - first, at + first);
  expected_bytes_ = filled + kMarginObjects * layout_.object_bytes();
  return results_map_ + at;
}

}  // namespace flashcell::host
