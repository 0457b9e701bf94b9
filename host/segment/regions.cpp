#include "host/segment/regions.hpp"

#include <algorithm>
#include <cmath>

#include "host/segment/keep_inside.hpp"
#include "host/segment/methods.hpp"

namespace flashcell::host {
namespace {

/// Where the polygon's edges cross the line y, in ascending x. An edge holds its upper end and not its lower one.
void crossings(const Polygon& polygon, double y, std::vector<double>& xs) {
  xs.clear();
  for (size_t i = 0; i < polygon.points.size(); ++i) {
    std::array<double, 2> upper = polygon.points[i];
    std::array<double, 2> lower = polygon.points[(i + 1) % polygon.points.size()];
    if (upper[1] > lower[1]) std::swap(upper, lower);
    if (y < upper[1] || y >= lower[1]) continue;
    xs.push_back(upper[0] + (y - upper[1]) * (lower[0] - upper[0]) / (lower[1] - upper[1]));
  }
  std::sort(xs.begin(), xs.end());
}

/// Sets or clears the polygon's pixels.
void paint(const Polygon& polygon, bool value, BitImage& mask) {
  std::vector<double> xs;
  for (int y = 0; y < mask.height(); ++y) {
    crossings(polygon, y, xs);
    for (size_t i = 0; i + 1 < xs.size(); i += 2) {
      const int begin = static_cast<int>(std::ceil(std::clamp<double>(xs[i], 0, mask.width())));
      const int end = static_cast<int>(std::ceil(std::clamp<double>(xs[i + 1], 0, mask.width())));
      for (int x = begin; x < end; ++x) {
        const uint64_t bit = uint64_t{1} << (x & 63);
        uint64_t& word = mask.row(y)[x >> 6];
        word = value ? word | bit : word & ~bit;
      }
    }
  }
}

class RegionSegmenter : public Segmenter {
 public:
  RegionSegmenter(std::unique_ptr<Segmenter> inner, BitImage region)
      : inner_(std::move(inner)), region_(std::move(region)) {}

  bool in_order() const override { return inner_->in_order(); }
  int masks() const override { return inner_->masks(); }

  void segment(const FrameView& frame, BitImage* masks) override {
    inner_->segment(frame, masks);
    outside_ = 0;
    for (int i = 0; i < inner_->masks(); ++i) outside_ += keep_inside(region_, masks[i]);
  }
  uint64_t outside() const override { return outside_; }

 private:
  const std::unique_ptr<Segmenter> inner_;
  const BitImage region_;
  uint64_t outside_ = 0;
};

}  // namespace

BitImage rasterize_regions(const std::vector<Polygon>& regions, int width, int height) {
  const bool any_include = std::any_of(regions.begin(), regions.end(), [](const Polygon& p) { return p.include; });
  BitImage mask(width, height);
  if (!any_include) {
    const double far = std::max(width, height);
    paint(Polygon{true, {{0, 0}, {far, 0}, {far, far}, {0, far}}}, true, mask);
  }
  for (const Polygon& polygon : regions) {
    if (polygon.include) paint(polygon, true, mask);
  }
  for (const Polygon& polygon : regions) {
    if (!polygon.include) paint(polygon, false, mask);
  }
  return mask;
}

std::unique_ptr<Segmenter> make_region_segmenter(std::unique_ptr<Segmenter> inner, const std::vector<Polygon>& regions,
                                                 int width, int height) {
  return std::make_unique<RegionSegmenter>(std::move(inner), rasterize_regions(regions, width, height));
}

}  // namespace flashcell::host
