// `flashcell quantize` as a user starts it: files, options, and one line for everything that can be wrong.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>

#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/random.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;
using quant::Graph;
using quant::NodeId;
using test::Outcome;
using test::read_file;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

quant::Tensor random_tensor(quant::Shape shape, quant::Random& random, double reach) {
  std::vector<float> values(static_cast<size_t>(quant::element_count(shape)));
  for (float& v : values) v = static_cast<float>(random.uniform(-reach, reach));
  return {std::move(shape), std::move(values)};
}

/// Colour pictures of 16 x 16 into four classes.
Graph network(uint64_t seed = 1) {
  quant::Random random(seed, {});
  Graph g;
  NodeId x = g.add("picture", quant::Input{{1, 3, 16, 16}});
  const auto convolution = [&](const char* name, int64_t out, int64_t in, int groups) {
    quant::Convolution c;
    c.weight = random_tensor({out, in / groups, 3, 3}, random, 0.5);
    c.bias = random_tensor({out}, random, 0.1);
    c.padding = {1, 1, 1, 1};
    c.groups = groups;
    x = g.add(name, c, {x});
    x = g.add(std::string(name) + ".relu", quant::Activation{}, {x});
  };
  convolution("first", 8, 3, 1);
  convolution("second", 8, 8, 8);
  x = g.add("pool", quant::Pool{}, {x});
  x = g.add("flat", quant::Reshape{{0, -1}}, {x});
  quant::FullyConnected full;
  full.weight = random_tensor({4, 8 * 8 * 8}, random, 0.1);
  g.add_output("scores", g.add("full", full, {x}));
  return g;
}

class Quantize : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    quant::export_onnx(network(), path("net.onnx"));
    for (int i = 0; i < 6; ++i) write_picture("pictures/" + std::to_string(i) + ".png", i);
  }

  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name, std::ios::binary) << bytes;
  }

  void write_picture(const std::string& name, int shade) const {
    fs::create_directories((dir_ / name).parent_path());
    cv::Mat image(20, 24, CV_8UC3);
    for (int r = 0; r < image.rows; ++r)
      for (int c = 0; c < image.cols; ++c)
        image.at<cv::Vec3b>(r, c) = {static_cast<uint8_t>(r * 9 + shade * 30), static_cast<uint8_t>(c * 10),
                                     static_cast<uint8_t>((r + c) * 5 + shade)};
    cv::imwrite(path(name), image);
  }

  /// On net.onnx and the pictures, into `out`.
  Outcome quantize(const std::string& out, std::vector<std::string> more = {}, rlim_t limit_bytes = 0) const {
    std::vector<std::string> words = {"quantize", path("net.onnx"), "--calib", path("pictures"), "-o", path(out)};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, limit_bytes);
  }

  /// Ends with `code` and one line that holds `what`; leaves no output folder.
  void expect_refusal(const std::vector<std::string>& words, int code, const std::vector<std::string>& what) const {
    std::vector<std::string> all = {"quantize"};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"-o", path("refused")});
    const Outcome outcome = run(all);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    for (const std::string& w : what) EXPECT_THAT(outcome.err, HasSubstr(w));
    EXPECT_FALSE(fs::exists(path("refused")));
  }

  void expect_calibration_refusal(const std::string& calib, const std::vector<std::string>& what) const {
    expect_refusal({path("net.onnx"), "--calib", path(calib)}, 3, what);
  }

  std::vector<std::string> files(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir_ / folder)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(Quantize, WritesModelsAndReport) {
  const Outcome outcome = quantize("out");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("net.onnx"), HasSubstr("6 of 6"), HasSubstr("output: SQNR"),
                                 HasSubstr("multiply-accumulates"), HasSubstr("pixel / 255, rgb")));
  EXPECT_THAT(files("out"), ElementsAre("net.fcnn", "net.onnx", "report.json", "report.svg", "report.txt"));
  const auto [graph, metadata] = quant::import_onnx_model(path("out/net.onnx"));
  EXPECT_EQ(graph.node(*graph.find("first.relu")).quantization->bits, 8);
  EXPECT_EQ(graph.node(graph.inputs()[0]).quantization, quant::unsigned_quantization(8, 1 / 255.F));
  ASSERT_TRUE(metadata.preprocessing);
  EXPECT_EQ(metadata.preprocessing->channels, quant::Preprocessing::Channels::rgb);
  const quant::PackedModel packed = quant::read_packed_file(path("out/net.fcnn"));
  EXPECT_EQ(packed.preprocessing, *metadata.preprocessing);
  EXPECT_EQ(packed.layers.size(), 4U);
  const auto report = test::parse_json(read_file(dir_ / "out/report.json"));
  EXPECT_EQ(report["images"], 6);
  EXPECT_GE(report["same_class"], 0);
  EXPECT_EQ(report["values"].back()["name"], "full");
  EXPECT_GT(report["values"].back()["sqnr_db"], 20);
  EXPECT_THAT(read_file(dir_ / "out/report.txt"), AllOf(HasSubstr("SQNR dB"), HasSubstr("second.relu")));
  EXPECT_THAT(read_file(dir_ / "out/report.svg"),
              AllOf(StartsWith("<svg"), HasSubstr("second.relu"), HasSubstr("</svg>")));
}

