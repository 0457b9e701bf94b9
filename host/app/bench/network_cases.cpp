#include <fmt/format.h>

#include <filesystem>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>

#include "base/error.hpp"
#include "host/app/bench/scenes.hpp"
#include "host/app/bench/timing.hpp"
#include "host/device/device_factory.hpp"
#include "host/inference/detect/frame_detector.hpp"
#include "host/inference/engine/engine.hpp"
#include "host/inference/network.hpp"
#include "host/inference/roi/roi_classifier.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/cell_detector.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/random.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;
constexpr int kNetworkFrames = 32;
constexpr int kCachedFrames = 2;  // half a megabyte: stays in the cache, as a frame does that was just labelled
constexpr const char* kGroup =
    "networks, one thread; OpenCV computes in floating point (its importer reads no integer networks)";

double million_macs(const quant::PackedModel& model) {
  uint64_t macs = 0;
  for (const contract::LayerDescriptor& layer : model.layers) macs += quant::multiply_accumulates(model, layer);
  return 1e-6 * static_cast<double>(macs);
}

/// The integer network of a recipe's folder.
quant::PackedModel integers(const fs::path& folder) {
  return quant::lower(quant::import_onnx((folder / "int8.onnx").string()), folder.filename().string());
}

/// The same network in real numbers, for OpenCV.
std::shared_ptr<cv::dnn::Net> reals(const fs::path& file) {
  auto net = std::make_shared<cv::dnn::Net>(cv::dnn::readNetFromONNX(file.string()));
  net->setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  net->setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
  return net;
}

/// Objects of every frame of the clip.
std::vector<ObjectTable> label(const Clip& clip) {
  const auto device = host::make_device(threshold_plan(clip, contract::Connectivity::exact8, 0, 4096));
  std::vector<ObjectTable> tables(clip.frames.size());
  for (size_t i = 0; i < tables.size(); ++i) device->process(Frame(clip.view(static_cast<int>(i))), tables[i]);
  return tables;
}

/// The same crops by OpenCV: area or linear interpolation, one blob for all of a frame.
PeerWork opencv_classifier(const Clip& clip, const std::vector<ObjectTable>& tables, const fs::path& folder) {
  auto net = reals(folder / "float.onnx");
  auto crops = std::make_shared<std::vector<cv::Mat>>();
  return {"OpenCV dnn", [&, net, crops](int i) {
            const auto& objects = tables[static_cast<size_t>(i) % tables.size()].objects;
            crops->resize(objects.size());
            for (size_t k = 0; k < objects.size(); ++k) {
              const host::inference::Region r = host::region_around(objects[k], {}, 28, 28);
              const cv::Mat& frame = clip.mat(i);
              const cv::Rect inside =
                  cv::Rect(r.left, r.top, r.width, r.height) & cv::Rect(0, 0, frame.cols, frame.rows);
              cv::resize(frame(inside), (*crops)[k], {28, 28}, 0, 0, r.width > 28 ? cv::INTER_AREA : cv::INTER_LINEAR);
            }
            net->setInput(cv::dnn::blobFromImages(*crops, 1.0 / 255));
            net->forward();
          }};
}

/// Objects a second, from the median.
std::string rate(const BenchCase& c, double objects_a_frame) {
  return fmt::format("{:.0f} objects/s, {:.0f} a frame",
                     objects_a_frame * 1e9 / static_cast<double>(std::max<int64_t>(1, c.time.percentile(50))),
                     objects_a_frame);
}

/// Digits, found by the labeller.
struct Digits {
  Clip clip;
  std::vector<ObjectTable> tables;
  double each = 0;  ///< objects a frame

  explicit Digits(int frames)
      : clip(scene_clip("100 digits", "synth:digits?objects=100&radius=8..12&size=512x512&seed=1", frames)),
        tables(label(clip)) {
    for (const ObjectTable& table : tables) each += static_cast<double>(table.objects.size());
    each /= static_cast<double>(tables.size());
  }
  std::span<const contract::ObjectRecord> objects(int i) const {
    return tables[static_cast<size_t>(i) % tables.size()].objects;
  }
};

/// Crops alone, the network alone.
void add_classifier_parts(const quant::PackedModel& model, const Digits& digits, int frames,
                          std::vector<BenchCase>& cases) {
  host::RoiCropper cropper(host::resampler_for(model, 8), {});
  host::Engine engine(model);
  std::vector<uint8_t> pictures(4096 * engine.input_bytes()), scores(4096 * engine.output_bytes());
  const auto crop_all = [&](int i) {
    uint8_t* picture = pictures.data();
    for (const auto& object : digits.objects(i)) {
      cropper.crop(digits.clip.view(i), object, picture);
      picture += engine.input_bytes();
    }
  };
  BenchCase crops = measure(kGroup, "crops of 28x28 alone, " + digits.clip.name, frames, crop_all);
  crops.note = rate(crops, digits.each);
  cases.push_back(std::move(crops));
  crop_all(0);
  BenchCase alone =
      measure(kGroup, fmt::format("classifier alone, {:.2f} MMAC each", million_macs(model)), frames, [&](int i) {
        const size_t items = digits.objects(i).size();
        engine.run({pictures.data(), items * engine.input_bytes()}, items,
                   {scores.data(), items * engine.output_bytes()});
      });
  alone.note = rate(alone, digits.each);
  cases.push_back(std::move(alone));
}

