#include "host/segment/auto_segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "host/segment/grey_plane.hpp"
#include "host/segment/otsu_threshold.hpp"

namespace flashcell::host {
namespace {

constexpr double kMovingSigmas = 5;       // a pixel that is further from the median than this has moved
constexpr double kMaxMovingShare = 0.3;   // more of the frame in motion than this: the camera itself moves
constexpr double kMinMovingShare = 2e-6;  // less is noise
constexpr double kThresholdScore = 0.7;   // a threshold that sees this much of the motion is good enough,
constexpr double kClutterCost = 0.05;     // less this much for each time that it sees as much that does not move
constexpr double kAsGood = 0.02;          // difference of two thresholds' scores that means nothing
constexpr double kEvenLight = 0.7;        // Otsu's separability from which one threshold does for a still frame
constexpr double kAreaRange = 6;          // objects are typical area / this … typical area * this

using GreyFrames = std::vector<cv::Mat>;  // 16-bit, one a sampled frame

GreyFrames to_grey(std::span<const FrameView> frames) {
  GreyFrames greys;
  GreyPlane plane;
  for (const FrameView& frame : frames) {
    const FrameView grey = plane.of(frame);
    cv::Mat mat(grey.height, grey.width, CV_16U);
    for (int y = 0; y < grey.height; ++y) {
      uint16_t* out = mat.ptr<uint16_t>(y);
      if (grey.format == PixelFormat::grey16) {
        std::memcpy(out, grey.row(y), sizeof(uint16_t) * grey.width);
      } else {
        std::copy_n(grey.row(y), grey.width, out);
      }
    }
    greys.push_back(mat);
  }
  return greys;
}

cv::Mat median_of(const GreyFrames& greys) {
  cv::Mat median(greys[0].size(), CV_16U);
  std::vector<uint16_t> values(greys.size());
  for (int y = 0; y < median.rows; ++y) {
    for (int x = 0; x < median.cols; ++x) {
      for (size_t i = 0; i < greys.size(); ++i) values[i] = greys[i].at<uint16_t>(y, x);
      std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
      median.at<uint16_t>(y, x) = values[values.size() / 2];
    }
  }
  return median;
}

/// Standard deviation of the frames' noise: 1.4826 times the median distance from the median image (robust against
/// motion).
double noise_sigma(const GreyFrames& greys, const cv::Mat& median) {
  std::vector<uint32_t> counts(65536);
  uint64_t pixels = 0;
  for (const cv::Mat& grey : greys) {
    for (int y = 0; y < grey.rows; ++y) {
      for (int x = 0; x < grey.cols; ++x) {
        ++counts[std::abs(grey.at<uint16_t>(y, x) - median.at<uint16_t>(y, x))];
        ++pixels;
      }
    }
  }
  uint64_t below = 0;
  int distance = 0;
  while (below + counts[distance] <= pixels / 2) below += counts[distance++];
  // Whole grey levels are coarse: place the median inside its level.
  const double inside = (pixels / 2.0 - below) / counts[distance];
  return 1.4826 * (distance == 0 ? inside / 2 : distance - 0.5 + inside);
}

/// The grey levels that the sampled frames hold, in 256 bins.
struct GreyBins {
  int first = 65535, shift = 0;

  explicit GreyBins(const GreyFrames& greys) {
    int last = 0;
    for (const cv::Mat& grey : greys) {
      double low = 0, high = 0;
      cv::minMaxIdx(grey, &low, &high);
      first = std::min(first, static_cast<int>(low));
      last = std::max(last, static_cast<int>(high));
    }
    while ((last - first) >> shift > 255) ++shift;
  }
  int bin(int level) const { return (level - first) >> shift; }
  int level(int bin) const { return first + (bin << shift); }
};

/// What differs from the median image.
struct Motion {
  GreyBins bins;
  double pixels = 0, bright_pixels = 0, dark_pixels = 0;
  double contrast = 0;                  ///< sum of the moving pixels' differences from the median
  std::array<double, 257> explained{};  ///< by bin t: the part of it where frame and median lie on either side of t
  std::array<double, 256> still{};      ///< pixels that do not move, by bin