TEST_F(Quantize, EveryMethodTogetherTheSameOnAnyNumberOfThreads) {
  const std::vector<std::string> methods = {"--weights",
                                            "4",
                                            "--activations",
                                            "4",
                                            "--equalize",
                                            "--adaround",
                                            "--correct-bias",
                                            "--edge-weights",
                                            "8",
                                            "--json",
                                            "--weight-calibrator",
                                            "min-max",
                                            "--iterations",
                                            "100",
                                            "--images",
                                            "5",
                                            "--activation-calibrator",
                                            "entropy",
                                            "--name",
                                            "small"};
  std::vector<std::string> threads = methods;
  threads.insert(threads.end(), {"--threads", "3"});
  const Outcome outcome = quantize("one", methods);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  ASSERT_EQ(quantize("three", threads).code, 0);
  EXPECT_THAT(files("one"), ElementsAre("report.json", "report.svg", "report.txt", "small.fcnn", "small.onnx"));
  for (const std::string& file : files("one"))
    EXPECT_EQ(read_file(dir_ / "one" / file), read_file(dir_ / "three" / file)) << file;
  const auto report = test::parse_json(outcome.out);
  EXPECT_EQ(report["steps"].size(), 6U) << outcome.out;
  EXPECT_EQ(report["images"], 5);
  const Graph graph = quant::import_onnx(path("one/small.onnx"));
  const auto bits = [&](const char* name) {
    return (*quant::weight_quantization_of(graph.node(*graph.find(name)).layer))->bits;
  };
  EXPECT_EQ(bits("first"), 8);
  EXPECT_EQ(bits("second"), 4);
  EXPECT_EQ(bits("full"), 8);
  EXPECT_EQ(graph.node(*graph.find("second.relu")).quantization->bits, 4);
}

TEST_F(Quantize, OutputsKeepEightBitsUnlessToldOtherwise) {
  const auto bits = [&](const std::string& folder, const char* node) {
    const Graph graph = quant::import_onnx(path(folder + "/net.onnx"));
    return graph.node(*graph.find(node)).quantization->bits;
  };
  const auto stored_bits = [&](const std::string& folder) {
    const quant::PackedModel model = quant::read_packed_file(path(folder + "/net.fcnn"));
    for (const contract::TensorDescriptor& t : model.tensors)
      if ((t.role & contract::kOutputTensor) != 0) return int{t.bits};
    return 0;
  };
  const Outcome four = quantize("four", {"--activations", "4"});
  ASSERT_EQ(four.code, 0) << four.err;
  EXPECT_THAT(four.out, HasSubstr("values 4 bits (mse), sums 8 bits, outputs 8 bits, input 8 bits"));
  EXPECT_EQ(bits("four", "second.relu"), 4);
  EXPECT_EQ(bits("four", "full"), 8);
  EXPECT_EQ(stored_bits("four"), 8);
  ASSERT_EQ(quantize("all", {"--activations", "4", "--output-bits", "4"}).code, 0);
  EXPECT_EQ(bits("all", "full"), 4);
  EXPECT_EQ(stored_bits("all"), 4);
  // Neither does an input that is no picture lose what it says.
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 16, 16), }";
  header.resize(118 - 1, ' ');
  std::vector<float> numbers(3 * 256);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i % 200) / 100 - 1;
  write("numbers.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
                           std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * 4));
  ASSERT_EQ(
      run({"quantize", path("net.onnx"), "--calib", path("numbers.npy"), "-o", path("array"), "--activations", "4"})
          .code,
      0);
  EXPECT_EQ(bits("array", "picture"), 8);
}

