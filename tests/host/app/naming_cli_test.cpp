// Networks in the program as a user starts it: [classify], [detect], `detect`, `learn --crops`; and what goes wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <tuple>

#include "quant_models/models/cell_detector.hpp"
#include "quant_models/packed/model_builder.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"
#include "tests/support/transformer_model.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;
using contract::ActivationType;
using test::Outcome;
using test::read_file;
using testing::HasSubstr;

/// A layer's parameters, all alike: what an output channel computes is up to its weights and bias.
struct Parameters {
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  std::vector<contract::Requantization> scales;
  Parameters(size_t channels, size_t each, double factor)
      : weights(channels * each), bias(channels), scales(channels, quant::requantization_for(factor)) {}
  quant::LayerWeights view() const { return {weights, 8, bias, scales}; }
};

/// "small" where less than a third of the picture is bright, else "large".
quant::PackedModel size_classifier() {
  quant::ModelBuilder builder("size");
  const auto in = builder.input("picture", 16, 16, 1, {ActivationType::unsigned8, 8, 1 / 255.0F});
  Parameters p(2, 256, 1.0 / 512);
  for (size_t i = 0; i < 256; ++i) p.weights[256 + i] = 1;
  p.bias[0] = 256 * 255 / 3;
  builder.output(builder.fully_connected("scores", in, 2, p.view(), {ActivationType::signed8, 8, 0.1F}));
  builder.set_class_names({"small", "large"});
  return builder.build();
}

/// A box of 16 x 16 px around each bright cell, of the only class.
quant::PackedModel bright_cells() {
  quant::ModelBuilder builder("bright");
  auto x = builder.input("frame", 64, 64, 1, {ActivationType::unsigned8, 8, 1 / 255.0F});
  Parameters mean(1, 16, 1.0 / 16);
  std::fill(mean.weights.begin(), mean.weights.end(), int8_t{1});
  x = builder.convolution("quarter", x, 1, quant::Window::square(4, 4), mean.view(), {});
  Parameters cells(6, 4, 1.0 / 8);
  for (size_t i = 0; i < 4; ++i) cells.weights[4 * quant::kObjectness + i] = 1;
  cells.bias[quant::kObjectness] = -4 * 100;
  // ln(16 / 64) in steps of 0.1.
  cells.bias[quant::kLogWidth] = cells.bias[quant::kLogHeight] = -14 * 8;
  builder.output(builder.convolution("cells", x, 6, quant::Window::square(2, 2), cells.view(),
                                     {ActivationType::signed8, 8, 0.1F}));
  builder.set_class_names({"spot"});
  return builder.build();
}

class NamingCli : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    quant::write_packed_file(path("size.fcnn"), size_classifier());
    quant::write_packed_file(path("bright.fcnn"), bright_cells());
  }

  /// Two discs that stay in tiles of their own.
  Outcome track(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"track",
                                          "synth:discs?objects=2&size=128x64&frames=40&fps=2000&radius=7&crossing=off",
                                          "-o",
                                          path("out"),
                                          "--output.overlay",
                                          "false",
                                          "--output.report",
                                          "false",
                                          "--segment.method",
                                          "threshold",
                                          "--segment.threshold",
                                          "60"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  std::string csv() const { return read_file(dir_ / "out" / "tracks.csv"); }
};

/// Rows of tracks.csv as name -> value.
std::vector<std::map<std::string, std::string>> rows_of(const std::string& csv) {
  std::istringstream lines(csv);
  std::vector<std::string> header;
  std::vector<std::map<std::string, std::string>> rows;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::vector<std::string> values;
    for (std::string field; std::getline(fields, field, ',');) values.push_back(field);
    if (header.empty()) {
      header = values;
      continue;
    }
    auto& row = rows.emplace_back();
    for (size_t i = 0; i < header.size(); ++i) row[header[i]] = values.at(i);
  }
  return rows;
}

