#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace flashcell::host {

/// What an object of a generated scene does for a while.
enum class SceneAction : uint8_t {
  stopping,  ///< stays where it is
  walking,   ///< straight on, swaying a little as it steps
  turning,   ///< on along an arc
  spinning,  ///< on the spot
  jumping,   ///< a leap ahead, larger in the middle: towards the camera
};
constexpr std::array<std::string_view, 5> kSceneActionNames{"stopping", "walking", "turning", "spinning", "jumping"};

/// Actions one after the other, each with the object's way in closed form.
class ActionSchedule {
 public:
  struct Span {
    SceneAction action;
    double begin, end;  ///< frames, end excluded
    double x, y;        ///< px at its beginning, as if there were no walls
    double heading;     ///< turns at its beginning
    double speed;       ///< px/frame ahead
    double rotation;    ///< turns/frame
  };
  /// At a moment: place without walls, where it looks, how large it is.
  struct Pose {
    double x, y, heading, scale;
  };
  static constexpr double kLargest = 1.35;  ///< scale in the middle of a leap

  /// For an object of `radius` px that walks by `speed` px/frame, from 0 on until `frames`; then it stops. Actions last
  /// 0.5 to 1.2 s, leaps 0.3 to 0.5 s of a recording of `fps` frames/s; none follows itself. `stream`: of the scene's
  /// random numbers.
  ActionSchedule(uint64_t seed, uint64_t stream, double fps, double frames, double radius, double speed);

  Pose at(double frame) const;
  const std::vector<Span>& spans() const { return spans_; }

 private:
  static Pose at(const Span& span, double frame, double fps);

  double fps_;
  std::vector<Span> spans_;
};

}  // namespace flashcell::host
