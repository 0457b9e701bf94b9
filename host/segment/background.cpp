#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/aligned_vector.hpp"
#include "host/segment/background_step.hpp"
#include "host/segment/grey_plane.hpp"
#include "host/segment/methods.hpp"

namespace flashcell::host {
namespace {

/// Foreground pixels teach the mean at this fraction of the learning rate, and the variance not at all: what stands
/// still for long fades into the background, what passes leaves no trail.
constexpr double kForegroundTeaching = 1.0 / 16;

/// 0.rate as 16 bits after the point.
uint16_t fraction16(double value) {
  return static_cast<uint16_t>(std::clamp(std::lround(value * 65536), 0L, 65535L));
}

/// Van der Corput sequence in 16 bits, made odd: any run of frames spreads evenly over 1..65535.
uint16_t dither(uint32_t frame) {
  uint16_t reversed = 0;
  for (int bit = 0; bit < 16; ++bit) reversed = static_cast<uint16_t>((reversed << 1) | ((frame >> bit) & 1));
  return reversed | 1;
}

/// What the two pixel depths do differently.
struct Depth8 {
  using Pixel = uint8_t;
  using State = int16_t;
  using Step = BackgroundStep8;

  static State initial_mean(Pixel grey) { return static_cast<State>(grey << kMeanFractionBits8); }
  static State variance_of(double sigma) {
    return static_cast<State>(std::min(std::lround(sigma * sigma * (1 << kVarianceFractionBits8)), 32767L));
  }
  static Step step(const SegmentParameters& p, uint32_t frame) {
    Step step;
    step.dither = dither(frame);
    step.inverse_sigmas = fraction16(1 / p.sigmas);
    step.min_variance = static_cast<uint16_t>(
        std::clamp(std::lround(p.min_sigma * p.min_sigma * (1 << kVarianceFractionBits8)), 0L, 32767L));
    return step;
  }
  static void set_rates(Step& step, double rate, double foreground_rate) {
    step.rate = fraction16(rate);
    step.foreground_rate = fraction16(foreground_rate);
  }
};

struct Depth16 {
  using Pixel = uint16_t;
  using State = float;
  using Step = BackgroundStep16;

  static State initial_mean(Pixel grey) { return grey; }
  static State variance_of(double sigma) { return std::max(static_cast<float>(sigma * sigma), kVarianceFloor16); }
  static Step step(const SegmentParameters& p, uint32_t /*frame*/) {
    Step step;
    step.squared_sigmas = static_cast<float>(p.sigmas * p.sigmas);
    step.min_variance = static_cast<float>(p.min_sigma * p.min_sigma);
    return step;
  }
  static void set_rates(Step& step, double rate, double foreground_rate) {
    step.rate = static_cast<float>(rate);
    step.foreground_rate = static_cast<float>(foreground_rate);
  }
};

template <class Depth>
class BackgroundSegmenter : public Segmenter {
 public:
  BackgroundSegmenter(const SegmentParameters& parameters, int width, int height)
      : parameters_(parameters), words_((width + 63) / 64) {
    mean_.resize(static_cast<size_t>(words_) * 64 * height);
    variance_.resize(mean_.size());
  }
  /// Of a scene that is known and stays.
  BackgroundSegmenter(const SegmentParameters& parameters, const BackgroundImage& scene)
      : BackgroundSegmenter(parameters, scene.width, scene.height) {
    known_ = true;
    for (int y = 0; y < scene.height; ++y) {
      for (int x = 0; x < scene.width; ++x) {
        const size_t from = static_cast<size_t>(y) * scene.width + x, to = static_cast<size_t>(y) * words_ * 64 + x;
        mean_[to] = Depth::initial_mean(static_cast<typename Depth::Pixel>(scene.level[from]));
        variance_[to] = Depth::variance_of(scene.spread[from] / static_cast<double>(1 << kSpreadFractionBits));
      }
    }
  }

  bool in_order() const override { return !known_; }