TEST_F(NamingCli, TracksAreNamedByTheirPicturesTheSameOnEveryDevice) {
  // With no margin a disc fills its picture, with the widest it fills a ninth.
  std::string first;
  for (const char* device : {"cpu", "hls", "reference"}) {
    for (const char* threads : {"1", "4"}) {
      const Outcome outcome = track({"--classify.model", path("size.fcnn"), "--classify.margin", "0", "--device",
                                     device, "--pipeline.threads", threads});
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      std::string body = csv();
      body = body.substr(body.find("\nframe,"));
      if (first.empty()) first = body;
      EXPECT_EQ(body, first) << device << ", " << threads << " threads";
    }
  }
  const auto rows = rows_of(first);
  ASSERT_GT(rows.size(), 60u);
  for (const auto& row : rows) EXPECT_EQ(row.at("class"), "large");
  EXPECT_GT(std::stod(rows.back().at("class_confidence")), 0.9);
  const auto summary = test::parse_json(read_file(dir_ / "out" / "summary.json"));
  EXPECT_EQ(summary["tracks_by_class"]["large"], 2);
  EXPECT_EQ(summary["tracks_by_class"]["unknown"], 0);
  EXPECT_TRUE(summary["latency"].contains("name"));
  EXPECT_THAT(track({"--classify.model", path("size.fcnn"), "--classify.margin", "1"}).out,
              HasSubstr("tracks by class: 2 small"));
}

