#include "host/inference/detect/cell_decoder.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "host/inference/network.hpp"
#include "quant_models/sigmoid.hpp"

namespace flashcell::host {

CellDecoder::CellDecoder(const quant::PackedModel& model, const quant::DecodeOptions& options)
    : calibration_(model.calibration.value_or(Calibration())), output_(output_of(model)), options_(options) {
  if (kind_of(model) != NetworkKind::cell_detector)
    throw Error(Fault::input, model.name +
                                  ": is no cell detector: its output is not 5 + classes numbers for every "
                                  "cell of 8x8 pixels");
  rows_ = input_of(model).height / quant::kCellSize;
  columns_ = input_of(model).width / quant::kCellSize;
  classes_of(model);
  const float scale = output_scale(model);
  const int low = contract::lowest(output_.type, output_.bits), high = contract::highest(output_.type, output_.bits);
  least_stored_ = high + 1;
  for (int q = high; q >= low; --q) {
    const auto byte = static_cast<uint8_t>(q);
    value_[byte] = scale * static_cast<float>(q - output_.zero_point);
    objectness_[byte] = quant::sigmoid(value_[byte]);
    // The sigmoid rises, so that these are the stored values from some one on.
    if (objectness_[byte] >= options.least_score) least_stored_ = q;
  }
  found_.reserve(static_cast<size_t>(rows()) * static_cast<size_t>(columns()));
}

std::span<const quant::Detection> CellDecoder::decode(std::span<const uint8_t> cells) {
  found_.clear();
  const int count = rows() * columns();
  const uint8_t* objectness = cells.data() + quant::kObjectness;
  for (int cell = 0; cell < count; ++cell, objectness += output_.channels) {
    if (stored_value(output_, *objectness) >= least_stored_) decode_cell(cells, cell, objectness_[*objectness]);
  }
  suppress();
  return found_;
}

void CellDecoder::decode_cell(std::span<const uint8_t> cells, int cell, float objectness) {
  const auto channel = [&](int c) { return value(cells, cell, c); };
  const auto logit = [&](int c) { return channel(quant::kFirstClass + c); };
  int best = 0;
  for (int c = 1; c < classes(); ++c)
    if (logit(c) > logit(best)) best = c;
  float sum = 0;
  for (int c = 0; c < classes(); ++c) sum += std::exp(logit(c) - logit(best));
  quant::Detection d;
  d.score = objectness * (1 / sum);
  if (!(d.score >= options_.least_score)) return;
  d.object_class = best;
  const auto row = static_cast<float>(cell / columns()), column = static_cast<float>(cell % columns());
  const float x = (column + 0.5F + channel(quant::kCentreColumn)) * quant::kCellSize;
  const float y = (row + 0.5F + channel(quant::kCentreRow)) * quant::kCellSize;
  constexpr float kMostLog = 4;  // as quant::decode_cells
  const float width = quant::kReferenceSize * std::exp(std::min(channel(quant::kLogWidth), kMostLog));
  const float height = quant::kReferenceSize * std::exp(std::min(channel(quant::kLogHeight), kMostLog));
  d.box = {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
  d.cell = cell;
  found_.push_back(d);
}

/// Strongest first, ties to the earlier cell; a box that a stronger one covers goes.
void CellDecoder::suppress() {
  std::sort(found_.begin(), found_.end(), [](const quant::Detection& a, const quant::Detection& b) {
    return a.score != b.score ? a.score > b.score : a.cell < b.cell;
  });
  size_t kept = 0;
  for (const quant::Detection& d : found_) {
    if (kept == options_.most) break;
    const bool covered = std::any_of(found_.begin(), found_.begin() + static_cast<ptrdiff_t>(kept), [&](const auto& k) {
      return (options_.across_classes || k.object_class == d.object_class) &&
             quant::intersection_over_union(k.box, d.box) > options_.most_overlap;
    });
    if (!covered) found_[kept++] = d;
  }
  found_.resize(kept);
}

tracking::ClassBelief CellDecoder::class_of(std::span<const uint8_t> cells, const quant::Detection& box) const {
  tracking::ClassBelief belief;
  belief.classes = classes();
  for (int c = 0; c < classes(); ++c)
    belief.log_weight[static_cast<size_t>(c)] = value(cells, box.cell, quant::kFirstClass + c);
  conclude_box(calibration_, box, belief);
  return belief;
}

}  // namespace flashcell::host
