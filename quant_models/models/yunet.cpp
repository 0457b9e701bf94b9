#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "quant_models/models/detector_heads.hpp"
#include "quant_models/sigmoid.hpp"

namespace flashcell::quant {
namespace {

constexpr std::array<int, 3> kSteps = {8, 16, 32};  // pixels from one prediction to the next

struct Level {
  const DetectorHead *faces = nullptr, *objects = nullptr, *boxes = nullptr;
};

const DetectorHead* find(std::span<const DetectorHead> heads, const char* what, int step, int channels) {
  for (const DetectorHead& head : heads) {
    if (head.name == what + std::to_string(step) && head.channels == channels) return &head;
  }
  return nullptr;
}

Level level_of(std::span<const DetectorHead> heads, int step) {
  return {find(heads, "cls_", step, 1), find(heads, "obj_", step, 1), find(heads, "bbox_", step, 4)};
}

bool complete(const Level& l) {
  if (l.faces == nullptr || l.objects == nullptr || l.boxes == nullptr) return false;
  const auto same = [&](const DetectorHead& h) { return h.rows == l.faces->rows && h.columns == l.faces->columns; };
  return same(*l.objects) && same(*l.boxes);
}

void decode_level(const Level& level, int step, int first_cell, float least_score, std::vector<Detection>& found) {
  const auto pixels = static_cast<float>(step);
  for (int row = 0; row < level.faces->rows; ++row) {
    for (int column = 0; column < level.faces->columns; ++column) {
      const auto cell =
          static_cast<size_t>(row) * static_cast<size_t>(level.faces->columns) + static_cast<size_t>(column);
      const float score = std::sqrt(sigmoid(level.faces->values[cell]) * sigmoid(level.objects->values[cell]));
      if (score < least_score) continue;
      const std::span<const float> b = level.boxes->values.subspan(cell * 4, 4);
      const float x = (static_cast<float>(column) + b[0]) * pixels, y = (static_cast<float>(row) + b[1]) * pixels;
      const float w = std::exp(b[2]) * pixels, h = std::exp(b[3]) * pixels;
      found.push_back({{x - w / 2, y - h / 2, x + w / 2, y + h / 2}, 0, score, first_cell + static_cast<int>(cell)});
    }
  }
}

}  // namespace

bool is_yunet(std::span<const DetectorHead> heads) {
  return std::all_of(kSteps.begin(), kSteps.end(), [&](int step) { return complete(level_of(heads, step)); });
}

std::vector<Detection> decode_yunet(std::span<const DetectorHead> heads, const DecodeOptions& options) {
  if (!is_yunet(heads)) throw std::invalid_argument("these are not YuNet's heads");
  check_values(heads);
  std::vector<Detection> found;
  int first_cell = 0;
  for (const int step : kSteps) {
    const Level level = level_of(heads, step);
    decode_level(level, step, first_cell, options.least_score, found);
    first_cell += level.faces->rows * level.faces->columns;
  }
  return suppress_overlaps(std::move(found), options);
}

}  // namespace flashcell::quant
