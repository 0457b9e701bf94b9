#include "quant_models/data/picture_fit.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr int kWeightBits = 22;  // 32 less 8 of the pixel and 2 of room

/// What one new pixel reads: `weights.size()` old ones from `first` on.
struct Reach {
  int first = 0;
  std::vector<int32_t> weights;
};

std::vector<Reach> reaches(int from, int to) {
  const double scale = static_cast<double>(from) / to, support = std::max(scale, 1.0);
  std::vector<Reach> all;
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int last = std::min(static_cast<int>(centre + support + 0.5), from);
    std::vector<double> weights;
    double sum = 0;
    for (int k = first; k < last; ++k) {
      weights.push_back(std::max(0.0, 1 - std::abs((k - centre + 0.5) / support)));
      sum += weights.back();
    }
    Reach reach{first, {}};
    for (const double weight : weights)
      reach.weights.push_back(static_cast<int32_t>(std::floor(weight / sum * (1 << kWeightBits) + 0.5)));
    all.push_back(std::move(reach));
  }
  return all;
}

// One new pixel of a line whose neighbours lie `step` apart.
uint8_t filtered(const uint8_t* line, size_t step, const Reach& reach) {
  int32_t sum = 1 << (kWeightBits - 1);
  const uint8_t* pixel = line + static_cast<size_t>(reach.first) * step;
  for (const int32_t weight : reach.weights) {
    sum += weight * *pixel;
    pixel += step;
  }
  return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

Picture resample_columns(const Picture& picture, int columns) {
  if (picture.columns == columns) return picture;
  Picture out{picture.channels, picture.rows, columns, {}};
  const std::vector<Reach> all = reaches(picture.columns, columns);
  for (int line = 0; line < picture.channels * picture.rows; ++line)
    for (const Reach& reach : all)
      out.pixels.push_back(
          filtered(picture.pixels.data() + static_cast<size_t>(line) * static_cast<size_t>(picture.columns), 1, reach));
  return out;
}

Picture resample_rows(const Picture& picture, int rows) {
  if (picture.rows == rows) return picture;
  Picture out{picture.channels, rows, picture.columns, {}};
  const std::vector<Reach> all = reaches(picture.rows, rows);
  const auto columns = static_cast<size_t>(picture.columns);
  for (int channel = 0; channel < picture.channels; ++channel) {
    const uint8_t* plane =
        picture.pixels.data() + static_cast<size_t>(channel) * static_cast<size_t>(picture.rows) * columns;
    for (const Reach& reach : all)
      for (size_t column = 0; column < columns; ++column)
        out.pixels.push_back(filtered(plane + column, columns, reach));
  }
  return out;
}

Picture middle(const Picture& picture, int rows, int columns) {
  // Halves to even, as Python rounds.
  const auto before = [](int room) { return static_cast<int>(std::nearbyint(room / 2.0)); };
  const int top = before(picture.rows - rows), left = before(picture.columns - columns);
  Picture out{picture.channels, rows, columns, {}};
  for (int channel = 0; channel < picture.channels; ++channel) {
    for (int row = 0; row < rows; ++row) {
      const auto line = picture.pixels.begin() +
                        (static_cast<ptrdiff_t>(channel) * picture.rows + top + row) * picture.columns + left;
      out.pixels.insert(out.pixels.end(), line, line + columns);
    }
  }
  return out;
}

}  // namespace

Picture resample(const Picture& picture, int rows, int columns) {
  return resample_rows(resample_columns(picture, columns), rows);
}

Picture fitted(const Picture& picture, int rows, int columns, const PictureFit& fit, const std::string& name) {
  if (fit.short_side == 0) return resize(picture, rows, columns);
  const int64_t shorter = std::min(picture.rows, picture.columns);
  const auto scaled = [&](int side) { return static_cast<int>(int64_t{side} * fit.short_side / shorter); };
  const Picture sized = resample(picture, scaled(picture.rows), scaled(picture.columns));
  if (sized.rows < rows || sized.columns < columns)
    throw ModelError(name + ": is " + std::to_string(sized.columns) + "x" + std::to_string(sized.rows) +
                     " with a short side of " + std::to_string(fit.short_side) + "; " + std::to_string(columns) + "x" +
                     std::to_string(rows) + " cannot be cut out");
  return middle(sized, rows, columns);
}

}  // namespace flashcell::quant
