// Networks of other people: every output within 1e-4 of OpenCV's dnn module.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <random>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/onnx/import.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

/// Largest difference to OpenCV over all outputs, relative to numbers above 1.
double difference(const Graph& graph, const std::string& path, const cv::Mat& blob) {
  cv::dnn::Net net = cv::dnn::readNetFromONNX(path);
  net.setInput(blob);
  std::vector<std::string> names;
  for (const Output& output : graph.outputs()) names.push_back(output.name);
  std::vector<cv::Mat> theirs;
  net.forward(theirs, names);
  Executor executor(graph);
  std::copy_n(blob.ptr<float>(), blob.total(), executor.input(0).begin());
  executor.run();
  double worst = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(theirs[i].total(), executor.output(i).size()) << names[i];
    for (size_t k = 0; k < executor.output(i).size(); ++k) {
      const double expected = theirs[i].ptr<float>()[k];
      worst = std::max(worst, std::abs(executor.output(i)[k] - expected) / std::max(1.0, std::abs(expected)));
    }
  }
  return worst;
}

void check(const char* file, cv::Size size) {
  const std::string path = (test::data_dir() / "weights" / file).string();
  const Graph graph = import_onnx(path), simple = simplify(graph);
  const cv::Mat photo = cv::imread((test::data_dir() / "weights/FastestDet_test_3.jpg").string());
  ASSERT_FALSE(photo.empty());
  EXPECT_LE(difference(graph, path, cv::dnn::blobFromImage(photo, 1 / 255.0, size)), 1e-4);
  EXPECT_LE(difference(simple, path, cv::dnn::blobFromImage(photo, 1.0, size)), 1e-4);
  cv::Mat noise(size, CV_32FC3);
  cv::RNG random(7);
  random.fill(noise, cv::RNG::NORMAL, 0, 2);
  EXPECT_LE(difference(graph, path, cv::dnn::blobFromImage(noise)), 1e-4);
}

TEST(OnnxOutside, FastestDetGivesOpenCvsOutputs) {
  FLASHCELL_NEEDS_DATA("weights/FastestDet.onnx");
  FLASHCELL_NEEDS_DATA("weights/FastestDet_test_3.jpg");
  check("FastestDet.onnx", {352, 352});
}

TEST(OnnxOutside, YuNetGivesOpenCvsOutputs) {
  FLASHCELL_NEEDS_DATA("weights/yunet_n_320.onnx");
  FLASHCELL_NEEDS_DATA("weights/FastestDet_test_3.jpg");
  check("yunet_n_320.onnx", {320, 320});
}

}  // namespace
}  // namespace flashcell::quant
