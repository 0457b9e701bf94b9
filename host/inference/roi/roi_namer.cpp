#include "host/inference/roi/roi_namer.hpp"

#include "host/inference/roi/roi_classifier.hpp"

namespace flashcell::host {
namespace {

class RoiNamer final : public Namer {
 public:
  RoiNamer(const quant::PackedModel& model, const CropParameters& parameters, int significant_bits,
           float least_confidence, const EngineFactory& make_engine)
      : classifier_(model, parameters, significant_bits, make_engine), least_confidence_(least_confidence) {}

  void name(const Frame& frame, ObjectTable& table) override {
    table.names.resize(table.objects.size());
    classifier_.classify(frame.view, table.objects, table.names, frame.number);
    for (tracking::ClassBelief& name : table.names) {
      if (name.confidence < least_confidence_) name = {};
    }
  }

 private:
  RoiClassifier classifier_;
  float least_confidence_;
};

}  // namespace

std::unique_ptr<Namer> make_roi_namer(const quant::PackedModel& model, const CropParameters& parameters,
                                      int significant_bits, float least_confidence, const EngineFactory& make_engine) {
  return std::make_unique<RoiNamer>(model, parameters, significant_bits, least_confidence, make_engine);
}

}  // namespace flashcell::host
