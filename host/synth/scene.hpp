#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/synth/action_schedule.hpp"
#include "host/synth/random.hpp"
#include "host/synth/scene_parameters.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// Where one object of a generated scene truly is.
struct TruthObject {
  int id = 0;           ///< from 1
  double x = 0, y = 0;  ///< centroid of the whole silhouette, px (pixel centres are integers), to 1/256 px
  int left = 0, top = 0, right = 0, bottom = 0;  ///< inclusive box of the silhouette's pixels, hidden ones too
  int64_t area = 0;                              ///< px covered at least by half, hidden ones too
  int64_t visible = 0;                           ///< of these the ones that no other object or occluder hides
  double occluded = 0;                           ///< hidden share, 0..1
  std::string class_name;  ///< "disc", "triangle", "digit_7", "pattern"; in colour "red_disc", "red_green" (a pattern)…
                           ///< "pattern" (grey)…
};

/// What one object does, from frame to frame.
struct TruthSpan {
  int id = 0;                   ///< from 1
  int64_t first = 0, last = 0;  ///< frames, both included
  std::string_view action;      ///< of kSceneActionNames
};

/// A generated recording with exact ground truth. The same pixels for the same parameters on every machine; frames may
/// be rendered in any order and from several threads at once. Objects drift with gentle turns and bounce elastically
/// off the frame's sides (or their tile's, without crossing). With parameters().actions they do one thing after the
/// other.
class Scene {
 public:
  /// Throws Error(Fault::usage) as check() does, and when objects that may not cross do not fit side by side.
  explicit Scene(const SceneParameters& parameters);

  const SceneParameters& parameters() const { return parameters_; }
  PixelFormat format() const { return parameters_.colour ? PixelFormat::bgr8 : PixelFormat::grey8; }

  /// Draws frame `frame` (>= 0; not limited by parameters().frames) into `pixels`, rows `stride` bytes apart.
  void render(int64_t frame, uint8_t* pixels, ptrdiff_t stride) const;

  /// The same objects on the same ways, without motion blur and noise.
  Scene instantaneous() const;
  /// As render(), without noise, at any moment: 2.5 is half way between frames 2 and 3.
  void render_at(double frame, uint8_t* pixels, ptrdiff_t stride) const;

  /// All objects, sorted by id. One whose silhouette is too small to cover half of any pixel has area 0 and an empty
  /// box.
  std::vector<TruthObject> truth(int64_t frame) const;

  /// What the objects do in parameters().frames frames, by id, then frame; empty without parameters().actions.
  std::vector<TruthSpan> actions() const;

  /// True when a source leaves this frame out. Never the first.
  bool dropped(int64_t frame) const;

 private:
  struct Colour {
    uint8_t channel[3];  // blue, green, red; grey scenes use the first
  };
  struct Object {
    Shape shape = Shape::disc;
    int32_t radius = 0;                                   // fixed-point
    int variant = 0;                                      // sides or digit
    double turns = 0, spin = 0;                           // rotation at frame 0 and per frame
    double x = 0, y = 0, vx = 0, vy = 0;                  // px, px/frame at frame 0
    std::optional<ActionSchedule> schedule;               // instead of the rest
    double sway = 0, sway_rate = 0, sway_phase = 0;       // gentle turns: px, turns/frame, turns
    double low_x = 0, high_x = 0, low_y = 0, high_y = 0;  // walls for the centre, px
    Colour colour{}, core{};
    std::string class_name;
  };
  struct Occluder {
    int begin, end;  // columns
  };
  struct Pose {
    int32_t x, y;  // fixed-point centre
    double turns;
    double scale = 1;  // of the object's size
  };

  Object make_object(int index) const;
  /// Moves an object that touches an earlier one in frame 0.
  void place_apart(int index, Object& object) const;
  void set_walls(int index, double radius, Object& object) const;
  void set_motion(CounterRandom& random, Object& object) const;
  void set_schedule(int index, double radius, Object& object) const;
  void set_look(CounterRandom& random, Object& object) const;
  void add_occluders();
  void count_exposures();
  Pose pose(const Object& object, double frame) const;
  /// The light of that moment, column by column.
  void shine(double frame, uint8_t* pixels, ptrdiff_t stride) const;
  static Pose scheduled_pose(const Object& object, double frame);
  /// Calls row(y, x0, x1, coverage) for the rows that the silhouette, `scale` times its size, touches during the
  /// exposure of `frame`; coverage[x] of 1 << coverage_bits_ for x in [x0, x1).
  template <class Row>
  void scan(const Object& object, double frame, double scale, std::vector<int32_t>& scratch, Row&& row) const;
  void fill(const Object& object, double frame, double scale, const Colour& colour, std::vector<int32_t>& scratch,
            uint8_t* pixels, ptrdiff_t stride) const;

  SceneParameters parameters_;
  int exposures_ = 1;      // poses averaged for motion blur
  int coverage_bits_ = 0;  // log2 of full coverage
  std::vector<Object> objects_;
  std::vector<Occluder> occluders_;
};

}  // namespace flashcell::host