  void segment(const FrameView& frame, BitImage* masks) override {
    const FrameView grey = grey_plane_.of(frame);
    if (known_) {
      const typename Depth::Step step = step_of(0);
      for (int y = 0; y < grey.height; ++y) process_row(grey, y, step, masks[0].row(y));
      return;
    }
    if (frames_ == 0) start(grey);
    const bool learning = frames_ < static_cast<uint32_t>(parameters_.learn_frames);
    // At first the mean of all frames so far, later of the newest 1/learning_rate.
    const double rate = std::max(parameters_.learning_rate, 1.0 / (1.0 + frames_));
    typename Depth::Step step = step_of(frames_);
    Depth::set_rates(step, rate, learning ? rate : rate * kForegroundTeaching);
    if (learning) step = teach_all(step);
    for (int y = 0; y < grey.height; ++y) process_row(grey, y, step, masks[0].row(y));
    if (frames_ < UINT32_MAX) ++frames_;
  }

 private:
  /// With rates of 0: nothing is learnt.
  typename Depth::Step step_of(uint32_t frame) const {
    typename Depth::Step step = Depth::step(parameters_, frame);
    if (!parameters_.both_polarities) {
      step.bright = parameters_.polarity == Polarity::bright;
      step.dark = !step.bright;
    }
    return step;
  }

  /// No pixel is foreground while the background is being learnt.
  static typename Depth::Step teach_all(typename Depth::Step step) {
    if constexpr (sizeof(typename Depth::Pixel) == 1) {
      step.inverse_sigmas = 0;
    } else {
      step.squared_sigmas = std::numeric_limits<float>::max();
    }
    return step;
  }

  void start(const FrameView& grey) {
    for (int y = 0; y < grey.height; ++y) {
      for (int x = 0; x < grey.width; ++x) {
        typename Depth::Pixel level;
        std::memcpy(&level, grey.row(y) + x * sizeof level, sizeof level);
        mean_[static_cast<size_t>(y) * words_ * 64 + x] = Depth::initial_mean(level);
      }
    }
  }

  void process_row(const FrameView& grey, int y, const typename Depth::Step& step, uint64_t* mask) {
    using Pixel = typename Depth::Pixel;
    const size_t begin = static_cast<size_t>(y) * words_ * 64;
    const int whole = grey.width / 64;
    const Pixel* row = reinterpret_cast<const Pixel*>(grey.row(y));
    background_row(row, whole, step, &mean_[begin], &variance_[begin], mask);
    const int rest = grey.width % 64;
    if (rest == 0) return;
    Pixel padded[64] = {};
    std::memcpy(padded, grey.row(y) + whole * 64 * sizeof(Pixel), rest * sizeof(Pixel));
    const size_t tail = begin + static_cast<size_t>(whole) * 64;
    background_row(padded, 1, step, &mean_[tail], &variance_[tail], mask + whole);
    mask[whole] &= (uint64_t{1} << rest) - 1;
  }

  const SegmentParameters parameters_;
  const int words_;
  GreyPlane grey_plane_;
  bool known_ = false;
  uint32_t frames_ = 0;
  AlignedVector<typename Depth::State> mean_, variance_;
};

}  // namespace

std::unique_ptr<Segmenter> make_background_segmenter(const SegmentParameters& parameters, int width, int height,
                                                     PixelFormat format) {
  if (format == PixelFormat::grey16) {
    return std::make_unique<BackgroundSegmenter<Depth16>>(parameters, width, height);
  }
  return std::make_unique<BackgroundSegmenter<Depth8>>(parameters, width, height);
}

std::unique_ptr<Segmenter> make_median_segmenter(const SegmentParameters& parameters, PixelFormat format) {
  if (format == PixelFormat::grey16) {
    return std::make_unique<BackgroundSegmenter<Depth16>>(parameters, *parameters.scene);
  }
  return std::make_unique<BackgroundSegmenter<Depth8>>(parameters, *parameters.scene);
}

}  // namespace flashcell::host