/// A scene of digits under a trained network.
class ArraysCli : public NamingCli {
 protected:
  Outcome track_digits(const std::string& device, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {
        "track",
        "synth:digits?objects=5&size=256x192&frames=24&fps=2000&radius=12..16&noise=4&seed=3",
        "-o",
        path("out"),
        "--device",
        device,
        "--output.overlay",
        "false",
        "--output.report",
        "false",
        "--segment.method",
        "threshold",
        "--segment.threshold",
        "90"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  std::vector<std::string> classify() const { return {"--classify.model", shipped("roi_mnist/int8.fcnn")}; }
  static std::string shipped(const std::string& file) {
    return test::source_dir() / "quant_models/recipes/trained" / file;
  }

  std::string rows_on(const std::string& device, std::vector<std::string> more) const {
    const Outcome outcome = track_digits(device, std::move(more));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const std::string text = csv();
    return text.substr(text.find("\nframe,"));
  }

  void expect_refusal(const std::string& device, const std::vector<std::string>& more, int code,
                      const std::string& what) const {
    const Outcome outcome = track_digits(device, more);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(what));
  }
};

// Converters that are exact enough change no name and no place: only how sure the network is, in its last digits.
TEST_F(ArraysCli, RowsAreTheCpusWithExactArrays) {
  const auto cpu = rows_of(rows_on("cpu", classify()));
  const auto arrays = rows_of(
      rows_on("cim:ideal_8bit,array.weight_bits=15,array.cell_bits=14,input.bits=14,output.bits=0", classify()));
  ASSERT_GT(cpu.size(), 80U);
  ASSERT_EQ(arrays.size(), cpu.size());
  std::set<std::string> names;
  for (size_t i = 0; i < cpu.size(); ++i) {
    names.insert(cpu[i].at("class"));
    for (const auto& [column, value] : cpu[i]) {
      if (column == "class_confidence")
        EXPECT_NEAR(std::stod(arrays[i].at(column)), std::stod(value), 0.05) << i;
      else
        EXPECT_EQ(arrays[i].at(column), value) << column << ", row " << i;
    }
  }
  EXPECT_GE(names.size(), 2U);
}

TEST_F(ArraysCli, NoiseIsTheSeedsForAnyNumberOfThreads) {
  const auto rows = [&](const std::string& device, const std::string& seed, const std::string& threads) {
    std::vector<std::string> more = classify();
    more.insert(more.end(), {"--cim.seed", seed, "--pipeline.threads", threads});
    return rows_on(device, more);
  };
  const std::string device = "cim:pcm_aihwkit,time=1d", first = rows(device, "7", "1");
  EXPECT_EQ(rows(device, "7", "4"), first);
  EXPECT_NE(rows(device, "8", "1"), first);
  EXPECT_NE(rows("cpu", "7", "1"), first);
  std::vector<std::string> apart = classify();
  apart.insert(apart.end(), {"--cim.seed", "7", "--cim.preset", "pcm_aihwkit", "--cim.time", "1d"});
  EXPECT_EQ(rows_on("cim", apart), first);
}

TEST_F(ArraysCli, DetectorsRunOnArraysToo) {
  const auto found = [&](const std::string& device) {
    const Outcome outcome =
        run({"track", "synth:digits?objects=6&size=512x512&frames=8&fps=2000&radius=14..20&noise=4&seed=3", "-o",
             path("out"), "--device", device, "--output.overlay", "false", "--output.report", "false", "--detect.model",
             shipped("cell_digits/int8.fcnn"), "--detect.objects", "instead"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return test::parse_json(read_file(dir_ / "out" / "summary.json"))["tracks_by_class"];
  };
  const nlohmann::json cpu = found("cpu");
  EXPECT_EQ(cpu["digit_8"], 2);
  EXPECT_EQ(found("cim:ideal_8bit,array.weight_bits=15,array.cell_bits=14,input.bits=14,output.bits=0"), cpu);
  EXPECT_NE(found("cim:reram_wan_crosssim"), cpu);
}

TEST_F(ArraysCli, RefusalsAreOneLine) {
  expect_refusal("cim:nonsense", classify(), 2, "reram_milo_2021");
  expect_refusal("cim:ideal_8bit,output.bit=3", classify(), 2, "bits");
  expect_refusal("cim", classify(), 2, "--device cim:PRESET");
  expect_refusal("cim:ideal_8bit", {}, 2, "arrays run networks, and there is none");
  expect_refusal("cim:ideal_8bit,array.rows=1,array.columns=1", classify(), 2, "too small");
  expect_refusal("cim:ideal_8bit", {"--classify.model", path("size.fcnn")}, 3, "size.onnx is not there");
  fs::copy_file(shipped("cell_digits/int8.onnx"), path("size.onnx"));
  expect_refusal("cim:ideal_8bit", {"--classify.model", path("size.fcnn")}, 3, "is of another network");
  fs::remove(path("size.onnx"));
  std::vector<std::string> time = classify();
  time.insert(time.end(), {"--cim.time", "soon"});
  expect_refusal("cim:ideal_8bit", time, 2, "soon");
  EXPECT_THAT(run({"devices"}).out, HasSubstr("cim:PRESET"));
}

TEST_F(NamingCli, DetectionsNameObjectsOrAreTheObjects) {
  const Outcome beside = track({"--detect.model", path("bright.fcnn")});
  ASSERT_EQ(beside.code, 0) << beside.err;
  EXPECT_THAT(beside.out, HasSubstr("spot"));
  const Outcome instead = track({"--detect.model", path("bright.fcnn"), "--detect.objects", "instead"});
  ASSERT_EQ(instead.code, 0) << instead.err;
  const auto rows = rows_of(csv());
  ASSERT_FALSE(rows.empty());
  for (const auto& row : rows) EXPECT_EQ(row.at("class"), "spot");
  // The detector finds, the classifier names.
  const Outcome both = track({"--detect.model", path("bright.fcnn"), "--detect.objects", "instead", "--classify.model",
                              path("size.fcnn"), "--classify.margin", "0"});
  ASSERT_EQ(both.code, 0) << both.err;
  EXPECT_THAT(both.out, testing::AllOf(HasSubstr("small"), testing::Not(HasSubstr("spot"))));
}

// Vision transformers in integers alone: attention, layer normalization and the rest, on every picture of an object,
// and on frames whose patches are cells.
TEST_F(NamingCli, TransformersNameAndFind) {
  test::TransformerShape shape{2, 8, 16, 2, 32, 2, 3};
  quant::PackedModel classifier = test::transformer_model(shape, 1);
  classifier.class_names = {"round", "long", "other"};
  quant::write_packed_file(path("names.fcnn"), classifier);
  std::string first;
  for (const char* threads : {"1", "4"}) {
    const Outcome outcome = track({"--classify.model", path("names.fcnn"), "--pipeline.threads", threads});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::string body = csv();
    body = body.substr(body.find("\nframe,"));
    if (first.empty()) first = body;
    EXPECT_EQ(body, first) << threads << " threads";
  }
  const auto rows = rows_of(first);
  ASSERT_GT(rows.size(), 60u);
  for (const auto& row : rows) {
    EXPECT_THAT(row.at("class"), testing::AnyOf("round", "long", "other"));
    EXPECT_GT(std::stod(row.at("class_confidence")), 1.0 / 3);
  }
  shape = {8, 8, 16, 2, 32, 1, 6, true};
  quant::PackedModel detector = test::transformer_model(shape, 2);
  detector.class_names = {"thing"};
  quant::write_packed_file(path("finds.fcnn"), detector);
  const Outcome beside = track({"--detect.model", path("finds.fcnn")});
  ASSERT_EQ(beside.code, 0) << beside.err;
  const Outcome instead = track({"--detect.model", path("finds.fcnn"), "--detect.objects", "instead"});
  ASSERT_EQ(instead.code, 0) << instead.err;
  for (const auto& row : rows_of(csv())) EXPECT_EQ(row.at("class"), "thing");
  shape.classes = 5;  // numbers of a place, and no class
  quant::write_packed_file(path("numbers.fcnn"), test::transformer_model(shape, 3));
  EXPECT_EQ(track({"--detect.model", path("numbers.fcnn")}).code, 3);
}

TEST_F(NamingCli, WhatDoesNotFitIsSaidInOneLine) {
  const auto refused = [&](int code, const std::string& what, std::vector<std::string> more) {
    fs::remove_all(dir_ / "out");
    const Outcome outcome = track(std::move(more));
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(what));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(dir_ / "out")) << "nothing is written";
  };
  refused(3, "none.fcnn", {"--classify.model", path("none.fcnn")});
  const std::string whole = read_file(path("size.fcnn"));
  std::ofstream(path("short.fcnn"), std::ios::binary) << whole.substr(0, whole.size() - 9);
  refused(3, "short.fcnn", {"--classify.model", path("short.fcnn")});
  refused(3, "no classifier", {"--classify.model", path("bright.fcnn")});
  refused(3, "no detector", {"--detect.model", path("size.fcnn")});
  quant::PackedModel colour = size_classifier();
  colour.preprocessing.channels = quant::Preprocessing::Channels::rgb;
  quant::write_packed_file(path("colour.fcnn"), colour);
  refused(3, "channels", {"--classify.model", path("colour.fcnn")});
  refused(2, "both name objects", {"--classify.model", path("size.fcnn"), "--detect.model", path("bright.fcnn")});
  refused(2, "both name objects", {"--classify.model", path("size.fcnn"), "--track.classes", "c.json"});
  refused(2, "pipeline.device must be cpu",
          {"--detect.model", path("bright.fcnn"), "--detect.objects", "instead", "--device", "hls"});
  refused(2, "come without pixels", {"--detections", "none.txt", "--fps", "25", "--classify.model", path("size.fcnn")});
  refused(2, "classify.margin", {"--classify.model", path("size.fcnn"), "--classify.margin", "7"});
}

TEST_F(NamingCli, DetectDrawsAndPrintsBoxes) {
  cv::Mat picture(64, 64, CV_8UC1, cv::Scalar(10));
  picture(cv::Rect(24, 40, 8, 8)).setTo(250);  // the cell in column 3, row 5
  fs::create_directories(dir_ / "other");
  cv::imwrite(path("a.png"), picture);
  cv::imwrite((dir_ / "other" / "a.png").string(), picture);
  const Outcome outcome = run({"detect", path("a.png"), (dir_ / "other" / "a.png").string(), "-m", path("bright.fcnn"),
                               "-o", path("drawn"), "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = test::parse_json(outcome.out);
  ASSERT_EQ(json["images"].size(), 2u);
  for (const auto& image : json["images"]) {
    ASSERT_EQ(image["objects"].size(), 1u);
    const auto& object = image["objects"][0];
    EXPECT_EQ(object["class"], "spot");
    EXPECT_GT(object["score"], 0.9);
    EXPECT_NEAR(double{object["left"]} + double{object["width"]} / 2, 28, 0.01);
    EXPECT_NEAR(double{object["top"]} + double{object["height"]} / 2, 44, 0.01);
    EXPECT_NEAR(double{object["width"]}, 16, 0.5);
    const cv::Mat drawn = cv::imread(std::string(image["picture"]));
    EXPECT_EQ(drawn.cols, 64);
  }
  EXPECT_NE(json["images"][0]["picture"], json["images"][1]["picture"]);
  EXPECT_THAT(run({"detect", path("a.png"), "-m", path("bright.fcnn"), "-o", path("drawn")}).out, HasSubstr("spot"));
}

/// Other people's networks from their ONNX file to boxes, calibrated with the very picture.
TEST_F(NamingCli, QuantizedDetectorsFindPeopleAndTheirFaces) {
  const std::string photo = (test::data_dir() / "weights/FastestDet_test_3.jpg").string();
  FLASHCELL_NEEDS_DATA("weights/FastestDet_test_3.jpg");
  for (const auto& [file, name, found] :
       {std::tuple{"FastestDet.onnx", "FastestDet", "person"}, std::tuple{"yunet_n_320.onnx", "YuNet", "face"}}) {
    FLASHCELL_NEEDS_DATA(std::string("weights/") + file);
    const Outcome quantized = run({"quantize", (test::data_dir() / "weights" / file).string(), "--calib", photo, "-o",
                                   path("quantized"), "--name", name});
    ASSERT_EQ(quantized.code, 0) << quantized.err;
    EXPECT_THAT(quantized.out, HasSubstr(std::string("recognized as ") + name));
    const std::string model = path("quantized") + "/" + name + ".fcnn";
    const Outcome outcome = run({"detect", photo, "-m", model, "--least-score", "0.6", "-o", path("drawn"), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto objects = test::parse_json(outcome.out)["images"][0]["objects"];
    EXPECT_EQ(std::count_if(objects.begin(), objects.end(),
                            [&name_of_object = found](const auto& o) { return o["class"] == name_of_object; }),
              4)
        << objects.dump(1);
    // In a recording: every box an object with a name.
    const Outcome tracked = track({"--detect.model", model, "--detect.objects", "instead"});
    EXPECT_EQ(tracked.code, 0) << tracked.err;
  }
}

TEST_F(NamingCli, DetectNamesAWholePicture) {
  cv::imwrite(path("dark.png"), cv::Mat(40, 30, CV_8UC1, cv::Scalar(20)));
  cv::imwrite(path("bright.png"), cv::Mat(40, 30, CV_8UC3, cv::Scalar(230, 230, 230)));
  const Outcome outcome =
      run({"detect", path("dark.png"), path("bright.png"), "-m", path("size.fcnn"), "--json", "-o", path("none")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = test::parse_json(outcome.out);
  EXPECT_EQ(json["images"][0]["classes"][0]["class"], "small");
  EXPECT_EQ(json["images"][1]["classes"][0]["class"], "large");
  EXPECT_NEAR(
      double{json["images"][1]["classes"][0]["probability"]} + double{json["images"][1]["classes"][1]["probability"]},
      1, 1e-6);
  std::ofstream(path("text.png")) << "no picture";
  EXPECT_EQ(run({"detect", path("text.png"), "-m", path("size.fcnn")}).code, 3);
  EXPECT_EQ(run({"detect", path("none.png"), "-m", path("size.fcnn")}).code, 3);
  EXPECT_EQ(run({"detect", "-m", path("size.fcnn")}).code, 2);
}

TEST_F(NamingCli, MarkedObjectsBecomeClassFolders) {
  const std::string scene = "synth:discs?objects=2&size=128x64&frames=40&fps=2000&radius=7&crossing=off";
  ASSERT_EQ(run({"synth", scene, "-f", "images", "-o", path("truth")}).code, 0);
  std::ofstream marks(path("marks.csv"));
  marks << "frame,x,y,class\n";
  for (const auto& row : rows_of(read_file(dir_ / "truth" / "truth.csv")))
    marks << row.at("frame") << ',' << row.at("x") << ',' << row.at("y") << ",disc_" << row.at("id") << '\n';
  marks.close();
  const std::vector<std::string> command = {"learn",
                                            scene,
                                            path("marks.csv"),
                                            "--crops",
                                            path("crops"),
                                            "--segment.method",
                                            "threshold",
                                            "--segment.threshold",
                                            "60",
                                            "--classify.model",
                                            path("size.fcnn")};
  const Outcome outcome = run(command);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("64 pictures of 2 classes to train, 16 to test"));
  for (const char* name : {"train/disc_1", "train/disc_2", "test/disc_1", "test/disc_2"}) {
    ASSERT_TRUE(fs::exists(dir_ / "crops" / name)) << name;
    const cv::Mat crop =
        cv::imread(fs::directory_iterator(dir_ / "crops" / name)->path().string(), cv::IMREAD_UNCHANGED);
    EXPECT_EQ(crop.size(), cv::Size(16, 16)) << "the network's input";
    EXPECT_EQ(crop.type(), CV_8UC1);
    EXPECT_GT(crop.at<uint8_t>(8, 8), 100) << "the object is in the middle";
  }
  const Outcome again = run(command);
  EXPECT_EQ(again.code, 3);
  EXPECT_THAT(again.err, HasSubstr("exists already"));
}

TEST_F(NamingCli, CalibrationIsWrittenIntoTheNetworkAndObeyed) {
  for (int i = 0; i < 20; ++i) {
    const bool large = i % 2 == 1;
    const fs::path folder = dir_ / "labelled" / (large ? "large" : "small");
    fs::create_directories(folder);
    // Two pictures of each of ten objects.
    cv::imwrite((folder / ("object" + std::to_string(i / 4) + "_" + std::to_string(i) + ".png")).string(),
                cv::Mat(16, 16, CV_8UC1, cv::Scalar(large ? 230 : 20)));
  }
  const Outcome outcome =
      run({"model", "calibrate", path("size.fcnn"), path("labelled"), "--json", "--diagram", path("reliability.svg")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = test::parse_json(outcome.out);
  EXPECT_EQ(json["examples"], 20);
  EXPECT_EQ(json["objects"], 10);
  EXPECT_EQ(json["share_right"], 1);
  EXPECT_NEAR(double{json["most_confidence"]}, 11.0 / 12, 1e-6);
  EXPECT_THAT(read_file(path("reliability.svg")), HasSubstr("</svg>"));
  ASSERT_EQ(track({"--classify.model", path("size.fcnn"), "--classify.margin", "0"}).code, 0);
  for (const auto& row : rows_of(csv())) EXPECT_LE(std::stod(row.at("class_confidence")), 0.9168);
  EXPECT_EQ(run({"model", "calibrate", path("size.fcnn"), path("none")}).code, 3);
  EXPECT_EQ(run({"model", "calibrate", path("bright.fcnn"), path("labelled")}).code, 3);
}

}  // namespace
}  // namespace flashcell
