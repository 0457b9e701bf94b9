#pragma once
#include <utility>
#include <vector>

#include "quant_models/data/detection_set.hpp"
#include "quant_models/models/cell_detector.hpp"

namespace flashcell::quant {

/// One picture's marked and detected objects, in the same pixels.
struct DetectedPicture {
  std::vector<MarkedObject> objects;
  std::vector<Detection> detections;
};

/// Marked objects, but difficult ones, each with the detection that overlaps it most, whatever its class, where they
/// share at least half.
std::vector<std::pair<const MarkedObject*, const Detection*>> matches(const DetectedPicture& picture);

struct AveragePrecision {
  std::vector<double> by_class;  ///< 0..1; -1 where the class has no object that counts
  double mean = 0;               ///< over the classes that have one
};

/// Average precision as PASCAL VOC computes it from 2010 on: detections of all pictures by falling score (ties: in the
/// order given), each compared with the marked object of its class that it overlaps most in its picture. A hit when
/// that overlap is at least `least_overlap` and the object was not found before; neither hit nor miss when the object
/// is marked difficult; else a miss. The area under the curve of precision over recall, precision made
/// falling (Everingham et al., The PASCAL VOC Challenge: A Retrospective, IJCV 2015, section 3.1).
AveragePrecision average_precision(const std::vector<DetectedPicture>& pictures, int classes,
                                   double least_overlap = 0.5);

}  // namespace flashcell::quant
