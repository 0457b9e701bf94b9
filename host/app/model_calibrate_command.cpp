#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "base/calibration.hpp"
#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/labelled_pictures.hpp"
#include "host/app/picture_file.hpp"
#include "host/app/progress.hpp"
#include "host/inference/detect/frame_detector.hpp"
#include "host/inference/network.hpp"
#include "quant_models/data/scene_folder.hpp"
#include "quant_models/data/voc.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/train/average_precision.hpp"

namespace flashcell::app {
namespace {

struct CalibrationOptions {
  std::string network, data, part, diagram;
  double least_score = 0.2;  ///< as detect.least_score
  bool json = false, quiet = false;
};

HeldOutExamples classify(const CalibrationOptions& o, const quant::PackedModel& model) {
  const std::unique_ptr<NetworkRun> network = make_run(o.network, run_choice("", "", false));
  const LabelledPictures pictures = read_labelled_pictures(o.data, *network, o.network);
  HeldOutExamples examples;
  examples.classes = host::classes_of(model).size();
  Progress progress("classifying", static_cast<int64_t>(pictures.size()), o.quiet);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const std::vector<float> scores = scores_of(*network, pictures, i);
    examples.add(scores, pictures.images.labels[i], pictures.objects[i], score_strangeness(scores));
    progress.update(static_cast<int64_t>(i) + 1);
  }
  return examples;
}

quant::DetectionSet read_marked_pictures(const CalibrationOptions& o, int channels,
                                         const std::vector<std::string>& classes) {
  const quant::FileSet files(o.data);
  quant::DetectionSet set = files.contains("truth.csv") ? quant::read_scene(files, o.part, channels, classes)
                                                        : quant::read_voc(files, o.part, channels, classes);
  if (set.classes.size() > classes.size())
    throw Error(Fault::input, fmt::format("{}: class '{}' is none of the network's", o.data, set.classes.back()));
  return set;
}

/// As a camera would deliver it: channels side by side, blue first.
cv::Mat frame_of(const quant::Picture& picture) {
  std::vector<cv::Mat> planes;
  const size_t plane = static_cast<size_t>(picture.rows) * static_cast<size_t>(picture.columns);
  for (int c = picture.channels; c-- > 0;)
    planes.push_back(cv::Mat(picture.rows, picture.columns, CV_8UC1,
                             const_cast<uint8_t*>(picture.pixels.data()) + plane * static_cast<size_t>(c)));
  cv::Mat frame;
  cv::merge(planes, frame);
  return frame;
}

HeldOutExamples detect(const CalibrationOptions& o, quant::PackedModel model) {
  // As the network says it: not divided, and bounded far beyond what a score can be.
  model.calibration = Calibration{1, std::numeric_limits<float>::min(), 0, 0};
  quant::DecodeOptions decode;
  decode.least_score = static_cast<float>(o.least_score);
  decode.across_classes = true;  // an object is of one class
  host::FrameDetector detector(model, decode, 8);
  const std::vector<std::string> classes = host::classes_of(model);
  const quant::DetectionSet set = read_marked_pictures(o, model.preprocessing.count(), classes);
  HeldOutExamples examples;
  examples.classes = classes.size();
  Progress progress("looking at pictures", static_cast<int64_t>(set.pictures.size()), o.quiet);
  for (size_t i = 0; i < set.pictures.size(); ++i) {
    const cv::Mat frame = frame_of(set.pictures[i].picture);
    const auto found = detector.detect(view_of(frame));
    const quant::DetectedPicture detected{set.pictures[i].objects, {found.begin(), found.end()}};
    for (const auto& [object, detection] : quant::matches(detected)) {
      const auto name = detector.name(static_cast<size_t>(detection - detected.detections.data()));
      const std::span<const float> scores(name.log_weight.data(), classes.size());
      examples.add(scores, object->object_class, static_cast<int>(examples.size()), score_strangeness(scores));
    }
    progress.update(static_cast<int64_t>(i) + 1);
  }
  return examples;
}

int calibrate_answers(const CalibrationOptions& o) {
  try {
    quant::PackedModel model = quant::read_packed_file(o.network);
    const bool detects = host::is_detector(host::kind_of(model));
    const HeldOutExamples examples = detects ? detect(o, model) : classify(o, model);
    const CalibrationFit fit = fit_calibration(examples);
    if (!(fit.calibration.objects > 0))
      throw Error(Fault::input, fmt::format("{}: shows nothing that the network could name, of two classes at least; "
                                            "nothing is calibrated",
                                            o.data));
    model.calibration = fit.calibration;
    quant::write_packed_file(o.network, model);
    if (!o.diagram.empty()) write_file(o.diagram, fit.reliability.diagram(o.network));
    const Calibration& c = fit.calibration;
    if (o.json) {
      const nlohmann::ordered_json json = {{"network", o.network},
                                           {"data", o.data},
                                           {"examples", examples.size()},
                                           {"objects", c.objects},
                                           {"share_right", fit.share_right},
                                           {"temperature", c.temperature},
                                           {"most_confidence", 1 - c.doubt},
                                           {"familiar", c.familiar},
                                           {"calibration_error", fit.reliability.error()}};
      fmt::print("{}\n", json_text(json));
      return 0;
    }
    fmt::print("{}: {:.2f} % of {} examples ({:.0f} objects) right; temperature {:.3f}, never surer than {:.4f}\n{}",
               printable(o.network), 100 * fit.share_right, examples.size(), c.objects, c.temperature, 1 - c.doubt,
               fit.reliability.table());
    fmt::print("calibration error {:.4f}; written into {}\n", fit.reliability.error(), printable(o.network));
    return 0;
  } catch (const quant::ModelError& e) {
    throw Error(Fault::input, e.what());
  }
}

}  // namespace

void add_model_calibrate(Command& model, Action& action) {
  Command& command = model.add_subcommand(
      "calibrate", "Measure on labelled images what a network's confidence is worth, and write that into its file");
  command.footer(
      "DATA are images that the network was not trained on. Of a classifier: as for eval; pictures whose names begin "
      "with the\n"
      "same objectNUMBER_ show one object. Of a detector: PASCAL VOC, or what `flashcell synth -f images` wrote.\n"
      "  flashcell model calibrate network/int8.fcnn crops/test");
  auto options = std::make_shared<CalibrationOptions>();
  command.add_option("NETWORK", options->network, "Packed model (.fcnn)").required();
  command.add_option("DATA", options->data, "Labelled images").required();
  command.add_option("--part", options->part, "Of a detector's data: name of a list (VOC), or frames (1..400/4)");
  command.add_option("--least-score", options->least_score, "Weaker detections do not count").range(0.0, 1.0);
  command.add_option("--diagram", options->diagram, "Draw the reliability diagram, SVG").type_name("FILE");
  command.add_flag("--json", options->json, "Print the figures as JSON");
  command.add_flag("-q,--quiet", options->quiet, "No progress line");
  command.callback([=, &action] { action = [=] { return calibrate_answers(*options); }; });
}

}  // namespace flashcell::app
