#pragma once
#include <vector>

#include "tracking/appearance.hpp"
#include "tracking/kalman.hpp"
#include "tracking/name_of_track.hpp"
#include "tracking/pixel_split.hpp"
#include "tracking/track_row.hpp"

namespace flashcell::tracking {

/// How far an object's box reaches from its centroid, px.
struct Reach {
  double left = 0, right = 0, top = 0, bottom = 0;
};

Reach reach_of(const Detection& detection);
Box box_at(double x, double y, const Reach& reach);

/// How a track came by its detection in this frame.
enum class Match : uint8_t {
  none,
  predicted,  ///< inside the gate of its motion model
  regained,   ///< outside of it, but near and alike
  merged,     ///< shares a blob with other tracks
};

/// It has its detection to itself.
constexpr bool is_alone(Match match) {
  return match == Match::predicted || match == Match::regained;
}

/// All that is known of one object. Tracks are recycled: `pending` keeps its capacity. What every frame asks of every
/// track comes first, in lines of the cache next to each other.
struct Track {
  AxisFilter x, y;
  double process_noise = 0;              ///< px/s^2 or px/s^3, follows the object's own restlessness
  double size = 0;                       ///< px, square root of the area alone
  double first_time = 0, last_time = 0;  ///< s: first seen, last seen (or last had room in its blob)
  double last_x = 0, last_y = 0;  ///< px, where it was seen last: alone where measured, in a blob where it must be
  double last_step = 0;           ///< s since the frame before
  uint32_t id = 0;                ///< 0 until confirmed
  float id_confidence = 1;        ///< that it had this id before it was lost: TrackRow
  int sightings = 0;              ///< frames in which it was seen alone
  int32_t detection = -1;
  int32_t previous_detection = -1;
  Match match = Match::none;
  Match previous_match = Match::none;  ///< in the frame before
  bool measured_before = false;        ///< in the frame before, alone or by its pixels
  bool astray = false;                 ///< lost, and was predicted where another object is
  int on_size = 1;                     ///< sightings at which it had its size
  int off_size = 0;                    ///< sightings on end at which it had not
  int doubt = 0;                       ///< frames on end in which its blob would be explained better without it
  Reach reach;
  Spread spread;  ///< when it was seen alone last
  Box last_box;
  Box blob;        ///< that it shared last, followed while it is missing; no width: none since it was alone
  PixelPart part;  ///< its pixels in the blob that it shares in this frame, where they are known

  Appearance appearance;
  TrackRow last_row;
  std::vector<TrackRow> pending;  ///< rows before it was confirmed
  NameOfTrack name;

  bool seen() const { return match != Match::none; }
  /// Known well enough to be carried through a blob that it shares.
  bool established() const { return sightings >= 3; }
  double area() const { return size * size; }
};

}  // namespace flashcell::tracking