TEST_F(Quantize, ScalesAsHardwareWantsThem) {
  const Outcome outcome = quantize("out", {"--per-layer", "--power-of-two", "--asymmetric"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("one scale"), HasSubstr("powers of two"), HasSubstr("asymmetric")));
  const Graph graph = quant::import_onnx(path("out/net.onnx"));
  const auto is_power_of_two = [](float scale) {
    int exponent = 0;
    return std::frexp(scale, &exponent) == 0.5F;
  };
  for (const char* layer : {"first", "second", "full"}) {
    const quant::Quantization& weights = **quant::weight_quantization_of(graph.node(*graph.find(layer)).layer);
    ASSERT_EQ(weights.scale.size(), 1U) << layer;
    EXPECT_TRUE(is_power_of_two(weights.scale[0])) << layer;
  }
  EXPECT_TRUE(is_power_of_two(graph.node(*graph.find("second.relu")).quantization->scale[0]));
  const quant::Quantization& scores = *graph.node(*graph.find("full")).quantization;
  EXPECT_FALSE(scores.is_signed);
  EXPECT_GT(scores.zero_point[0], 0);
}

TEST_F(Quantize, ClassesAndPreprocessingComeFromOptionsThenFromTheFile) {
  write("names.txt", "red cell\r\nwhite cell\n\nplatelet\nbubble");
  ASSERT_EQ(
      quantize("out", {"--classes", path("names.txt"), "--channels", "bgr", "--mean", "1,2,3", "--factor", "0.5"}).code,
      0);
  const quant::PackedModel packed = quant::read_packed_file(path("out/net.fcnn"));
  EXPECT_THAT(packed.class_names, ElementsAre("red cell", "white cell", "platelet", "bubble"));
  EXPECT_EQ(packed.preprocessing, (quant::Preprocessing{quant::Preprocessing::Channels::bgr, {1, 2, 3}, {.5, .5, .5}}));
  // As PyTorch writes it.
  ASSERT_EQ(quantize("torch", {"--mean", "0.5", "--std", "0.25,0.5,1"}).code, 0);
  EXPECT_EQ(quant::read_packed_file(path("torch/net.fcnn")).preprocessing,
            (quant::Preprocessing{quant::Preprocessing::Channels::rgb,
                                  {127.5F, 127.5F, 127.5F},
                                  {1 / (255 * 0.25F), 1 / (255 * 0.5F), 1 / 255.0F}}));
  ASSERT_EQ(quantize("listed", {"--classes", "a,b,c,d"}).code, 0);
  EXPECT_THAT(quant::read_packed_file(path("listed/net.fcnn")).class_names, ElementsAre("a", "b", "c", "d"));

  quant::export_onnx(network(), path("net.onnx"), {{"w", "x", "y", "z"}, packed.preprocessing});
  const Outcome outcome = quantize("told");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const quant::PackedModel told = quant::read_packed_file(path("told/net.fcnn"));
  EXPECT_THAT(told.class_names, ElementsAre("w", "x", "y", "z"));
  EXPECT_EQ(told.preprocessing, packed.preprocessing);
}

TEST_F(Quantize, TakesEveryKindOfData) {
  const auto kind = [&](const std::string& calib, const std::string& out) {
    const Outcome outcome = run({"quantize", path("net.onnx"), "--calib", path(calib), "-o", path(out), "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.code == 0 ? test::parse_json(outcome.out)["data"].get<std::string>() : "";
  };
  EXPECT_THAT(kind("pictures/3.png", "a"), HasSubstr("1 of 1 (pictures"));
  write_picture("classes/train/red/1.png", 1);
  write_picture("classes/train/blue/2.png", 2);
  EXPECT_THAT(kind("classes", "b"), HasSubstr("2 of 2 (pictures"));
  std::string record(3073, '\x20');
  record[0] = 3;
  write("cifar.bin", record + record + record);
  EXPECT_THAT(kind("cifar.bin", "c"), HasSubstr("3 of 3 (CIFAR-10"));
  write_picture("voc/JPEGImages/one.png", 1);
  write("voc/Annotations/one.xml",
        "<annotation><object><name>cell</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
        "</object></annotation>");
  EXPECT_THAT(kind("voc", "d"), HasSubstr("1 of 1 (PASCAL VOC"));
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 16, 16), }";
  header.resize(118 - 1, ' ');
  write("pixels.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + std::string(2 * 3 * 256, 'k'));
  EXPECT_THAT(kind("pixels.npy", "e"), HasSubstr("2 of 2 (NumPy array"));
}

TEST_F(Quantize, SaysThatCalibrationDataIsNeeded) {
  expect_refusal({path("net.onnx")}, 2, {"--calib", "pictures"});
}

TEST_F(Quantize, WrongOptions) {
  const std::vector<std::string> base = {path("net.onnx"), "--calib", path("pictures")};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    more.insert(more.begin(), "quantize");
    more.insert(more.end(), {"-o", path("refused")});
    EXPECT_EQ(run(more).code, 2) << more[4];
    EXPECT_FALSE(fs::exists(path("refused")));
  };
  with({"--weights", "9"});
  with({"--activations", "2"});
  with({"--weight-calibrator", "entropy"});
  with({"--activation-calibrator", "guess"});
  with({"--images", "0"});
  with({"--mean", "1,2"});
  with({"--factor", "0"});
  with({"--factor", "0.1", "--std", "0.1"});
  with({"--mean", "128", "--std", "0.1"});
  with({"--crop", "16"});
  with({"--resize", "20", "--crop", "15"});
  with({"--resize", "15"});
  with({"--size", "16by16"});
  with({"--residual-bits", "12"});
  with({"--classes", ","});
  with({"--patch-bits"});
}