void add_classifier(const quant::PackedModel& model, const fs::path& folder, const Digits& digits,
                    const std::string& where, int frames, std::vector<BenchCase>& cases) {
  host::RoiClassifier classifier(model, {}, 8);
  std::vector<tracking::ClassBelief> names(4096);
  BenchCase all = measure(kGroup, "crops and classifier, frames " + where, frames,
                          [&](int i) {
                            const auto found = digits.objects(i);
                            classifier.classify(digits.clip.view(i), found, {names.data(), found.size()});
                          },
                          {opencv_classifier(digits.clip, digits.tables, folder)});
  all.note = rate(all, digits.each);
  cases.push_back(std::move(all));
}

void add_classifiers(const fs::path& folder, int frames, std::vector<BenchCase>& cases) {
  const quant::PackedModel model = integers(folder);
  const Digits cached(kCachedFrames), many(kNetworkFrames);
  add_classifier_parts(model, cached, frames, cases);
  add_classifier(model, folder, cached, "in the cache", frames, cases);
  add_classifier(model, folder, many, "from memory", frames, cases);
}

/// Frames of the kind that the network was trained on: what it finds has to be decoded and sorted out too.
void add_detector(const fs::path& folder, int frames, std::vector<BenchCase>& cases) {
  const quant::PackedModel model = integers(folder);
  const Clip clip =
      scene_clip("40 digits", "synth:digits?objects=40&radius=12..24&noise=6&blur=0.7&shutter=0.5&size=512x512&seed=11",
                 kNetworkFrames);
  quant::DecodeOptions options;
  options.least_score = 0.3F;
  host::FrameDetector detector(model, options, 8);
  auto net = reals(folder / "float.onnx");
  const int classes = detector.classes();
  const auto& output = host::output_of(model);
  double boxes = 0;
  for (int i = 0; i < kNetworkFrames; ++i) boxes += static_cast<double>(detector.detect(clip.view(i)).size());
  BenchCase c =
      measure(kGroup, fmt::format("cell detector of 512x512 grey, {:.0f} MMAC, {}", million_macs(model), clip.name),
              frames, [&](int i) { detector.detect(clip.view(i)); },
              {{"OpenCV dnn", [&, net](int i) {
                  net->setInput(cv::dnn::blobFromImage(clip.mat(i), 1.0 / 255));
                  const cv::Mat out = net->forward();
                  quant::decode_cells({out.ptr<float>(), out.total()}, classes, output.height, output.width, options);
                }}});
  c.note = fmt::format("{:.0f} boxes a frame", boxes / kNetworkFrames);
  cases.push_back(std::move(c));
}

/// A network in real numbers, run by OpenCV on an image of nothing but halves.
PeerWork opencv_network(const std::string& file, const quant::Shape& input) {
  auto net = reals(file);
  const std::vector<std::string> outputs = net->getUnconnectedOutLayersNames();
  auto results = std::make_shared<std::vector<cv::Mat>>();
  const std::vector<int> shape(input.begin(), input.end());
  const cv::Mat blob(shape, CV_32F, cv::Scalar(0.5));
  return {"OpenCV dnn", [=](int) {
            net->setInput(blob);
            net->forward(*results, outputs);
          }};
}

/// Eight bits everywhere. The scales come from one image of noise: speed does not depend on them.
quant::PackedModel quick_integers(quant::Graph graph, const std::string& name) {
  const quant::Shape& input = graph.node(graph.inputs().front()).shape;
  std::vector<float> image(static_cast<size_t>(quant::element_count(input)));
  quant::Random random(1, {});
  for (float& x : image) x = static_cast<float>(random.uniform(0, 1));
  quant::Graph quantized = quant::quantize_post_training(graph, image, 1, {});
  for (const quant::NodeId id : quant::output_tail(quantized)) quantized.set_quantization(id, std::nullopt);
  return quant::lower(quantized, name);
}

/// Somebody's ONNX file: in real numbers by both, and on the integer engine.
void add_file(const std::string& file, int frames, std::vector<BenchCase>& cases) {
  const quant::Graph graph = quant::simplify(quant::import_onnx(file));
  const quant::Shape& input = graph.node(graph.inputs().front()).shape;
  const std::string name = fmt::format("{}, {:.0f} MMAC", fs::path(file).filename().string(),
                                       1e-6 * static_cast<double>(quant::total_cost(graph).macs));
  const int runs = std::max(10, frames / 20);
  quant::Executor executor(graph);
  const std::span<float> numbers = executor.input(0);
  std::fill(numbers.begin(), numbers.end(), 0.5F);
  cases.push_back(
      measure(kGroup, name + ", floating point", runs, [&](int) { executor.run(); }, {opencv_network(file, input)}));
  try {
    host::Engine engine(quick_integers(graph, name));
    std::vector<uint8_t> picture(engine.input_bytes(), 128), values(engine.output_bytes());
    cases.push_back(measure(kGroup, name + ", 8 bits", runs, [&](int) { engine.run(picture, 1, values); },
                            {opencv_network(file, input)}));
  } catch (const quant::ModelError& e) {
    cases.back().note = fmt::format("the engine does not take it: {}", e.what());
  }
}

}  // namespace

std::vector<BenchCase> bench_networks(const BenchOptions& options) {
  std::vector<BenchCase> cases;
  try {
    const fs::path classifier = fs::path(options.networks) / "roi_mnist",
                   detector = fs::path(options.networks) / "cell_digits";
    if (fs::exists(classifier / "int8.onnx")) add_classifiers(classifier, options.frames, cases);
    if (fs::exists(detector / "int8.onnx")) add_detector(detector, options.frames, cases);
    for (const std::string& file : options.onnx_files) add_file(file, options.frames, cases);
  } catch (const quant::ModelError& e) {
    throw Error(Fault::input, e.what());
  } catch (const cv::Exception& e) {
    throw Error(Fault::input, fmt::format("OpenCV cannot run a network that is compared: {}", e.err));
  }
  return cases;
}

}  // namespace flashcell::app
