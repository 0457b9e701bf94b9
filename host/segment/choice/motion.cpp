#include "host/segment/choice/motion.hpp"

#include <algorithm>
#include <utility>

#include "host/segment/choice/subjects.hpp"

namespace flashcell::host {
namespace {

constexpr double kMotionSigmas = 5;
constexpr double kStrongMotion = 0.4;  // of the contrast of what moves
constexpr float kLeastMotion = 3;      // px in a piece

void clear(const TrialObject& o, BitImage& mask) {
  for (int y = o.top; y <= o.bottom; ++y) {
    for (int w = o.left / 64; w <= o.right / 64; ++w) mask.row(y)[w] &= ~columns_of_word(o.left, o.right, w);
  }
}

}  // namespace

std::vector<BitImage> find_motion(const TrialFrames& frames, const SceneGrey& levels,
                                  const std::shared_ptr<const BackgroundImage>& scene, const SegmentParameters& base,
                                  double noise) {
  if (frames.grey.size() < 3 || levels.moving() < 1) return {};
  SegmentParameters p = base;
  p.method = SegmentMethod::median;
  p.scene = scene;
  p.sigmas = kMotionSigmas;
  // Steps of compression are motion of many pixels and little contrast.
  const double least = std::max(1.2 * noise, kStrongMotion * levels.contrast() / kMotionSigmas);
  p.min_sigma = std::min(least, levels.deep ? 65535.0 : 45.0);
  const FrameView& first = frames.grey[0];
  contract::LabelParameters label;
  label.width = static_cast<uint32_t>(first.width);
  label.height = static_cast<uint32_t>(first.height);
  label.max_objects = kMostTrialObjects;
  Trial trial;
  if (!try_segmenter(*make_segmenter(p, first.width, first.height, first.format), frames, label, trial)) return {};
  const SteppingSizes stepping(trial.frames);
  const double most_area = kMostOfFrame * first.width * first.height;
  std::vector<BitImage> motion;
  for (TrialFrame& frame : trial.frames) {
    for (const TrialObject& o : frame.objects) {
      if (o.at_edge || o.area < kLeastMotion || o.area > most_area || !stepping.has(o.area)) clear(o, frame.mask);
    }
    motion.push_back(std::move(frame.mask));
  }
  return motion;
}

}  // namespace flashcell::host
