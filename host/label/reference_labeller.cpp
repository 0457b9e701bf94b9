// The labeller to read: one pixel after the other. The others must give the same bytes.
#include <algorithm>
#include <cstring>
#include <vector>

#include "host/label/label_checks.hpp"
#include "host/label/labeller.hpp"
#include "host/label/object_selection.hpp"
#include "host/label/pixel_labels.hpp"
#include "kernels_hls/contract/colour.hpp"
#include "kernels_hls/contract/hlac.hpp"

namespace flashcell::host {
namespace {

using contract::ObjectFeatures;
using contract::ObjectRecord;

struct Rgb {
  uint8_t r, g, b;
};

Rgb rgb_at(const FrameView& frame, int x, int y) {
  const uint8_t* p = frame.row(y) + 3 * x;
  return frame.format == PixelFormat::bgr8 ? Rgb{p[2], p[1], p[0]} : Rgb{p[0], p[1], p[2]};
}

uint32_t grey_at(const FrameView& frame, int x, int y) {
  if (is_colour(frame.format)) {
    const Rgb c = rgb_at(frame, x, y);
    return contract::luma8(c.r, c.g, c.b);
  }
  if (frame.format == PixelFormat::grey8) return frame.row(y)[x];
  uint16_t value;
  std::memcpy(&value, frame.row(y) + 2 * x, sizeof(value));
  return value;
}

// Pixels come in raster order, so the object's first is its first_pixel.
void add_geometry(int x, int y, int width, ObjectRecord& object) {
  const uint64_t ux = static_cast<uint64_t>(x), uy = static_cast<uint64_t>(y);
  const uint16_t x16 = static_cast<uint16_t>(x), y16 = static_cast<uint16_t>(y);
  if (object.m00 == 0) {
    object.first_pixel = static_cast<uint32_t>(y * width + x);
    object.left = object.right = x16;
    object.top = object.bottom = y16;
  }
  object.m00 += 1;
  object.m10 += ux;
  object.m01 += uy;
  object.m20 += ux * ux;
  object.m11 += ux * uy;
  object.m02 += uy * uy;
  object.left = std::min(object.left, x16);
  object.right = std::max(object.right, x16);
  object.bottom = std::max(object.bottom, y16);
}

void add_hlac(const BitImage& mask, int x, int y, ObjectFeatures& features) {
  uint8_t neighbours = 0;
  for (int k = 0; k < 8; ++k) {
    const int nx = x + contract::kNeighbourDx[k], ny = y + contract::kNeighbourDy[k];
    const bool inside = nx >= 0 && nx < mask.width() && ny >= 0 && ny < mask.height();
    if (inside && mask.get(nx, ny)) neighbours |= static_cast<uint8_t>(1 << k);
  }
  for (int i = 0; i < contract::kHlacCount; ++i) {
    const uint8_t pattern = contract::kHlacPatterns[i].neighbours;
    if ((neighbours & pattern) == pattern) ++features.hlac[i];
  }
}

void add_hue(Rgb colour, const contract::LabelParameters& parameters, ObjectFeatures& features) {
  const contract::Hsv8 hsv = contract::hsv8(colour.r, colour.g, colour.b);
  if (hsv.s < parameters.saturation_floor || hsv.v < parameters.value_floor) {
    ++features.achromatic;
  } else {
    ++features.hue[hsv.h >> 4];
  }
}

void add_intensity(uint32_t grey, int x, int y, ObjectRecord& object, ObjectFeatures& features) {
  features.sum_i += grey;
  features.sum_ix += static_cast<uint64_t>(grey) * x;
  features.sum_iy += static_cast<uint64_t>(grey) * y;
  object.peak = std::max(object.peak, grey);
}

class ReferenceLabeller final : public Labeller {
 public:
  explicit ReferenceLabeller(const contract::LabelParameters& parameters)
      : parameters_(parameters), pixel_labels_(parameters) {}

  void label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) override {
    check_input(parameters_, mask, pixels, colour_class);
    measure(mask, pixels, colour_class, table.summary);
    append(table);
  }

 private:
  // Every object of the frame into objects_.
  void measure(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, contract::FrameSummary& summary) {
    const std::vector<uint32_t>& labels = pixel_labels_.render(mask);
    ObjectRecord none{};
    none.class_id = colour_class;
    objects_.assign(pixel_labels_.count(), none);
    features_.assign(parameters_.features != 0 ? objects_.size() : 0, {});
    for (int y = 0; y < mask.height(); ++y) {
      for (int x = 0; x < mask.width(); ++x) {
        summary.foreground += mask.get(x, y) ? 1 : 0;
        const uint32_t label = labels[static_cast<size_t>(y) * mask.width() + x];
        if (label == 0) continue;
        ObjectRecord& object = objects_[label - 1];
        add_geometry(x, y, mask.width(), object);
        if (parameters_.features != 0) add_features(mask, pixels, x, y, object, features_[label - 1]);
      }
    }
  }

  void add_features(const BitImage& mask, const FrameView& pixels, int x, int y, ObjectRecord& object,
                    ObjectFeatures& features) {
    if (parameters_.features & contract::kFeatureHlac) add_hlac(mask, x, y, features);
    if (parameters_.features & contract::kFeatureHue) add_hue(rgb_at(pixels, x, y), parameters_, features);
    if (parameters_.features & contract::kFeatureIntensity)
      add_intensity(grey_at(pixels, x, y), x, y, object, features);
  }

  // Those that pass the filter and fit into the table.
  void append(ObjectTable& table) {
    candidates_.clear();
    for (uint32_t i = 0; i < objects_.size(); ++i) {
      if (passes_filter(parameters_, objects_[i].m00)) {
        candidates_.push_back({objects_[i].first_pixel, i, objects_[i].bottom});
      } else {
        table.summary.leave_out(parameters_, objects_[i].m00);
      }
    }
    const size_t kept = select_objects(candidates_, parameters_.max_objects, table);
    append_objects({candidates_.data(), kept}, objects_, features_, table);
  }

  contract::LabelParameters parameters_;
  PixelLabels pixel_labels_;
  std::vector<ObjectRecord> objects_;
  std::vector<ObjectFeatures> features_;  // of each object, where any are measured
  std::vector<Candidate> candidates_;
};

}  // namespace

std::unique_ptr<Labeller> make_reference_labeller(const contract::LabelParameters& parameters) {
  return std::make_unique<ReferenceLabeller>(parameters);
}

}  // namespace flashcell::host