  double share() const { return (bright_pixels + dark_pixels) / pixels; }
};

/// Share of a frame that differs from the median by more than `limit`.
double moving_share(const cv::Mat& grey, const cv::Mat& median, double limit) {
  cv::Mat difference;
  cv::absdiff(grey, median, difference);
  return static_cast<double>(cv::countNonZero(difference > limit)) / static_cast<double>(grey.total());
}

void add_motion(const cv::Mat& grey, const cv::Mat& median, double limit, Motion& motion) {
  for (int y = 0; y < grey.rows; ++y) {
    for (int x = 0; x < grey.cols; ++x) {
      const int level = grey.at<uint16_t>(y, x), usual = median.at<uint16_t>(y, x);
      const int difference = std::abs(level - usual);
      motion.pixels += 1;
      if (difference <= limit) {
        motion.still[motion.bins.bin(level)] += 1;
        continue;
      }
      (level > usual ? motion.bright_pixels : motion.dark_pixels) += 1;
      motion.contrast += difference;
      motion.explained[motion.bins.bin(std::min(level, usual)) + 1] += difference;
      motion.explained[motion.bins.bin(std::max(level, usual)) + 1] -= difference;
    }
  }
}

/// Frames in which nearly everything differs (a flash, a change of exposure, a jolt) say nothing of the objects.
Motion find_motion(const GreyFrames& greys, const cv::Mat& median, double limit) {
  Motion motion{GreyBins(greys)};
  for (const cv::Mat& grey : greys) {
    if (moving_share(grey, median, limit) <= kMaxMovingShare) add_motion(grey, median, limit, motion);
  }
  for (int bin = 1; bin <= 256; ++bin) motion.explained[bin] += motion.explained[bin - 1];
  return motion;
}

/// A fixed threshold and how well it does.
struct ThresholdFit {
  Polarity polarity = Polarity::bright;
  double explained = 0;  ///< share of the motion's contrast that crosses the threshold
  double clutter = 0;    ///< foreground that does not move, in units of what moves
  int threshold = 0;

  double score() const { return explained - kClutterCost * clutter; }
};

/// The best threshold. It needs not see all objects move: those that stand are among its foreground, too.
ThresholdFit fit_threshold(const Motion& motion) {
  double still = 0, still_below = 0;
  for (double count : motion.still) still += count;
  const double moving = motion.bright_pixels + motion.dark_pixels;
  std::vector<ThresholdFit> fits;
  for (int bin = 1; bin < 256; ++bin) {
    still_below += motion.still[bin - 1];
    const bool bright = still_below * 2 >= still;
    const double clutter = (bright ? still - still_below : still_below) / moving;
    fits.push_back({bright ? Polarity::bright : Polarity::dark, motion.explained[bin] / motion.contrast, clutter,
                    motion.bins.level(bin)});
  }
  const auto best =
      std::max_element(fits.begin(), fits.end(), [](const auto& a, const auto& b) { return a.score() < b.score(); });
  // In the middle of the thresholds that do as well, noise does least harm.
  const auto as_good = [&](const ThresholdFit& fit) {
    return fit.polarity == best->polarity && fit.score() >= best->score() - kAsGood;
  };
  auto first = best, last = best;
  while (first != fits.begin() && as_good(*std::prev(first))) --first;
  while (std::next(last) != fits.end() && as_good(*std::next(last))) ++last;
  return *(first + (last - first) / 2);
}

double otsu_separability(const Histogram& histogram, int bin) {
  double n[2] = {0, 0}, sum[2] = {0, 0}, squares = 0;
  for (int i = 0; i < 256; ++i) {
    n[i >= bin] += histogram[i];
    sum[i >= bin] += static_cast<double>(i) * histogram[i];
    squares += static_cast<double>(i) * i * histogram[i];
  }
  const double pixels = n[0] + n[1], mean = (sum[0] + sum[1]) / pixels;
  const double difference = sum[1] / n[1] - sum[0] / n[0];
  return n[0] * n[1] / (pixels * pixels) * difference * difference / (squares / pixels - mean * mean);
}

/// Without motion to learn from: the rarer side of Otsu's threshold is the objects.
AutoSegment from_still_frame(const FrameView& frame, const std::string& why) {
  AutoSegment result;
  SegmentParameters& p = result.parameters;
  GreyPlane plane;
  const GreyHistogram histogram = grey_histogram(plane.of(frame));
  const std::optional<int> bin = otsu_threshold(histogram.bins);
  p.method = SegmentMethod::otsu;
  if (!bin) {
    result.reason = why + ", and the frame has one grey level only: Otsu's threshold, bright objects, as a guess";
    return result;
  }
  double above = 0, pixels = 0;
  for (int i = 0; i < 256; ++i) {
    pixels += histogram.bins[i];
    if (i >= *bin) above += histogram.bins[i];
  }
  p.polarity = above * 2 <= pixels ? Polarity::bright : Polarity::dark;
  const char* name = name_in(kPolarities, p.polarity);
  const double separability = otsu_separability(histogram.bins, *bin);
  if (separability >= kEvenLight) {
    result.reason =
        fmt::format("{}; two grey classes {:.0f} % apart: Otsu's threshold, {} objects", why, 100 * separability, name);
    return result;
  }
  p.method = SegmentMethod::adaptive;
  p.window = std::clamp(std::min(frame.width, frame.height) / 8, 15, 255) | 1;
  p.offset = std::max(1, (histogram.level(255) - histogram.first) / 25);
  result.reason =
      fmt::format("{}; no single threshold parts the frame ({:.0f} %): local adaptive threshold, {} objects", why,
                  100 * separability, name);
  return result;
}

AutoSegment from_motion(const Motion& motion, double sigma, size_t frames, PixelFormat format) {
  AutoSegment result;
  SegmentParameters& p = result.parameters;
  const ThresholdFit best = fit_threshold(motion);
  if (best.score() >= kThresholdScore) {
    p.method = SegmentMethod::threshold;
    p.polarity = best.polarity;
    p.threshold = best.threshold;
    result.reason = fmt::format(
        "what moves ({:.2g} % of the frame) is {} than nearly all that stands, {:.0f} % of it "
        "beyond one grey level: fixed threshold {}",
        100 * motion.share(), best.polarity == Polarity::bright ? "brighter" : "darker", 100 * best.explained,
        best.threshold);
    return result;
  }
  p.method = SegmentMethod::background;
  p.both_polarities = true;
  p.sigmas = 4;
  // Pixels noisier than others learn their own variance; the floor is for the quiet ones.
  p.min_sigma = std::clamp(std::ceil(sigma) / 2, 2.5, format == PixelFormat::grey16 ? 1024.0 : 16.0);
  p.learning_rate = 0.005;
  // Fewer frames than a sample has are a whole recording: leave most of it to give objects.
  if (frames < kAutoSegmentFrames) p.learn_frames = static_cast<int>(frames) / 4;
  result.reason = fmt::format(
      "the camera is static and {:.2g} % of the frame moves, but no single threshold tells it "
      "from the scene (the best sees {:.0f} %): running background, noise {:.1f} grey levels",
      100 * motion.share(), 100 * best.explained, sigma);
  return result;
}

/// The proposal's foreground in one sampled frame; the median image stands for the running background.
cv::Mat foreground(const SegmentParameters& p, const FrameView& frame, const cv::Mat& grey, const cv::Mat& median) {
  cv::Mat mask(grey.size(), CV_8U);
  if (p.method == SegmentMethod::background) {
    cv::Mat difference;
    cv::absdiff(grey, median, difference);
    cv::compare(difference, p.sigmas * p.min_sigma, mask, cv::CMP_GT);
    return mask;
  }
  BitImage bits(frame.width, frame.height);
  make_segmenter(p, frame.width, frame.height, frame.format)->segment(frame, &bits);
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) mask.at<uint8_t>(y, x) = bits.get(x, y) ? 255 : 0;
  }
  return mask;
}

