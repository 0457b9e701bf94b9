#include "quant_models/synthesize/dead_leaves.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "quant_models/synthesize/fractal_noise.hpp"

namespace flashcell::quant {
namespace {

// Radii, of the image's longer side. Some photographs have more that is small than others.
constexpr double kSmallest = 1.0 / 75, kMostSmallest = 1.0 / 6, kLargest = 0.5;
constexpr double kCovered = 0.998;  // of the image: what is left stays grey
constexpr int kMostLeaves = 20000;
constexpr double kRectangles = 0.4, kStriped = 0.3;  // shares
constexpr double kChroma = 0.35;                     // of a colour's deviation, beside its brightness
constexpr double kTextured = 0.7, kContrast = 0.5;   // share of the leaves; deviation of what their texture adds
constexpr double kMostStretched = 6;                 // of textures, along the leaf

/// A shape, and what it looks like.
struct Leaf {
  double x, y, radius, cosine, sine, flatness;
  bool rectangle;
  double brightness, shade, stripes, frequency, contrast, stretch = 1;
  std::vector<double> chroma, tint;
  FractalNoise texture;

  Leaf(double columns, double rows, int64_t channels, double smallest, Random& random) {
    const double side = std::max(columns, rows), margin = 0.1 * side;
    // Inverse of the distribution of a density r^-3 between the two ends.
    const double share = random.uniform(), small = smallest * side, large = kLargest * side;
    radius = 1 / std::sqrt(share / (small * small) + (1 - share) / (large * large));
    x = random.uniform(-margin, columns + margin);
    y = random.uniform(-margin, rows + margin);
    const double angle = random.uniform(0, std::numbers::pi);
    cosine = std::cos(angle);
    sine = std::sin(angle);
    flatness = random.uniform(0.4, 1);
    rectangle = random.uniform() < kRectangles;
    brightness = random.normal();
    shade = random.normal() * 0.5;
    stripes = random.uniform() < kStriped ? random.uniform(0.05, 0.6) : 0;
    frequency = random.uniform(0.2, 1.5);
    for (int64_t c = 0; c < channels; ++c) chroma.push_back(kChroma * random.normal());
    for (int64_t c = 0; c < channels; ++c) tint.push_back(1 + kChroma * random.normal());
    contrast = random.uniform() < kTextured ? kContrast * std::abs(random.normal()) : 0;
    if (contrast > 0) {
      const double period = 2 * std::pow(std::max(radius, 2.0), random.uniform());
      const double roughness = random.uniform(0.4, 1);
      texture = FractalNoise(period, roughness, random.next());
      stretch = std::pow(kMostStretched, random.uniform());
    }
  }

  bool holds(double along, double across) const {
    const double a = std::abs(along), b = std::abs(across) / flatness;
    return rectangle ? std::max(a, b) < 0.7 * radius : a * a + b * b < radius * radius;
  }
  double grey(double along) const {
    return brightness + shade * along / radius + stripes * std::sin(frequency * along);
  }
};

/// One image's numbers, from the front to the back: what is drawn hides what comes later.
void draw(float* numbers, int64_t channels, int64_t rows, int64_t columns, Random& random) {
  const int64_t pixels = rows * columns;
  std::vector<bool> drawn(static_cast<size_t>(pixels));
  const auto may_be_left = static_cast<int64_t>((1 - kCovered) * static_cast<double>(pixels));
  int64_t left = pixels;
  const double smallest = kSmallest * std::pow(kMostSmallest / kSmallest, random.uniform());
  for (int i = 0; i < kMostLeaves && left > may_be_left; ++i) {
    const Leaf leaf(static_cast<double>(columns), static_cast<double>(rows), channels, smallest, random);
    const auto from = [&](double centre) {
      return static_cast<int64_t>(std::max(0.0, std::ceil(centre - leaf.radius)));
    };
    const auto to = [&](double centre, int64_t end) {
      return std::min(end - 1, static_cast<int64_t>(std::floor(centre + leaf.radius)));
    };
    for (int64_t row = from(leaf.y); row <= to(leaf.y, rows); ++row) {
      for (int64_t column = from(leaf.x); column <= to(leaf.x, columns); ++column) {
        const auto place = static_cast<size_t>(row * columns + column);
        if (drawn[place]) continue;
        const double u = static_cast<double>(column) - leaf.x, v = static_cast<double>(row) - leaf.y;
        const double along = u * leaf.cosine + v * leaf.sine, across = v * leaf.cosine - u * leaf.sine;
        if (!leaf.holds(along, across)) continue;
        drawn[place] = true;
        --left;
        const double grey = leaf.grey(along), texture = leaf.contrast * leaf.texture.at(along / leaf.stretch, across);
        for (int64_t c = 0; c < channels; ++c)
          numbers[c * pixels + static_cast<int64_t>(place)] = static_cast<float>(
              grey + leaf.chroma[static_cast<size_t>(c)] + leaf.tint[static_cast<size_t>(c)] * texture);
      }
    }
  }
}

// As a lens does: no edge falls between two pixels.
at::Tensor blurred(const at::Tensor& images) {
  at::Tensor sum = images;
  for (const int64_t axis : {2, 3})
    for (const int64_t by : {-1, 1}) sum = sum + at::roll(images, {by}, {axis});
  return sum / 5;
}

}  // namespace

at::Tensor dead_leaves(at::IntArrayRef shape, Random& random) {
  at::Tensor images = at::zeros(shape, at::kFloat);
  for (int64_t n = 0; n < shape[0]; ++n) draw(images[n].data_ptr<float>(), shape[1], shape[2], shape[3], random);
  images = blurred(images);
  const at::Tensor centred = images - images.mean();
  return centred / centred.square().mean().sqrt().clamp_min(1e-6);
}

}  // namespace flashcell::quant
