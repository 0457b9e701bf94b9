// Other people's detectors: what they find in a photograph in real numbers, they find on the integer engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "quant_models/execute/executor.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/models/detector_heads.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/quantize/input_quantization.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "tests/quant_models/export/engine_run.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using Decode = std::vector<Detection> (*)(std::span<const DetectorHead>, int side, const DecodeOptions&);

std::vector<Detection> fastestdet(std::span<const DetectorHead> heads, int side, const DecodeOptions& options) {
  EXPECT_TRUE(is_fastestdet(heads));
  return decode_fastestdet(heads, side, side, options);
}

std::vector<Detection> yunet(std::span<const DetectorHead> heads, int, const DecodeOptions& options) {
  EXPECT_TRUE(is_yunet(heads));
  return decode_yunet(heads, options);
}

/// A detector of other people with what its input means.
struct Detector {
  const char* file;
  int side;      ///< of its input
  float factor;  ///< of a pixel; B, G, R
  Decode decode;
};

Preprocessing preprocessing(const Detector& d) {
  Preprocessing p;
  p.channels = Preprocessing::Channels::bgr;
  p.factor = {d.factor, d.factor, d.factor};
  return p;
}

cv::Mat photograph(const Detector& d, const cv::Rect& part = {}) {
  const cv::Mat photo = cv::imread((test::data_dir() / "weights/FastestDet_test_3.jpg").string());
  cv::Mat scaled;
  cv::resize(part.empty() ? photo : photo(part), scaled, {d.side, d.side}, 0, 0, cv::INTER_AREA);
  return scaled;
}

std::vector<float> planes(const Detector& d, const cv::Mat& image) {
  std::vector<float> numbers;
  for (int c = 0; c < 3; ++c)
    for (int row = 0; row < image.rows; ++row)
      for (int column = 0; column < image.cols; ++column)
        numbers.push_back(static_cast<float>(image.at<cv::Vec3b>(row, column)[c]) * d.factor);
  return numbers;
}

/// The photograph, mirrored, and parts of it.
std::vector<float> calibration_images(const Detector& d, int64_t& count) {
  std::vector<float> all;
  count = 0;
  const cv::Size size = cv::imread((test::data_dir() / "weights/FastestDet_test_3.jpg").string()).size();
  const int w = size.width, h = size.height;
  for (const cv::Rect& part : {cv::Rect(0, 0, w, h), cv::Rect(0, 0, w / 2, h / 2), cv::Rect(w / 2, h / 2, w / 2, h / 2),
                               cv::Rect(w / 4, h / 4, w / 2, h / 2)}) {
    cv::Mat image = photograph(d, part);
    for (int mirrored = 0; mirrored < 2; ++mirrored, ++count) {
      if (mirrored == 1) cv::flip(image, image, 1);
      const std::vector<float> numbers = planes(d, image);
      all.insert(all.end(), numbers.begin(), numbers.end());
    }
  }
  return all;
}

std::vector<Detection> decode(const Detector& d, const std::vector<test::EngineOutput>& outputs, float least) {
  std::vector<DetectorHead> heads;
  for (const test::EngineOutput& o : outputs) heads.push_back({o.name, o.rows, o.columns, o.channels, o.values});
  DecodeOptions options;
  options.least_score = least;
  return d.decode(heads, d.side, options);
}

/// What the graph in floating point gives, in the engine's order of numbers.
std::vector<test::EngineOutput> run_graph(const Graph& graph, std::span<const float> image) {
  Executor executor(graph);
  std::copy(image.begin(), image.end(), executor.input(0).begin());
  executor.run();
  std::vector<test::EngineOutput> outputs;
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    const Shape& s = graph.node(graph.outputs()[i].node).shape;
    EXPECT_EQ(s.size(), 4U);
    test::EngineOutput out{
        graph.outputs()[i].name, static_cast<int>(s[2]), static_cast<int>(s[3]), static_cast<int>(s[1]), {}};
    const int64_t pixels = s[2] * s[3];
    for (int64_t p = 0; p < pixels; ++p)
      for (int64_t c = 0; c < s[1]; ++c) out.values.push_back(executor.output(i)[static_cast<size_t>(c * pixels + p)]);
    outputs.push_back(std::move(out));
  }
  return outputs;
}

std::string listed(const std::vector<Detection>& detections) {
  std::string text;
  for (const Detection& d : detections) {
    char line[128];
    std::snprintf(line, sizeof line, "class %d, %.3f: %.1f %.1f %.1f %.1f\n", d.object_class,
                  static_cast<double>(d.score), static_cast<double>(d.box.left), static_cast<double>(d.box.top),
                  static_cast<double>(d.box.right), static_cast<double>(d.box.bottom));
    text += line;
  }
  return text;
}

/// Each of `wanted` has one of `found` of its class on it.
void expect_found(const std::vector<Detection>& wanted, const std::vector<Detection>& found) {
  for (const Detection& w : wanted) {
    float best = 0;
    for (const Detection& f : found)
      if (f.object_class == w.object_class) best = std::max(best, intersection_over_union(w.box, f.box));
    EXPECT_GE(best, 0.7F) << "class " << w.object_class << " at " << w.box.left << ' ' << w.box.top << "\n"
                          << listed(found);
  }
}

void check(const Detector& d, float least_score, size_t objects) {
  const Graph graph = simplify(import_onnx((test::data_dir() / "weights" / d.file).string()));
  const Graph heads = remove_output_tail(graph);
  int64_t count = 0;
  const std::vector<float> images = calibration_images(d, count);
  PostTrainingOptions options;
  options.weights.calibrator = options.activations.calibrator = Calibrator::mse;
  Graph quantized = quantize_post_training(heads, images, count, options);
  quantized.set_quantization(quantized.inputs()[0], input_quantization(preprocessing(d)));
  const PackedModel packed = lower(quantized, d.file, {{}, preprocessing(d)});

  const cv::Mat image = photograph(d);
  const std::vector<Detection> real = decode(d, run_graph(heads, planes(d, image)), least_score);
  test::EngineRunner engine(packed);
  const auto outputs = engine.outputs({image.data, image.total() * 3});
  // A score near the limit may fall to either side.
  const std::vector<Detection> stored = decode(d, outputs, least_score),
                               stored_more = decode(d, outputs, least_score * 0.8F),
                               real_more = decode(d, run_graph(heads, planes(d, image)), least_score * 0.8F);
  std::printf("%s\nreal numbers:\n%sint8 on the engine:\n%s", d.file, listed(real).c_str(), listed(stored).c_str());
  EXPECT_EQ(real.size(), objects);
  expect_found(real, stored_more);
  expect_found(stored, real_more);
}

TEST(Detectors, FastestDetFindsTheSameObjectsInEightBits) {
  FLASHCELL_NEEDS_DATA("weights/FastestDet.onnx");
  FLASHCELL_NEEDS_DATA("weights/FastestDet_test_3.jpg");
  check({"FastestDet.onnx", 352, 1.0F / 255, fastestdet}, 0.65F, 4);  // four people
}

TEST(Detectors, YuNetFindsTheSameFacesInEightBits) {
  FLASHCELL_NEEDS_DATA("weights/yunet_n_320.onnx");
  FLASHCELL_NEEDS_DATA("weights/FastestDet_test_3.jpg");
  check({"yunet_n_320.onnx", 320, 1, yunet}, 0.6F, 4);  // and their faces
}

}  // namespace
}  // namespace flashcell::quant
