#include "host/segment/regions.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "host/segment/keep_inside.hpp"
#include "host/segment/methods.hpp"

namespace flashcell::host {
namespace {

/// Where the polygon's edges cross the line y, in ascending x. An edge holds its upper end and not its lower one.
void crossings(const std::vector<std::array<double, 2>>& points, double y, std::vector<double>& xs) {
  xs.clear();
  for (size_t i = 0; i < points.size(); ++i) {
    std::array<double, 2> upper = points[i];
    std::array<double, 2> lower = points[(i + 1) % points.size()];
    if (upper[1] > lower[1]) std::swap(upper, lower);
    if (y < upper[1] || y >= lower[1]) continue;
    xs.push_back(upper[0] + (y - upper[1]) * (lower[0] - upper[0]) / (lower[1] - upper[1]));
  }
  std::sort(xs.begin(), xs.end());
}

bool is_in_circle(const RegionShape& circle, int x, int y) {
  const double dx = x - circle.x, dy = y - circle.y;
  const double squared = dx * dx + dy * dy, edge = circle.radius * circle.radius;
  return squared < edge || (squared == edge && dx < 0);
}

/// First pixel of 0 .. end that is not left of x.
int pixel_from(double x, int end) {
  return static_cast<int>(std::ceil(std::clamp<double>(x, 0, end)));
}

/// Calls visit(y, begin, end) for the pixels begin .. end - 1 of each row that are inside.
template <class Visit>
void visit_spans(const RegionShape& shape, int width, int height, const Visit& visit) {
  if (shape.points.empty()) {
    const int left = pixel_from(shape.x - shape.radius - 1, width),
              right = pixel_from(shape.x + shape.radius + 2, width);
    const int top = pixel_from(shape.y - shape.radius - 1, height),
              bottom = pixel_from(shape.y + shape.radius + 2, height);
    for (int y = top; y < bottom; ++y) {
      int begin = left, end = right;
      while (begin < end && !is_in_circle(shape, begin, y)) ++begin;
      while (end > begin && !is_in_circle(shape, end - 1, y)) --end;
      if (begin < end) visit(y, begin, end);
    }
    return;
  }
  std::vector<double> xs;
  for (int y = 0; y < height; ++y) {
    crossings(shape.points, y, xs);
    for (size_t i = 0; i + 1 < xs.size(); i += 2) visit(y, pixel_from(xs[i], width), pixel_from(xs[i + 1], width));
  }
}

/// Sets or clears the shape's pixels.
void paint(const RegionShape& shape, bool value, BitImage& mask) {
  visit_spans(shape, mask.width(), mask.height(), [&](int y, int begin, int end) {
    for (int x = begin; x < end; ++x) {
      const uint64_t bit = uint64_t{1} << (x & 63);
      uint64_t& word = mask.row(y)[x >> 6];
      word = value ? word | bit : word & ~bit;
    }
  });
}

/// 1 + the number of the including shape that each pixel is in first; 0: none.
std::vector<uint16_t> number_pixels(const std::vector<RegionShape>& shapes, int width, int height) {
  std::vector<uint16_t> pixels(static_cast<size_t>(width) * static_cast<size_t>(height));
  uint16_t number = 0;
  for (const RegionShape& shape : shapes) {
    if (!shape.include) continue;
    ++number;
    visit_spans(shape, width, height, [&](int y, int begin, int end) {
      for (int x = begin; x < end; ++x) {
        uint16_t& pixel = pixels[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
        if (pixel == 0) pixel = number;
      }
    });
  }
  return pixels;
}

/// Clears what touches a pixel of another region that comes before it, row by row, and is not cleared itself.
void part_regions(const std::vector<RegionShape>& shapes, BitImage& mask) {
  const int width = mask.width(), height = mask.height();
  std::vector<uint16_t> pixels = number_pixels(shapes, width, height);
  const auto place = [width](int x, int y) {
    return static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x);
  };
  constexpr int kBefore[4][2] = {{-1, 0}, {-1, -1}, {0, -1}, {1, -1}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint16_t& own = pixels[place(x, y)];
      const bool border = std::any_of(std::begin(kBefore), std::end(kBefore), [&](const int(&step)[2]) {
        const int from = x + step[0], row = y + step[1];
        if (from < 0 || from >= width || row < 0) return false;
        const uint16_t other = pixels[place(from, row)];
        return other != 0 && other != own;
      });
      if (own == 0 || !border) continue;
      own = 0;
      mask.row(y)[x >> 6] &= ~(uint64_t{1} << (x & 63));
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

BitImage rasterize_regions(const std::vector<SegmentRegion>& regions, int width, int height) {
  const std::vector<RegionShape> shapes = shapes_of(regions);
  const bool any_include = std::any_of(shapes.begin(), shapes.end(), [](const RegionShape& s) { return s.include; });
  BitImage mask(width, height);
  if (!any_include) {
    const double far = std::max(width, height);
    paint({"", true, {{0, 0}, {far, 0}, {far, far}, {0, far}}}, true, mask);
  }
  for (const RegionShape& shape : shapes) {
    if (shape.include) paint(shape, true, mask);
  }
  if (counts_objects(regions)) part_regions(shapes, mask);
  for (const RegionShape& shape : shapes) {
    if (!shape.include) paint(shape, false, mask);
  }
  return mask;
}

std::shared_ptr<const tracking::RegionMap> make_region_map(const std::vector<SegmentRegion>& regions, int width,
                                                           int height) {
  const std::vector<RegionShape> shapes = shapes_of(regions);
  std::vector<tracking::NamedRegion> named;
  for (const RegionShape& shape : shapes) {
    if (shape.include) named.push_back({shape.name, shape.count, outline_of(shape)});
  }
  if (named.empty()) return nullptr;
  return std::make_shared<const tracking::RegionMap>(width, height, std::move(named),
                                                     number_pixels(shapes, width, height));
}

std::vector<std::string> empty_regions(const std::vector<SegmentRegion>& regions, int width, int height) {
  std::vector<std::string> names;
  for (const RegionShape& shape : shapes_of(regions)) {
    bool holds_any = !shape.include;
    visit_spans(shape, width, height, [&](int, int begin, int end) { holds_any = holds_any || begin < end; });
    if (!holds_any) names.push_back(shape.name);
  }
  return names;
}

std::unique_ptr<Segmenter> make_region_segmenter(std::unique_ptr<Segmenter> inner,
                                                 const std::vector<SegmentRegion>& regions, int width, int height) {
  return std::make_unique<RegionSegmenter>(std::move(inner), rasterize_regions(regions, width, height));
}

}  // namespace flashcell::host
