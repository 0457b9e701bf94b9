#include "quant_models/train/average_precision.hpp"

#include <algorithm>

namespace flashcell::quant {
namespace {

struct Candidate {
  float score = 0;
  size_t picture = 0;
  Box box;
};

enum class Verdict { hit, miss, ignored };

class ClassEvaluation {
 public:
  ClassEvaluation(const std::vector<DetectedPicture>& pictures, int object_class) {
    for (size_t p = 0; p < pictures.size(); ++p) {
      std::vector<MarkedObject> objects;
      for (const MarkedObject& o : pictures[p].objects)
        if (o.object_class == object_class) objects.push_back(o);
      for (const MarkedObject& o : objects) countable_ += !o.difficult;
      for (const Detection& d : pictures[p].detections)
        if (d.object_class == object_class) candidates_.push_back({d.score, p, d.box});
      found_.emplace_back(objects.size(), false);
      objects_.push_back(std::move(objects));
    }
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  }

  double average_precision(double least_overlap) {
    if (countable_ == 0) return -1;
    std::vector<double> recall, precision;
    double hits = 0, misses = 0;
    for (const Candidate& c : candidates_) {
      const Verdict verdict = judge(c, least_overlap);
      if (verdict == Verdict::ignored) continue;
      (verdict == Verdict::hit ? hits : misses) += 1;
      recall.push_back(hits / static_cast<double>(countable_));
      precision.push_back(hits / (hits + misses));
    }
    double area = 0, best = 0;
    for (size_t i = recall.size(); i-- > 0;) {
      best = std::max(best, precision[i]);
      area += best * (recall[i] - (i > 0 ? recall[i - 1] : 0));
    }
    return area;
  }

 private:
  Verdict judge(const Candidate& c, double least_overlap) {
    const std::vector<MarkedObject>& objects = objects_[c.picture];
    size_t nearest = 0;
    float overlap = -1;
    for (size_t i = 0; i < objects.size(); ++i) {
      const float each = intersection_over_union(c.box, objects[i].box);
      if (each > overlap) {
        overlap = each;
        nearest = i;
      }
    }
    if (static_cast<double>(overlap) < least_overlap) return Verdict::miss;
    if (objects[nearest].difficult) return Verdict::ignored;
    if (found_[c.picture][nearest]) return Verdict::miss;
    found_[c.picture][nearest] = true;
    return Verdict::hit;
  }

  std::vector<std::vector<MarkedObject>> objects_;  // by picture
  std::vector<std::vector<bool>> found_;
  std::vector<Candidate> candidates_;
  size_t countable_ = 0;
};

}  // namespace

std::vector<std::pair<const MarkedObject*, const Detection*>> matches(const DetectedPicture& picture) {
  constexpr float kLeastOverlap = 0.5F;
  std::vector<std::pair<const MarkedObject*, const Detection*>> found;
  for (const MarkedObject& object : picture.objects) {
    const Detection* best = nullptr;
    float most = kLeastOverlap;
    for (const Detection& detection : picture.detections) {
      const float overlap = intersection_over_union(object.box, detection.box);
      if (overlap < most) continue;
      best = &detection;
      most = overlap;
    }
    if (best != nullptr && !object.difficult) found.emplace_back(&object, best);
  }
  return found;
}

AveragePrecision average_precision(const std::vector<DetectedPicture>& pictures, int classes, double least_overlap) {
  AveragePrecision result;
  int counted = 0;
  for (int c = 0; c < classes; ++c) {
    result.by_class.push_back(ClassEvaluation(pictures, c).average_precision(least_overlap));
    if (result.by_class.back() < 0) continue;
    result.mean += result.by_class.back();
    ++counted;
  }
  if (counted > 0) result.mean /= counted;
  return result;
}

}  // namespace flashcell::quant
