#include "host/device/naming.hpp"

#include "base/error.hpp"
#include "host/arrays/array_engine.hpp"
#include "host/inference/detect/detection_objects.hpp"
#include "host/inference/network.hpp"
#include "host/inference/roi/roi_namer.hpp"

namespace flashcell::host {
namespace {

constexpr int kAnyBits = 8;  // of grey samples, for a trial

quant::DecodeOptions decode_options(const DetectSection& s) {
  quant::DecodeOptions options;
  options.least_score = static_cast<float>(s.least_score);
  options.most_overlap = static_cast<float>(s.most_overlap);
  return options;
}

std::shared_ptr<const quant::PackedModel> read_kind(const std::string& path, bool detector, const std::string& key) {
  quant::PackedModel model = read_network(path);
  const NetworkKind kind = kind_of(model);
  if (detector ? !is_detector(kind) : kind != NetworkKind::classifier) {
    throw Error(Fault::input, path + ": is no " + (detector ? "detector" : "classifier") + ", as " + key +
                                  " wants; `flashcell model inspect` shows its layers");
  }
  return std::make_shared<const quant::PackedModel>(std::move(model));
}

/// Arrays compute networks and nothing else.
void check_device(const Config& config, bool has_network) {
  if (config.pipeline.device != DeviceKind::cim) return;
  if (config.cim.preset.empty())
    throw Error(Fault::usage,
                "pipeline.device = \"cim\": say which arrays (cim.preset, or --device cim:PRESET); "
                "`flashcell cim presets` lists them");
  if (!has_network)
    throw Error(
        Fault::usage,
        "pipeline.device = \"cim\": arrays run networks, and there is none (classify.model, detect.model); take "
        "device cpu, or name one");
}

/// What computes the network of `model`: the CPU, or a chip of arrays of its own.
EngineFactory engine_for(const Config& config, const std::string& path,
                         const std::shared_ptr<const quant::PackedModel>& model) {
  if (!model || config.pipeline.device != DeviceKind::cim) return make_cpu_engine;
  ArrayChoice choice;
  choice.device = config.cim.preset + (config.cim.time.empty() ? "" : ",time=" + config.cim.time);
  choice.calibration = config.cim.calibration;
  return make_array_engines(path, *model, choice, static_cast<uint64_t>(config.cim.seed));
}

bool is_colour_network(const std::shared_ptr<const quant::PackedModel>& model) {
  return model && model->preprocessing.channels != quant::Preprocessing::Channels::grey;
}

}  // namespace

Naming::Naming(const Config& config) : config_(config) {
  check_sections();
  if (!config.detect.model.empty()) detector_ = read_kind(config.detect.model, true, "detect.model");
  if (!config.classify.model.empty()) classifier_ = read_kind(config.classify.model, false, "classify.model");
  classifier_engine_ = engine_for(config, config.classify.model, classifier_);
  detector_engine_ = engine_for(config, config.detect.model, detector_);
  if (classifier_ || detector_) classes_ = classes_of(classifier_ ? *classifier_ : *detector_);
  // What does not fit is said now, and not by the first worker.
  if (finds_objects()) objects(kAnyBits).make_device();
  if (const NamerFactory make = namer(kAnyBits)) make();
}

void Naming::check_sections() const {
  const bool classifies = !config_.classify.model.empty(), detects = !config_.detect.model.empty();
  const bool instead = config_.detect.objects == DetectionUse::instead;
  if ((classifies || detects) && !config_.track.classes.empty()) {
    throw Error(Fault::usage, std::string("track.classes and ") + (classifies ? "classify" : "detect") +
                                  ".model both name objects; leave one of them empty");
  }
  if (classifies && detects && !instead) {
    throw Error(Fault::usage,
                "classify.model and detect.model both name objects; leave one of them empty, or set detect.objects = "
                "\"instead\" to have the detector find what the classifier names");
  }
  check_device(config_, classifies || detects);
  const bool labels_on_cpu = config_.pipeline.device == DeviceKind::cpu || config_.pipeline.device == DeviceKind::cim;
  if (detects && instead && !labels_on_cpu) {
    throw Error(Fault::usage, "detect.objects = \"instead\" leaves nothing to label: pipeline.device must be " +
                                  std::string(name_in(kDeviceKinds, DeviceKind::cpu)) +
                                  ", or detect.objects \"beside\"");
  }
  if (detects && instead && config_.track.intensity_centroid) {
    throw Error(Fault::usage,
                "track.intensity_centroid needs pixels, but detect.objects = \"instead\" leaves only boxes");
  }
}

Calibration Naming::calibration() const {
  const auto& model = classifier_ ? classifier_ : detector_;
  return model ? model->calibration.value_or(Calibration()) : Calibration();
}

bool Naming::wants_colour() const {
  return is_colour_network(classifier_) || is_colour_network(detector_);
}

NamerFactory Naming::namer(int significant_bits) const {
  if (classifier_) {
    return [model = classifier_, engine = classifier_engine_, section = config_.classify, significant_bits] {
      return make_roi_namer(*model, section.crop, significant_bits, static_cast<float>(section.least_confidence),
                            engine);
    };
  }
  if (detector_ && !finds_objects()) {
    return [model = detector_, engine = detector_engine_, decode = decode_options(config_.detect), significant_bits] {
      return make_detection_namer(*model, decode, significant_bits, engine);
    };
  }
  return {};
}

ObjectStage Naming::objects(int significant_bits) const {
  quant::DecodeOptions decode = decode_options(config_.detect);
  decode.across_classes = true;  // an object is of one class
  ObjectStage stage;
  stage.make_device = [model = detector_, engine = detector_engine_, decode, significant_bits,
                       most = config_.label.max_objects] {
    return make_detection_device(*model, decode, significant_bits, most, engine);
  };
  return stage;
}

}  // namespace flashcell::host
