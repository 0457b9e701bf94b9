#include "host/board_speed/speed_model.hpp"

#include <algorithm>
#include <limits>

namespace flashcell::host {

TransferCost transfer_cost(contract::BoardFamily family) {
  if (family == contract::BoardFamily::pcie)
    return {13.5, 7100, 12.7, 11000, 12, 60, "published logs: U200 migrations, U250 transfers, U25 and U55C launches"};
  return {5, 4000, 5, 4000, 12, 60, "launches as on cards; cache maintenance of 5 us + 4 GB/s is an assumption"};
}

MemoryCost memory_cost(const contract::Board& board, double frame_bytes, double result_bytes, int compute_units,
                       double clock_mhz) {
  const double bytes_per_us = board.port.bytes_per_us(clock_mhz);
  MemoryCost cost{};
  switch (board.memory) {
    case contract::BoardMemory::hbm:
      cost.frame_us = std::max(frame_bytes, result_bytes) / bytes_per_us;
      cost.ways = compute_units;
      break;
    case contract::BoardMemory::ddr:
      cost.frame_us = (frame_bytes + result_bytes) / bytes_per_us;
      cost.ways = std::min(compute_units, board.slrs);
      break;
    case contract::BoardMemory::shared:
      cost.frame_us = (frame_bytes + result_bytes) / bytes_per_us;
      cost.ways = 1;
      break;
  }
  cost.port_gb_per_s = bytes_per_us / 1000;
  cost.bytes_per_clock = bytes_per_us / clock_mhz;
  cost.source = board.port.source;
  return cost;
}

SpeedEstimate estimate_speed(const SpeedCase& input) {
  const TransferCost& cost = input.cost;
  const double frames = input.frames_per_launch;
  SpeedEstimate e{};
  e.wait_us = input.camera_fps > 0 ? (frames - 1) * 1e6 / input.camera_fps : 0;
  e.to_board_us = cost.to_board_us + frames * input.frame_bytes / cost.to_board_bytes_per_us;
  e.kernel_us = frames * std::max(input.kernel_us, input.memory_us);
  e.from_board_us = cost.from_board_us + frames * input.result_bytes / cost.from_board_bytes_per_us;
  const double busy = e.to_board_us + e.kernel_us + e.from_board_us;
  e.latency_us_low = e.wait_us + busy + cost.launch_us_low;
  e.latency_us_high = e.wait_us + busy + cost.launch_us_high;
  e.transfer_fps = 1e6 * frames / (e.to_board_us + e.from_board_us);
  e.kernel_fps = 1e6 * input.compute_units / input.kernel_us;
  e.memory_fps =
      input.memory_us > 0 ? 1e6 * input.memory_ways / input.memory_us : std::numeric_limits<double>::infinity();
  // So many launches are under way at once, each taking its whole time; the slower launch is the safe one to count on.
  e.flight_fps = 1e6 * frames * input.launches_in_flight / (busy + cost.launch_us_high);
  e.fps = std::min({e.transfer_fps, e.kernel_fps, e.memory_fps, e.flight_fps});
  e.bound = e.fps == e.kernel_fps     ? SpeedBound::kernel
            : e.fps == e.memory_fps   ? SpeedBound::memory
            : e.fps == e.transfer_fps ? SpeedBound::transfers
                                      : SpeedBound::flight;
  return e;
}

std::string advice_for(const SpeedEstimate& estimate, const SpeedCase& input) {
  switch (estimate.bound) {
    case SpeedBound::kernel:
      return "more compute units, a build that takes more pixels a clock, or a higher clock";
    case SpeedBound::memory:
      return input.memory_ways < input.compute_units || input.memory_ways == 1
                 ? "fewer bytes (grey or Bayer instead of RGB, a smaller frame), or a board with more memory banks"
                 : "more compute units, each with memory of its own, or fewer bytes";
    case SpeedBound::flight:
      return "more launches in flight ([xrt] launches_in_flight) or more frames a launch";
    case SpeedBound::transfers:
      break;
  }
  const TransferCost& cost = input.cost;
  const double fixed = (cost.to_board_us + cost.from_board_us) / input.frames_per_launch;
  const double bytes =
      input.frame_bytes / cost.to_board_bytes_per_us + input.result_bytes / cost.from_board_bytes_per_us;
  return fixed > bytes
             ? "more frames a launch: the fixed part of each copy weighs most"
             : "fewer bytes (grey or Bayer instead of RGB, a smaller frame), or frames that arrive on the board "
               "itself";
}

}  // namespace flashcell::host
