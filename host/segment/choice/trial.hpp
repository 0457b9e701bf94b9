#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "host/label/bit_image.hpp"
#include "host/segment/segmenter.hpp"
#include "kernels_hls/contract/object.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// One object that a way to segment makes of a frame.
struct TrialObject {
  float x = 0, y = 0;  ///< centroid, px
  float area = 0;      ///< px
  float contrast = 0;  ///< grey levels between it and what surrounds it, or the scene
  uint16_t left = 0, top = 0, right = 0, bottom = 0;
  bool at_edge = false;    ///< touches the frame's edge
  int32_t next = -1;       ///< the same object in the next sampled frame, where that follows directly
  bool continued = false;  ///< is the next of one
  bool fixed = false;      ///< nearly always something like it is in this place
  bool settled = false;    ///< for a while something like it is in this place, before and after not
  bool by_chance = false;  ///< finds one in the next frame's mirror image, other than itself: links mean nothing
  float moved = 0;         ///< px to the next
};

struct TrialFrame {
  bool usable = true;     ///< false: nearly everything is foreground, or too many objects to be any
  bool followed = false;  ///< the next sampled frame is the recording's next
  std::vector<TrialObject> objects;
  BitImage mask;
};

/// The sampled frames, ready to be segmented in many ways.
struct TrialFrames {
  std::span<const FrameView> grey;
  std::span<const int64_t> numbers;
  std::vector<int> places;  ///< indices of frames that are far apart
  FrameView scene;          ///< their median
};

/// Bits of word `word` of a row that are columns left .. right, some of which it holds.
constexpr uint64_t columns_of_word(int left, int right, int word) {
  const int first = left > 64 * word ? left - 64 * word : 0, last = right < 64 * word + 63 ? right - 64 * word : 63;
  return (~uint64_t{0} << first) & (~uint64_t{0} >> (63 - last));
}

/// What a way to segment makes of all frames.
struct Trial {
  std::vector<TrialFrame> frames;
  TrialFrame scene;  ///< of the scene without what moves; nothing where the way needs frames in order
};

/// Objects a frame; more are noise whatever else they are.
constexpr uint32_t kMostTrialObjects = 4000;

/// Share of a frame; one thing that is larger is a shadow or the light, mostly.
constexpr double kMostOfFrame = 0.08;

/// Segments and labels every frame (`label`: of the frames' size, with kMostTrialObjects), and links the objects. False
/// where most frames are not usable.
bool try_segmenter(Segmenter& segmenter, const TrialFrames& frames, const contract::LabelParameters& label,
                   Trial& trial);

}  // namespace flashcell::host
