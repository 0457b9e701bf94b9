#include "host/model/speed_model.hpp"

#include <algorithm>

namespace flashcell::host {

TransferCost transfer_cost(contract::BoardFamily family) {
  if (family == contract::BoardFamily::pcie)
    return {13.5, 7100, 12.7, 11000, 12, 60, "published logs: U200 migrations, U250 transfers, U25 and U55C launches"};
  return {5, 4000, 5, 4000, 12, 60, "launches as on cards; cache maintenance of 5 us + 4 GB/s is an assumption"};
}

SpeedEstimate estimate_speed(const SpeedCase& input) {
  const TransferCost& cost = input.cost;
  const double frames = input.frames_per_launch;
  SpeedEstimate e{};
  e.wait_us = input.camera_fps > 0 ? (frames - 1) * 1e6 / input.camera_fps : 0;
  e.to_board_us = cost.to_board_us + frames * input.frame_bytes / cost.to_board_bytes_per_us;
  e.kernel_us = frames * input.kernel_us;
  e.from_board_us = cost.from_board_us + frames * input.result_bytes / cost.from_board_bytes_per_us;
  const double busy = e.to_board_us + e.kernel_us + e.from_board_us;
  e.latency_us_low = e.wait_us + busy + cost.launch_us_low;
  e.latency_us_high = e.wait_us + busy + cost.launch_us_high;
  e.transfer_fps = 1e6 * frames / (e.to_board_us + e.from_board_us);
  e.kernel_fps = 1e6 * input.compute_units / input.kernel_us;
  // So many launches are under way at once, each taking its whole time; the slower launch is the safe one to count on.
  e.flight_fps = 1e6 * frames * input.launches_in_flight / (busy + cost.launch_us_high);
  e.fps = std::min({e.transfer_fps, e.kernel_fps, e.flight_fps});
  e.bound = e.fps == e.kernel_fps     ? SpeedBound::kernel
            : e.fps == e.transfer_fps ? SpeedBound::transfers
                                      : SpeedBound::flight;
  return e;
}

std::string advice_for(const SpeedEstimate& estimate, const SpeedCase& input) {
  switch (estimate.bound) {
    case SpeedBound::kernel:
      return "more compute units, a build that takes more pixels a clock, or a higher clock";
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
