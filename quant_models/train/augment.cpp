#include "quant_models/train/augment.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace flashcell::quant {
namespace {

// Evenly in the logarithm: as often smaller as larger.
double factor(double range, Random& random) {
  const double most = std::log1p(range);
  return std::exp(random.uniform(-most, most));
}

bool coin(Random& random) {
  return random.below(2) == 1;
}

// From points of the plain view to points of the changed one, around the middle.
Affine random_change(int rows, int columns, const AugmentOptions& o, Random& random) {
  const double angle = random.uniform(-o.rotate, o.rotate) * std::numbers::pi / 180;
  const double both = factor(o.scale, random);
  double x = both * factor(o.stretch, random), y = both * factor(o.stretch, random);
  const double right = random.uniform(-o.shift, o.shift), down = random.uniform(-o.shift, o.shift);
  const bool mirror_columns = coin(random), mirror_rows = coin(random), transpose = coin(random);
  if (o.mirror_columns && mirror_columns) x = -x;
  if (o.mirror_rows && mirror_rows) y = -y;
  Affine turn = {x * std::cos(angle), -y * std::sin(angle), 0, x * std::sin(angle), y * std::cos(angle), 0};
  if (o.transpose && transpose) {
    std::swap(turn[0], turn[1]);
    std::swap(turn[3], turn[4]);
  }
  const Affine to_middle = {1, 0, -0.5 * columns, 0, 1, -0.5 * rows};
  const Affine back = {1, 0, 0.5 * columns + right, 0, 1, 0.5 * rows + down};
  return compose(back, compose(turn, to_middle));
}

class Sampler {
 public:
  Sampler(const uint8_t* plane, int rows, int columns, bool black_outside)
      : plane_(plane), rows_(rows), columns_(columns), black_(black_outside) {}

  // Grey level at continuous coordinates, pixel centres at .5.
  float at(double x, double y) const {
    const double left = std::floor(x - 0.5), top = std::floor(y - 0.5);
    const auto u = static_cast<float>(x - 0.5 - left), v = static_cast<float>(y - 0.5 - top);
    // Far outside every neighbour is the same border pixel: keep the integers small.
    const int c = static_cast<int>(std::clamp(left, -2.0, columns_ + 1.0));
    const int r = static_cast<int>(std::clamp(top, -2.0, rows_ + 1.0));
    const float above = pixel(r, c) + u * (pixel(r, c + 1) - pixel(r, c));
    const float below = pixel(r + 1, c) + u * (pixel(r + 1, c + 1) - pixel(r + 1, c));
    return above + v * (below - above);
  }

 private:
  float pixel(int r, int c) const {
    const bool outside = r < 0 || c < 0 || r >= rows_ || c >= columns_;
    if (outside && black_) return 0;
    r = std::clamp(r, 0, rows_ - 1);
    c = std::clamp(c, 0, columns_ - 1);
    return static_cast<float>(plane_[static_cast<size_t>(r) * static_cast<size_t>(columns_) + static_cast<size_t>(c)]);
  }

  const uint8_t* plane_;
  int rows_, columns_;
  bool black_;
};

}  // namespace

Affine inverse(const Affine& a) {
  const double determinant = a[0] * a[4] - a[1] * a[3];
  const double i0 = a[4] / determinant, i1 = -a[1] / determinant, i3 = -a[3] / determinant, i4 = a[0] / determinant;
  return {i0, i1, -(i0 * a[2] + i1 * a[5]), i3, i4, -(i3 * a[2] + i4 * a[5])};
}

Affine compose(const Affine& a, const Affine& b) {
  return {a[0] * b[0] + a[1] * b[3], a[0] * b[1] + a[1] * b[4], a[0] * b[2] + a[1] * b[5] + a[2],
          a[3] * b[0] + a[4] * b[3], a[3] * b[1] + a[4] * b[4], a[3] * b[2] + a[4] * b[5] + a[5]};
}

View plain_view(const Picture& picture, int rows, int columns) {
  return {{static_cast<double>(picture.columns) / columns, 0, 0, 0, static_cast<double>(picture.rows) / rows, 0}};
}

View augmented_view(const Picture& picture, int rows, int columns, const AugmentOptions& options, Random& random) {
  View view = plain_view(picture, rows, columns);
  view.to_picture = compose(view.to_picture, inverse(random_change(rows, columns, options, random)));
  view.gain = static_cast<float>(factor(options.contrast, random));
  view.offset = static_cast<float>(random.uniform(-options.brightness, options.brightness));
  return view;
}

void render(const Picture& picture, const View& view, int rows, int columns, bool black_outside, std::span<float> out) {
  const size_t plane = static_cast<size_t>(rows) * static_cast<size_t>(columns);
  if (out.size() != plane * static_cast<size_t>(picture.channels))
    throw std::invalid_argument("render: the output does not have channels x rows x columns numbers");
  const Affine& m = view.to_picture;
  const size_t source_plane = static_cast<size_t>(picture.rows) * static_cast<size_t>(picture.columns);
  float* next = out.data();
  for (int channel = 0; channel < picture.channels; ++channel) {
    const Sampler sampler(picture.pixels.data() + source_plane * static_cast<size_t>(channel), picture.rows,
                          picture.columns, black_outside);
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        const double x = c + 0.5, y = r + 0.5;
        const float level = sampler.at(m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]) / 255;
        *next++ = std::clamp(view.gain * (level - 0.5F) + 0.5F + view.offset, 0.F, 1.F);
      }
    }
  }
}

void prepare(std::span<float> image, const Preprocessing& p) {
  const Preprocessing plain;
  if (p.mean == plain.mean && p.factor == plain.factor) return;
  const size_t plane = image.size() / static_cast<size_t>(p.count());
  for (size_t i = 0; i < image.size(); ++i) image[i] = (255 * image[i] - p.mean[i / plane]) * p.factor[i / plane];
}

std::vector<MarkedObject> view_objects(const std::vector<MarkedObject>& objects, const View& view, int rows,
                                       int columns, double least_visible) {
  const Affine m = inverse(view.to_picture);
  std::vector<MarkedObject> seen;
  for (MarkedObject object : objects) {
    const Box& b = object.box;
    const double xs[] = {b.left, b.right}, ys[] = {b.top, b.bottom};
    double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
    for (const double x : xs) {
      for (const double y : ys) {
        left = std::min(left, m[0] * x + m[1] * y + m[2]);
        right = std::max(right, m[0] * x + m[1] * y + m[2]);
        top = std::min(top, m[3] * x + m[4] * y + m[5]);
        bottom = std::max(bottom, m[3] * x + m[4] * y + m[5]);
      }
    }
    const double whole = (right - left) * (bottom - top);
    left = std::max(left, 0.0);
    top = std::max(top, 0.0);
    right = std::min(right, static_cast<double>(columns));
    bottom = std::min(bottom, static_cast<double>(rows));
    if (right <= left || bottom <= top || (right - left) * (bottom - top) < least_visible * whole) continue;
    object.box = {static_cast<float>(left), static_cast<float>(top), static_cast<float>(right),
                  static_cast<float>(bottom)};
    seen.push_back(object);
  }
  return seen;
}

}  // namespace flashcell::quant
