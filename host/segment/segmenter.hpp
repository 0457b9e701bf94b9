#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/named_value.hpp"
#include "host/label/bit_image.hpp"
#include "host/segment/background_image.hpp"
#include "host/segment/region_shapes.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

enum class SegmentMethod : uint8_t { threshold, otsu, adaptive, median, background, colour };
constexpr NamedValue<SegmentMethod> kSegmentMethods[] = {
    {SegmentMethod::threshold, "threshold"},   {SegmentMethod::otsu, "otsu"},
    {SegmentMethod::adaptive, "adaptive"},     {SegmentMethod::median, "median"},
    {SegmentMethod::background, "background"}, {SegmentMethod::colour, "colour"}};

enum class Polarity : uint8_t { bright, dark };
constexpr NamedValue<Polarity> kPolarities[] = {{Polarity::bright, "bright"}, {Polarity::dark, "dark"}};

/// A named colour: ranges in 8-bit hue (0..255 is the circle; low > high wraps over red), saturation and value,
/// inclusive.
struct ColourClass {
  std::string name;
  uint8_t hue_low = 0, hue_high = 255;
  uint8_t saturation_low = 64, saturation_high = 255;
  uint8_t value_low = 64, value_high = 255;
};

/// The configuration file's [segment] section.
struct SegmentParameters {
  SegmentMethod method = SegmentMethod::otsu;
  Polarity polarity = Polarity::bright;
  int threshold = 128;  ///< `threshold`: foreground is grey >= threshold (bright) or grey < threshold (dark); in the
                        ///< frame's own grey levels
  int window = 31;      ///< `adaptive`: side of the mean's window, px, odd
  int offset = 10;      ///< `adaptive`: foreground differs from the local mean by more than this
  double sigmas = 4;    ///< `median`, `background`: foreground is further than this many standard deviations from the
                        ///< median of the whole recording, or the running mean
  double learning_rate = 0.02;  ///< `background`: weight of the newest frame in mean and variance, 0..1; foreground
                                ///< pixels teach the mean at 1/16 of it, the variance not
  double min_sigma = 2;         ///< `median`, `background`: floor of the standard deviation, grey levels
  int learn_frames = 30;        ///< `background`: frames that only teach and give no objects
  bool both_polarities =
      true;  ///< `median`, `background`: brighter and darker pixels both count; else `polarity` decides
  std::shared_ptr<const BackgroundImage> scene;  ///< `median`: the scene without objects, of the frames' size
  std::vector<ColourClass> classes;              ///< `colour`: 1..8
  std::vector<SegmentRegion>
      regions;  ///< of interest: inside any include (or everything, without one) and in no exclude
};

/// Frame in, binary frame out.
class Segmenter {
 public:
  virtual ~Segmenter() = default;
  /// True when the result depends on earlier frames.
  virtual bool in_order() const { return false; }
  /// Number of masks a frame gives: the colour classes, else 1.
  virtual int masks() const { return 1; }
  /// Fills masks[0 .. masks()-1], already sized width x height; padding stays 0. Allocates nothing after the first
  /// frame.
  virtual void segment(const FrameView& frame, BitImage* masks) = 0;
  /// Pixels that it found in the last frame outside the regions of interest, over all masks, and left out of them.
  virtual uint64_t outside() const { return 0; }
};

/// For frames of this geometry and format. Throws Error(Fault::usage) for parameters out of range or colour classes on
/// grey frames. Grey methods on colour frames use luma8 (contract/colour.hpp).
std::unique_ptr<Segmenter> make_segmenter(const SegmentParameters& parameters, int width, int height,
                                          PixelFormat format);

}  // namespace flashcell::host
