#include "quant_models/models/known_detectors.hpp"

#include "quant_models/graph/output_tail.hpp"
#include "quant_models/models/detector_heads.hpp"

namespace flashcell::quant {
namespace {

const std::vector<std::string> kCocoClasses = {
    "person",         "bicycle",    "car",           "motorcycle",    "airplane",     "bus",           "train",
    "truck",          "boat",       "traffic light", "fire hydrant",  "stop sign",    "parking meter", "bench",
    "bird",           "cat",        "dog",           "horse",         "sheep",        "cow",           "elephant",
    "bear",           "zebra",      "giraffe",       "backpack",      "umbrella",     "handbag",       "tie",
    "suitcase",       "frisbee",    "skis",          "snowboard",     "sports ball",  "kite",          "baseball bat",
    "baseball glove", "skateboard", "surfboard",     "tennis racket", "bottle",       "wine glass",    "cup",
    "fork",           "knife",      "spoon",         "bowl",          "banana",       "apple",         "sandwich",
    "orange",         "broccoli",   "carrot",        "hot dog",       "pizza",        "donut",         "cake",
    "chair",          "couch",      "potted plant",  "bed",           "dining table", "toilet",        "tv",
    "laptop",         "mouse",      "remote",        "keyboard",      "cell phone",   "microwave",     "oven",
    "toaster",        "sink",       "refrigerator",  "book",          "clock",        "vase",          "scissors",
    "teddy bear",     "hair drier", "toothbrush"};

Preprocessing bgr(float factor) {
  Preprocessing p;
  p.channels = Preprocessing::Channels::bgr;
  p.factor = {factor, factor, factor};
  return p;
}

}  // namespace

std::optional<KnownDetector> recognize_detector(const Graph& graph) {
  const Graph bare = remove_output_tail(graph);
  std::vector<DetectorHead> heads;
  for (const Output& output : bare.outputs()) {
    const Shape& shape = bare.node(output.node).shape;
    if (shape.size() != 4) return std::nullopt;
    heads.push_back(
        {output.name, static_cast<int>(shape[2]), static_cast<int>(shape[3]), static_cast<int>(shape[1]), {}});
  }
  if (is_yunet(heads)) return KnownDetector{"YuNet", bgr(1), {"face"}};
  if (!is_fastestdet(heads)) return std::nullopt;
  const bool coco = static_cast<size_t>(fastestdet_classes(heads).channels) == kCocoClasses.size();
  return KnownDetector{"FastestDet", bgr(1.0F / 255), coco ? kCocoClasses : std::vector<std::string>{}};
}

}  // namespace flashcell::quant
