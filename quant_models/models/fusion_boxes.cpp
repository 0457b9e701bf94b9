#include "quant_models/models/fusion_boxes.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/sigmoid.hpp"

namespace flashcell::quant {
namespace {

constexpr int kFirstStep = 8, kLevels = 5;
constexpr float kLeastOverlap = 0.5F, kMostBackground = 0.4F;
constexpr float kMostLog = 4;             // far beyond any object: keeps the numbers finite
constexpr size_t kMostCandidates = 1000;  // that overlaps are looked for among (Lin et al., section 4.1)

int places_along(int pixels, int step) {
  return (pixels + step - 1) / step;
}

void add_level(int rows, int columns, int step, float ratio, float side, std::vector<Box>& anchors) {
  const float width = side * static_cast<float>(step) / std::sqrt(ratio), height = width * ratio;
  for (int row = 0; row < places_along(rows, step); ++row)
    for (int column = 0; column < places_along(columns, step); ++column) {
      const float x = (static_cast<float>(column) + 0.5F) * static_cast<float>(step);
      const float y = (static_cast<float>(row) + 0.5F) * static_cast<float>(step);
      anchors.push_back({x - width / 2, y - height / 2, x + width / 2, y + height / 2});
    }
}

}  // namespace

std::vector<Box> make_anchors(int rows, int columns, const AnchorOptions& options) {
  if (rows < 32 || columns < 32 || rows % 32 != 0 || columns % 32 != 0 || options.ratios.empty() || !(options.side > 0))
    throw std::invalid_argument("make_anchors: rows and columns are multiples of 32, sides above 0, with a ratio");
  std::vector<Box> anchors;
  for (const float ratio : options.ratios)
    for (int level = 0; level < kLevels; ++level)
      add_level(rows, columns, kFirstStep << level, ratio, options.side, anchors);
  return anchors;
}

std::array<float, 4> box_numbers(const Box& box, const Box& anchor) {
  return {(box.left + box.right - anchor.left - anchor.right) / (2 * anchor.width()),
          (box.top + box.bottom - anchor.top - anchor.bottom) / (2 * anchor.height()),
          std::log(box.width() / anchor.width()), std::log(box.height() / anchor.height())};
}

Box box_of(std::span<const float, 4> numbers, const Box& anchor) {
  const float x = (anchor.left + anchor.right) / 2 + numbers[0] * anchor.width();
  const float y = (anchor.top + anchor.bottom) / 2 + numbers[1] * anchor.height();
  const float width = anchor.width() * std::exp(std::clamp(numbers[2], -kMostLog, kMostLog));
  const float height = anchor.height() * std::exp(std::clamp(numbers[3], -kMostLog, kMostLog));
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

std::vector<Detection> decode_fusion(std::span<const float> output, std::span<const Box> anchors, int classes,
                                     const AnchorOptions& options, const DecodeOptions& decode) {
  const size_t each = options.ratios.size(), kinds = static_cast<size_t>(std::max(classes, 0));
  if (classes < 1 || each == 0 || anchors.size() % each != 0 || output.size() != anchors.size() * (kinds + 4))
    throw std::invalid_argument("decode_fusion: the output does not have classes + 4 numbers for each anchor");
  const size_t places = anchors.size() / each;
  const float least_logit = std::log(decode.least_score / (1 - decode.least_score));
  std::vector<Detection> found;
  for (size_t i = 0; i < anchors.size(); ++i) {
    const size_t anchor = i / places, place = i % places;
    const auto number = [&](size_t row) { return output[row * places + place]; };
    for (size_t c = 0; c < kinds; ++c) {
      const float logit = number(anchor * kinds + c);
      if (!(logit >= least_logit)) continue;
      const size_t first = each * kinds + anchor * 4;
      const std::array<float, 4> numbers = {number(first), number(first + 1), number(first + 2), number(first + 3)};
      Detection d;
      d.box = box_of(numbers, anchors[i]);
      d.object_class = static_cast<int>(c);
      d.score = sigmoid(logit);
      d.cell = static_cast<int>(i);
      found.push_back(d);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  if (found.size() > kMostCandidates) found.resize(kMostCandidates);
  return suppress_overlaps(std::move(found), decode);
}

std::vector<AnchorTarget> assign_anchors(std::span<const Box> anchors, std::span<const MarkedObject> objects) {
  std::vector<AnchorTarget> targets(anchors.size());
  std::vector<float> most(anchors.size(), 0);
  for (const MarkedObject& object : objects) {
    size_t best = anchors.size();
    float best_overlap = 0;
    for (size_t i = 0; i < anchors.size(); ++i) {
      const float overlap = intersection_over_union(anchors[i], object.box);
      if (overlap > best_overlap) {
        best = i;
        best_overlap = overlap;
      }
      if (overlap < kMostBackground || overlap <= most[i]) continue;
      most[i] = overlap;
      const bool learned = overlap >= kLeastOverlap && !object.difficult;
      targets[i] = {learned ? object.object_class : AnchorTarget::kIgnored, object.box};
    }
    if (best == anchors.size() || object.difficult) continue;
    most[best] = 2;  // beyond any overlap: nobody else's
    targets[best] = {object.object_class, object.box};
  }
  return targets;
}

}  // namespace flashcell::quant
