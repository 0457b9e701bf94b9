#include "host/inference/detect/detection_objects.hpp"

#include <algorithm>
#include <cmath>

#include "host/inference/detect/frame_detector.hpp"

namespace flashcell::host {
namespace {

constexpr float kLeastCover = 0.5F;  ///< share of an object's box inside the detection that names it

class DetectionNamer final : public Namer {
 public:
  DetectionNamer(const quant::PackedModel& model, const quant::DecodeOptions& options, int significant_bits,
                 const EngineFactory& make_engine)
      : detector_(model, options, significant_bits, make_engine) {}

  void name(const Frame& frame, ObjectTable& table) override {
    const auto detections = detector_.detect(frame.view, frame.number);
    table.names.resize(table.objects.size());
    for (size_t i = 0; i < table.objects.size(); ++i) {
      const int best = covering(table.objects[i], detections);
      table.names[i] = best < 0 ? tracking::ClassBelief{} : detector_.name(static_cast<size_t>(best));
    }
  }

 private:
  static int covering(const contract::ObjectRecord& object, std::span<const quant::Detection> detections) {
    const quant::Box box{static_cast<float>(object.left), static_cast<float>(object.top),
                         static_cast<float>(object.right + 1), static_cast<float>(object.bottom + 1)};
    const float area = box.width() * box.height();
    int best = -1;
    float most = 0;
    for (size_t i = 0; i < detections.size(); ++i) {
      const quant::Box& other = detections[i].box;
      const float width = std::min(box.right, other.right) - std::max(box.left, other.left);
      const float height = std::min(box.bottom, other.bottom) - std::max(box.top, other.top);
      if (!(width > 0) || !(height > 0) || width * height < kLeastCover * area) continue;
      const float share = width * height / (area + other.width() * other.height() - width * height);
      if (share > most) {
        most = share;
        best = static_cast<int>(i);
      }
    }
    return best;
  }

  FrameDetector detector_;
};

/// Sums over the integers low..high.
struct Sums {
  uint64_t count, first, second;  // of 1, x, x^2
  Sums(uint64_t low, uint64_t high) : count(high - low + 1), first((low + high) * count / 2) {
    const auto below = [](uint64_t n) { return n == 0 ? 0 : (n - 1) * n * (2 * n - 1) / 6; };  // of x^2, x < n
    second = below(high + 1) - below(low);
  }
};

contract::ObjectRecord filled_box(const quant::Box& box, const FrameView& frame) {
  const auto side = [](float low, float high, int size, uint16_t& first, uint16_t& last) {
    const int begin = std::clamp(static_cast<int>(std::floor(low + 0.5F)), 0, size - 1);
    const int end = std::clamp(static_cast<int>(std::floor(high + 0.5F)), begin + 1, size);
    first = static_cast<uint16_t>(begin);
    last = static_cast<uint16_t>(end - 1);
  };
  contract::ObjectRecord object{};
  side(box.left, box.right, frame.width, object.left, object.right);
  side(box.top, box.bottom, frame.height, object.top, object.bottom);
  const Sums x(object.left, object.right), y(object.top, object.bottom);
  object.m00 = static_cast<uint32_t>(x.count * y.count);
  object.m10 = x.first * y.count;
  object.m01 = y.first * x.count;
  object.m20 = x.second * y.count;
  object.m11 = x.first * y.first;
  object.m02 = y.second * x.count;
  object.first_pixel = object.top * static_cast<uint32_t>(frame.width) + object.left;
  return object;
}

/// What the tracker sees of a box: no shape, and the detector's own confidence, whatever the box is named later.
tracking::Detection seen(const contract::ObjectRecord& box, float score) {
  tracking::Detection detection = tracking::make_detection(box, nullptr, {});
  detection.cov_xx = detection.cov_xy = detection.cov_yy = 0;
  detection.has_shape = false;
  detection.confidence = score;
  return detection;
}

class DetectionDevice final : public Device {
 public:
  DetectionDevice(const quant::PackedModel& model, const quant::DecodeOptions& options, int significant_bits,
                  size_t most, const EngineFactory& make_engine)
      : detector_(model, options, significant_bits, make_engine), most_(most) {}

  std::string name() const override { return "detector"; }
  bool in_order() const override { return false; }

  void process(const Frame& frame, ObjectTable& table) override {
    const auto detections = detector_.detect(frame.view, frame.number);
    const size_t count = std::min(most_, detections.size());
    boxes_.clear();
    for (size_t i = 0; i < count; ++i) boxes_.push_back({filled_box(detections[i].box, frame.view), i});
    std::sort(boxes_.begin(), boxes_.end(), [](const NamedBox& a, const NamedBox& b) {
      return a.object.first_pixel != b.object.first_pixel ? a.object.first_pixel < b.object.first_pixel
                                                          : a.detection < b.detection;
    });
    table.clear();
    for (const NamedBox& box : boxes_) {
      table.objects.push_back(box.object);
      table.names.push_back(detector_.name(box.detection));
      table.detections.push_back(seen(box.object, detections[box.detection].score));
      table.summary.foreground += box.object.m00;
    }
    table.summary.objects = static_cast<uint32_t>(count);
    table.summary.lost = static_cast<uint32_t>(detections.size() - count);
  }

 private:
  struct NamedBox {
    contract::ObjectRecord object;
    size_t detection;
  };

  FrameDetector detector_;
  size_t most_;
  std::vector<NamedBox> boxes_;
};

}  // namespace

std::unique_ptr<Namer> make_detection_namer(const quant::PackedModel& model, const quant::DecodeOptions& options,
                                            int significant_bits, const EngineFactory& make_engine) {
  return std::make_unique<DetectionNamer>(model, options, significant_bits, make_engine);
}

std::unique_ptr<Device> make_detection_device(const quant::PackedModel& model, const quant::DecodeOptions& options,
                                              int significant_bits, size_t most, const EngineFactory& make_engine) {
  return std::make_unique<DetectionDevice>(model, options, significant_bits, most, make_engine);
}

}  // namespace flashcell::host
