#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flashcell::host {

enum class Shape : uint8_t {
  disc,
  polygon,  ///< regular, 3..6 sides, turning
  digit,    ///< 0..9 in seven segments, upright
  pattern,  ///< a disc of one colour in a ring of another
  ellipse,  ///< a little more than twice as long as wide, turning; with `actions` it looks where it goes
};

/// A generated scene. Speeds and lengths in px, times in frames.
struct SceneParameters {
  int width = 512, height = 512;  ///< 1..4096
  double fps = 2000;
  int64_t frames = 2000;
  uint64_t seed = 1;
  int objects = 100;  ///< 0..65535; object i has shape shapes[i % shapes.size()]
  std::vector<Shape> shapes = {Shape::disc};
  double min_radius = 6, max_radius = 12;  ///< of the circumscribed circle, 0.5..512
  double min_speed = 0.2, max_speed = 2;   ///< px/frame, 0..100
  bool crossing = true;  ///< objects pass over one another (the higher id in front); else each keeps to a tile of its
                         ///< own and none ever touch
  bool start_apart = false;  ///< with crossing: no two objects touch in frame 0
  int occluders = 0;         ///< upright bars in the background's colour, 2 max_radius wide, in front of everything
  double noise = 0;          ///< standard deviation of the grey levels, 0..64
  double blur = 0;           ///< standard deviation of a Gaussian blur, px, 0..10
  double min_light = 1, max_light = 1;    ///< the light swings between these shares of the grey levels, 0..10; at the
                                          ///< right edge half a swing behind the left
  double light_hz = 1;                    ///< swings a second, 0..1e6
  double shutter = 0;                     ///< exposure as a share of the frame time, 0..1: motion blur
  int background = 20, foreground = 200;  ///< grey levels, 0..255
  bool colour = false;                    ///< bgr8 instead of grey8
  bool smooth_edges = true;               ///< anti-aliased by exact area; else a pixel is in when its centre is
  bool actions = false;  ///< objects stop, walk, turn, spin and jump (ActionSchedule) instead of drifting
  double dropped = 0;    ///< share of frames that a source leaves out, 0..0.9
};

/// Throws Error(Fault::usage) that names the parameter when one is out of range or the objects do not fit.
void check(const SceneParameters& parameters);

/// Reads `synth:SHAPES[?key=value&…]`. SHAPES: discs, polygons, digits, patterns, ellipses, or several joined by `+`.
/// Keys: size=WxH, objects, frames, fps, seed, radius=A or A..B, speed=A or A..B, crossing=on|off,
/// start=apart|anywhere, occluders, noise, blur, light=A or A..B, light_hz, shutter, background, foreground,
/// colour=on|off (on with patterns unless stated), edges=smooth|binary, actions=on|off, dropped. Throws
/// Error(Fault::usage) naming an unknown shape or key or a bad value.
SceneParameters parse_scene(std::string_view spec);

/// The spec that parse_scene() reads back to the same parameters.
std::string to_spec(const SceneParameters& parameters);

/// True when `input` is such a spec.
inline bool is_scene(std::string_view input) {
  return input.substr(0, 6) == "synth:";
}

}  // namespace flashcell::host
