#pragma once
#include <string>

#include "kernels_hls/contract/board.hpp"

namespace flashcell::host {

/// What moving data and starting a kernel cost on a board family. Microseconds, and bytes per microsecond (MB/s).
struct TransferCost {
  double to_board_us, to_board_bytes_per_us;      ///< a frame's way: fixed part and speed
  double from_board_us, from_board_bytes_per_us;  ///< the results' way
  double launch_us_low, launch_us_high;           ///< from the call to the kernel's first clock
  const char* source;                             ///< where the figures come from
};

/// Cards: fitted to published logs (U200 migrations, U250 transfers, U25 and U55C launches). Embedded boards: no logs
/// were at hand; cache maintenance is assumed, and `source` says so.
TransferCost transfer_cost(contract::BoardFamily family);

/// What the board's own memory takes of a frame's turn, beside the kernel's clocks.
struct MemoryCost {
  double frame_us;         ///< to read the frame and to write its results
  int ways;                ///< compute units that reach memory of their own at the same time
  double port_gb_per_s;    ///< of the port that bounds it
  double bytes_per_clock;  ///< of the kernel's clock, through that port
  const char* source;
};

/// As bitstreams/build_plan.hpp ties ports to memory: on HBM each port has a pseudo channel of its own, so that reading
/// and writing overlap; on DDR a compute unit's ports share the channel beside their region; on embedded boards all
/// share one port. Peak rates: what a memory controller loses is not known here.
MemoryCost memory_cost(const contract::Board& board, double frame_bytes, double result_bytes, int compute_units,
                       double clock_mhz);

/// One way of running a kernel on a board.
struct SpeedCase {
  TransferCost cost;
  double frame_bytes = 0;   ///< to the board, each frame
  double result_bytes = 0;  ///< from the board, each frame
  double kernel_us = 0;     ///< a frame's turn in one compute unit, by its clocks
  double memory_us = 0;     ///< by its memory: MemoryCost::frame_us
  int memory_ways = 1;      ///< MemoryCost::ways
  int compute_units = 1;
  int frames_per_launch = 1;
  int launches_in_flight = 4;
  double camera_fps = 0;  ///< frames/s; a launch of several frames waits for the last of them
};

/// What limits the frame rate.
enum class SpeedBound { transfers, kernel, memory, flight };

struct SpeedEstimate {
  double wait_us;                                ///< until the launch's last frame has arrived
  double to_board_us, kernel_us, from_board_us;  ///< of one launch; the kernel's by its clocks or its memory
  double latency_us_low, latency_us_high;        ///< a frame's first byte in host memory to its objects there
  /// What each limit alone allows.
  double transfer_fps, kernel_fps, memory_fps, flight_fps;
  double fps;  ///< the least of them
  SpeedBound bound;
};

/// Transfers to and from the board share the host's one thread of copies; kernels and copies overlap as far as
/// launches_in_flight allows.
SpeedEstimate estimate_speed(const SpeedCase& input);

/// What to do about a bound, in one line.
std::string advice_for(const SpeedEstimate& estimate, const SpeedCase& input);

}  // namespace flashcell::host