TEST_F(Quantize, DamagedAndUnsupportedNetworks) {
  const auto refused = [&](const std::string& bytes, const std::vector<std::string>& what) {
    write("bad.onnx", bytes);
    expect_refusal({path("bad.onnx"), "--calib", path("pictures")}, 3, what);
  };
  const std::string good = quant::export_onnx(network());
  refused("no model", {"bad.onnx", "no ONNX model"});
  refused(good.substr(0, good.size() / 2), {"bad.onnx"});
  std::string unknown = good;
  for (size_t at = 0; (at = unknown.find("Gemm", at)) != std::string::npos;) unknown.replace(at, 4, "LSTM");
  refused(unknown, {"bad.onnx", "'full'", "LSTM", "not supported"});
  expect_refusal({path("absent.onnx"), "--calib", path("pictures")}, 3, {"absent.onnx"});

  Graph marked = network();
  quant::FullyConnected full = std::get<quant::FullyConnected>(marked.node(*marked.find("full")).layer);
  const float mark = 12345.678F, nan = NAN;
  full.weight.values[17] = mark;
  marked.replace(*marked.find("full"), full);
  std::string bytes = quant::export_onnx(marked);
  const size_t at = bytes.find(std::string(reinterpret_cast<const char*>(&mark), 4));
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 4, std::string(reinterpret_cast<const char*>(&nan), 4));
  refused(bytes, {"bad.onnx", "full", "finite"});

  Graph twice = network();
  twice.set_quantization(*twice.find("full"), quant::signed_quantization(8, 0.1F));
  refused(quant::export_onnx(twice), {"bad.onnx", "'full'", "quantized already"});
}

TEST_F(Quantize, NetworksThatTheEngineDoesNotTake) {
  Graph padded = network();
  padded.insert_after(*padded.find("full"), "border", quant::Pad{{0, 0}, {0, 1}, 3});
  quant::export_onnx(padded, path("padded.onnx"));
  expect_refusal({path("padded.onnx"), "--calib", path("pictures")}, 3, {"'border'", "pad"});
  const Outcome outcome =
      run({"quantize", path("padded.onnx"), "--calib", path("pictures"), "-o", path("out"), "--onnx-only"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(fs::exists(path("out/padded.fcnn")));
  EXPECT_TRUE(fs::exists(path("out/padded.onnx")));

  // What the engine does not take is still compared in real numbers.
  const Outcome bench = run({"bench", "-n", "10", "-t", "1", "--networks", path("none"), "--onnx", path("padded.onnx"),
                             "--onnx", path("net.onnx"), "--json"});
  ASSERT_EQ(bench.code, 0) << bench.err;
  const auto figures = test::parse_json(bench.out);
  std::vector<std::string> rows;
  for (const auto& c : figures["cases"])
    if (std::string(c["name"]).find(".onnx") != std::string::npos) rows.push_back(c["name"]);
  EXPECT_THAT(rows, ElementsAre(HasSubstr("padded.onnx"), HasSubstr("net.onnx"),
                                AllOf(HasSubstr("net.onnx"), HasSubstr("8 bits"))));

  Graph large = network();
  quant::Convolution wide{{{5000, 3, 1, 1}, std::vector<float>(15000, 0.1F)}, {}, {}, {}};
  large.remove_outputs();
  large.add_output("wide", large.add("wide", wide, {large.inputs()[0]}));
  large.remove_unused();
  quant::export_onnx(large, path("large.onnx"));
  expect_refusal({path("large.onnx"), "--calib", path("pictures")}, 3, {"wide", "4096"});
}

TEST_F(Quantize, CalibrationDataThatCannotBeUsed) {
  expect_calibration_refusal("absent", {"absent", "does not exist"});
  fs::create_directories(dir_ / "empty");
  expect_calibration_refusal("empty", {"empty", "holds no pictures"});
  write("notes/readme.txt", "no picture");
  expect_calibration_refusal("notes", {"notes", "holds no pictures"});
  expect_calibration_refusal("notes/readme.txt", {"readme.txt", "nothing to calibrate with"});
  write("torn/1.png", "no picture");
  expect_calibration_refusal("torn", {"torn/1.png"});
  write("voc/Annotations/one.xml", "<annotation/>");
  expect_calibration_refusal("voc", {"one.xml", "one.jpg", "missing"});
  write("short.bin", "abc");
  expect_calibration_refusal("short.bin", {"short.bin"});
  write("mnist/train-images-idx3-ubyte", "abc");
  write("mnist/train-labels-idx1-ubyte", "abc");
  expect_calibration_refusal("mnist", {"train-images-idx3-ubyte"});
  write("torn.tar.gz", "\x1f\x8b no archive");
  expect_calibration_refusal("torn.tar.gz", {"torn.tar.gz"});
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 8, 8), }";
  header.resize(118 - 1, ' ');
  const std::string npy = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + std::string(3 * 64 * 4, '\0');
  write("small.npy", npy);
  expect_calibration_refusal("small.npy", {"small.npy", "1x3x8x8", "1x3x16x16"});
}