/// The area that half of all foreground pixels' objects do not reach: specks, however many, weigh little.
double typical_area(std::vector<double> areas) {
  std::sort(areas.begin(), areas.end());
  double total = 0, below = 0;
  for (double area : areas) total += area;
  for (double area : areas) {
    below += area;
    if (2 * below >= total) return area;
  }
  return 0;
}

void propose_areas(std::span<const FrameView> frames, const GreyFrames& greys, const cv::Mat& median,
                   AutoSegment& result) {
  std::vector<double> areas;
  for (size_t i = 0; i < frames.size(); ++i) {
    const cv::Mat mask = foreground(result.parameters, frames[i], greys[i], median);
    if (cv::countNonZero(mask) > kMaxMovingShare * static_cast<double>(mask.total())) continue;
    cv::Mat labels, stats, centroids;
    const int count = cv::connectedComponentsWithStats(mask, labels, stats, centroids, 8, CV_32S);
    for (int label = 1; label < count; ++label) areas.push_back(stats.at<int>(label, cv::CC_STAT_AREA));
  }
  const double typical = typical_area(std::move(areas));
  if (typical == 0) return;  // nothing found: no limits
  result.min_area = std::max(1u, static_cast<uint32_t>(typical / kAreaRange));
  result.max_area = static_cast<uint32_t>(std::ceil(typical * kAreaRange));
  result.reason += fmt::format("; a typical object has {:.0f} px", typical);
}

AutoSegment propose_method(std::span<const FrameView> frames, const GreyFrames& greys, const cv::Mat& median) {
  if (frames.size() < 3) return from_still_frame(frames[0], "too few frames to see motion");
  const double sigma = noise_sigma(greys, median);
  const Motion motion = find_motion(greys, median, std::max(kMovingSigmas * sigma, 8.0));
  if (motion.pixels == 0) return from_still_frame(frames[0], "most of the frame moves");
  if (motion.share() < kMinMovingShare) return from_still_frame(frames[0], "nothing moves");
  return from_motion(motion, sigma, frames.size(), frames[0].format);
}

}  // namespace

AutoSegment auto_segment_parameters(std::span<const FrameView> frames) {
  if (frames.empty()) {
    throw Error(Fault::usage,
                "no frame to choose segmentation parameters from; give the recording or a [segment] section");
  }
  const GreyFrames greys = to_grey(frames);
  const cv::Mat median = median_of(greys);
  AutoSegment result = propose_method(frames, greys, median);
  propose_areas(frames, greys, median, result);
  return result;
}

}  // namespace flashcell::host
