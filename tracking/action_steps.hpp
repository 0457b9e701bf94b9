#pragma once
#include <array>
#include <cmath>
#include <cstdint>

#include "tracking/detection.hpp"

namespace flashcell::tracking {

/// What an object looks like, as far as it tells what the object does.
struct ActionLook {
  double area = 0;                                 ///< px
  double cov_xx = 0, cov_xy = 0, cov_yy = 0;       ///< central second moments divided by area, px^2
  std::array<float, contract::kHlacCount> hlac{};  ///< normalized by area; all 0 where it was not measured
  uint32_t events_on = 0, events_off = 0;          ///< in its box, since the frame before; of event cameras
};

ActionLook make_action_look(const Detection& detection, uint32_t events_on = 0, uint32_t events_off = 0);

/// One row of a track, as actions are told from it.
struct ActionSighting {
  double time_s = 0;                 ///< recording time
  double x = 0, y = 0;               ///< px
  const ActionLook* look = nullptr;  ///< where the object was measured alone; null: merged or not seen
};

/// Numbers that a track has at every moment.
enum ActionSignal : uint8_t {
  kSignalX,           ///< px
  kSignalY,           ///< px
  kSignalTurned,      ///< rad, of the long axis, over full turns: half a turn from one row to the next is the most
  kSignalLogArea,     ///< of px
  kSignalElongation,  ///< 0 round .. 1 line: difference of the second moments along and across, by their sum
  kSignalLogSpread,   ///< of the second moments' sum by the area: how far from a disc
  kSignalAlone,       ///< 1 where it was measured alone
  kSignalEventsOn,    ///< events/s
  kSignalEventsOff,   ///< events/s
  kSignalHlac,        ///< from here on: (1 - value) sqrt(area), which an object of another size in px keeps
  kActionSignals = kSignalHlac + contract::kHlacCount - 1  ///< all HLAC values but the first, which is always 1
};
using ActionSignals = std::array<double, kActionSignals>;

/// Cuts a track into steps of a fixed time, whatever the frame rate and its gaps: signals run straight from row to row,
/// and a step has their means. Step k lasts from k step_s to (k + 1) step_s of recording time. A slow camera's row
/// fills several steps, a fast one's steps are means over many rows.
class ActionSteps {
 public:
  /// A track that nobody saw for longer begins anew.
  static constexpr int kMostSteps = 32;

  explicit ActionSteps(double step_s = 0.02) : step_s_(step_s) {}

  /// Rows must come with rising times. Calls take(int64_t step, const ActionSignals& means) for each step that this row
  /// ends, and restart() where the track begins (anew).
  template <class Restart, class Take>
  void add(const ActionSighting& sighting, Restart&& restart, Take&& take) {
    const bool begins = !begun_ || sighting.time_s - time_s_ > kMostSteps * step_s_;
    if (begins) {
      begin(sighting);
      restart();
      return;
    }
    const ActionSignals before = signals_;
    const double begin_s = time_s_;
    move_on(sighting);
    if (!(sighting.time_s > begin_s)) return;
    const double slope = 1 / (sighting.time_s - begin_s);
    for (double from = begin_s; from < sighting.time_s;) {
      const double boundary = static_cast<double>(step_ + 1) * step_s_;
      const double to = boundary < sighting.time_s ? boundary : sighting.time_s;
      if (to > from) add_part(before, (from - begin_s) * slope, (to - begin_s) * slope, to - from);
      if (to >= boundary) {
        const int64_t step = step_;
        take(step, end_step());
      }
      from = to;
    }
  }

  double step_s() const { return step_s_; }
  /// The step that a time falls into.
  int64_t step_of(double time_s) const { return static_cast<int64_t>(std::floor(time_s / step_s_)); }

 private:
  void begin(const ActionSighting& sighting);
  /// To the signals of the next row.
  void move_on(const ActionSighting& sighting);
  void look_at(const ActionLook& look, double since_s);
  /// From share `from` to share `to` of the way between two rows.
  void add_part(const ActionSignals& before, double from, double to, double duration);
  const ActionSignals& end_step();

  double step_s_;
  double time_s_ = 0, axis_ = 0;  // of the last row; the long axis as it was measured last, rad
  int64_t step_ = 0;
  double covered_s_ = 0;  // of the step
  bool begun_ = false, looked_ = false;
  ActionSignals signals_{}, sums_{}, means_{};
};

}  // namespace flashcell::tracking