TEST_F(Quantize, NothingIsLeftWhereNothingCanBeWritten) {
  write("file", "in the way");
  Outcome outcome = quantize("file/out");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("cannot make the folder"));
  outcome = quantize("full", {}, 1000);  // as on a full disk
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("cannot write"));
  EXPECT_FALSE(fs::exists(path("full")));
  // What an earlier run wrote stays whole.
  ASSERT_EQ(quantize("twice").code, 0);
  const std::string before = read_file(dir_ / "twice/net.fcnn");
  EXPECT_EQ(quantize("twice", {"--weights", "2"}, 1000).code, 3);
  EXPECT_EQ(read_file(dir_ / "twice/net.fcnn"), before);
  EXPECT_EQ(files("twice").size(), 5U);
  // The network itself is no place to write to.
  const std::string model = read_file(dir_ / "net.onnx");
  outcome = run({"quantize", path("net.onnx"), "--calib", path("pictures"), "-o", dir_.string()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("overwritten"));
  EXPECT_EQ(read_file(dir_ / "net.onnx"), model);
}

TEST_F(Quantize, ATornPackedModelIsOneLine) {
  ASSERT_EQ(quantize("out").code, 0);
  const std::string whole = read_file(dir_ / "out/net.fcnn");
  for (const size_t size : {size_t{0}, size_t{20}, whole.size() / 2, whole.size() - 1}) {
    write("torn.fcnn", whole.substr(0, size));
    const Outcome outcome = run({"model", "inspect", path("torn.fcnn")});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("torn.fcnn"));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

TEST_F(Quantize, FineTuningStartsTheTrainingProgramOrSaysWhatToInstall) {
  const Outcome outcome = run({"quantize", path("net.onnx"), "--fine-tune", path("none.toml"), "-o", path("out")});
  const bool built = fs::exists(test::build_dir() / "flashcell_train");
  EXPECT_EQ(outcome.code, built ? 3 : 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(built ? "none.toml" : "libtorch"));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

TEST_F(Quantize, DataFreeAndSynthesizeStartTheTrainingProgram) {
  const bool built = fs::exists(test::build_dir() / "flashcell_train");
  for (const bool alone : {false, true}) {
    const std::string folder = path(alone ? "synthesized" : "quantized");
    std::vector<std::string> words = {alone ? "synthesize" : "quantize", path("net.onnx"), "-o", folder};
    if (!alone) words.insert(words.end(), {"--data-free", "--weights", "3", "--activations", "3"});
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, built ? 3 : 2) << outcome.err;
    // The network has no batch normalization.
    EXPECT_THAT(outcome.err, HasSubstr(built ? "take --method leaves" : "libtorch"));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    if (!built) continue;
    words.insert(words.end(), {"--method", "noise", "--minutes", "0.001", "--mean", "127.5", "--factor", "0.01"});
    const Outcome drawn = run(words);
    EXPECT_EQ(drawn.code, 0) << drawn.err;
    EXPECT_TRUE(fs::exists(folder + (alone ? "/sheet.png" : "/net.fcnn"))) << drawn.out;
  }
}

}  // namespace
}  // namespace flashcell
