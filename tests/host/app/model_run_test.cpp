// `flashcell model run` and `model eval` as a user starts them: any network on any device, and bytes to compare.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "host/inference/engine/target.hpp"
#include "quant_models/data/numpy_output.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/random.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

using quant::Graph;
using quant::NodeId;
using quant::NumpyArray;
using quant::Shape;
using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;

class ModelRun : public test::ProgramTest {
 protected:
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(dir_ / name, std::ios::binary) << bytes;
  }

  /// A .npy file as NumPy writes it.
  void write_npy(const std::string& name, const std::string& type, const std::string& shape,
                 const std::string& numbers) const {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    header.resize(118 - 1, ' ');
    write(name, std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + numbers);
  }

  static std::string bytes_of(const std::vector<float>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
  }

  std::map<std::string, NumpyArray> arrays(const std::string& name) const { return quant::read_npz(path(name)); }

  Outcome run_network(const std::string& network, const std::string& inputs, const std::string& output,
                      std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"model", "run", network, path(inputs), "-o", path(output)};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  void expect_refusal(const std::string& network, const std::string& inputs, int code,
                      const std::vector<std::string>& what, const std::vector<std::string>& more = {}) const {
    const Outcome outcome = run_network(network, inputs, "refused.npz", more);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    for (const std::string& w : what) EXPECT_THAT(outcome.err, HasSubstr(w));
    EXPECT_FALSE(std::filesystem::exists(path("refused.npz")));
  }

  static std::string shipped(const std::string& file) {
    return test::source_dir() / "quant_models/recipes/trained" / file;
  }
};

quant::Tensor random_tensor(Shape shape, quant::Random& random, double reach) {
  std::vector<float> values(static_cast<size_t>(quant::element_count(shape)));
  for (float& v : values) v = static_cast<float>(random.uniform(-reach, reach));
  return {std::move(shape), std::move(values)};
}

/// Two outputs, one of them behind a sigmoid; no biases, so that sums are whole steps.
Graph small_network() {
  quant::Random random(3, {});
  Graph g;
  NodeId x = g.add("picture", quant::Input{{1, 3, 8, 8}});
  x = g.add("first", quant::Convolution{random_tensor({6, 3, 3, 3}, random, 0.5), {}, {}, {1, 1, 1, 1}}, {x});
  x = g.add("relu", quant::Activation{}, {x});
  const NodeId map = g.add("map", quant::Convolution{random_tensor({2, 6, 1, 1}, random, 0.5), {}}, {x});
  g.add_output("where", g.add("sigmoid", quant::Activation{.kind = quant::ActivationKind::sigmoid}, {map}));
  const NodeId mean = g.add("flat", quant::Reshape{{0, -1}}, {g.add("mean", quant::GlobalPool{}, {x})});
  g.add_output("scores", g.add("full", quant::FullyConnected{random_tensor({4, 6}, random, 0.5), {}}, {mean}));
  return g;
}

std::vector<float> random_numbers(size_t count) {
  quant::Random random(5, {});
  std::vector<float> numbers(count);
  for (float& n : numbers) n = static_cast<float>(random.uniform(-1, 1));
  return numbers;
}

TEST_F(ModelRun, EveryDeviceGivesTheSameBytes) {
  std::string pixels(5 * 28 * 28, '\0');
  quant::Random random(7, {});
  for (char& p : pixels) p = static_cast<char>(random.below(256));
  write_npy("pixels.npy", "|u1", "5, 1, 28, 28", pixels);
  for (const char* network : {"roi_mnist/int8.fcnn", "roi_mnist/int4.fcnn"}) {
    std::vector<std::string> devices = {"reference", "cpu", "hls"};
    for (const host::inference::Target target : host::inference::supported_targets())
      devices.push_back(std::string("cpu:") + host::inference::name_of(target));
    std::string expected;
    for (const std::string& device : devices) {
      const Outcome outcome = run_network(shipped(network), "pixels.npy", "out.npz", {"--device", device});
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_EQ(outcome.err, "");
      EXPECT_THAT(outcome.out, HasSubstr("integer on " + device));
      const std::string bytes = test::read_file(path("out.npz"));
      if (expected.empty()) expected = bytes;
      EXPECT_EQ(bytes, expected) << network << " on " << device;
    }
    const auto outputs = arrays("out.npz");
    ASSERT_EQ(outputs.size(), 3U);
    const auto& [name, scores] = *outputs.begin();
    EXPECT_EQ(scores.shape, (Shape{5, 10}));
    EXPECT_EQ(scores.type, "i1");
    EXPECT_EQ(outputs.at(name + ".scale").type, "f4");
    EXPECT_EQ(outputs.at(name + ".zero_point").numbers(), std::vector<double>{0});
  }
}

/// Powers of two and no biases: nothing is rounded on the way but what is stored, so both arithmetics are one.
TEST_F(ModelRun, FakeQuantizationIsTheIntegersWhereNothingElseIsRounded) {
  quant::export_onnx(small_network(), path("net.onnx"));
  write_npy("numbers.npy", "<f4", "6, 3, 8, 8", bytes_of(random_numbers(6 * 192)));
  ASSERT_EQ(run({"quantize", path("net.onnx"), "--calib", path("numbers.npy"), "--power-of-two", "-o", path("q")}).code,
            0);
  ASSERT_EQ(run_network(path("q/net.onnx"), "numbers.npy", "fake.npz", {"--as", "fake", "--heads"}).code, 0);
  ASSERT_EQ(run_network(path("q/net.onnx"), "numbers.npy", "integer.npz", {"--as", "integer"}).code, 0);
  ASSERT_EQ(run_network(path("q/net.fcnn"), "numbers.npy", "packed.npz").code, 0);
  EXPECT_EQ(test::read_file(path("integer.npz")), test::read_file(path("packed.npz")));
  const auto fake = arrays("fake.npz"), integer = arrays("integer.npz");
  ASSERT_EQ(fake.size(), 2U);
  for (const auto& [name, array] : fake) {
    EXPECT_EQ(array.type, "f4");
    const NumpyArray& stored = integer.at(name);
    EXPECT_EQ(stored.shape, array.shape) << name;
    const double scale = integer.at(name + ".scale").numbers()[0], zero = integer.at(name + ".zero_point").numbers()[0];
    const std::vector<double> numbers = array.numbers(), integers = stored.numbers();
    for (size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], scale * (integers[i] - zero)) << name << ' ' << i;
  }
  // Without the tail's sigmoid the real numbers are others.
  ASSERT_EQ(run_network(path("q/net.onnx"), "numbers.npy", "whole.npz", {"--as", "fake"}).code, 0);
  EXPECT_EQ(arrays("whole.npz").at("scores").bytes, fake.at("scores").bytes);
  EXPECT_NE(arrays("whole.npz").at("where").bytes, fake.at("where").bytes);
  // And those of the network before quantization others again.
  ASSERT_EQ(run_network(path("net.onnx"), "numbers.npy", "real.npz").code, 0);
  ASSERT_EQ(run_network(path("q/net.onnx"), "numbers.npy", "stripped.npz", {"--as", "float32"}).code, 0);
  EXPECT_NE(arrays("real.npz").at("scores").bytes, fake.at("scores").bytes);
  EXPECT_NE(arrays("stripped.npz").at("scores").bytes, fake.at("scores").bytes);
}

TEST_F(ModelRun, OneArrayInOneArrayOutAndASummaryForPrograms) {
  Graph g = small_network();
  g.remove_outputs();
  g.add_output("scores", *g.find("full"));
  g.remove_unused();
  quant::export_onnx(g, path("net.onnx"));
  write_npy("one.npy", "<f4", "3, 8, 8", bytes_of(random_numbers(192)));  // no batch
  const Outcome outcome = run_network(path("net.onnx"), "one.npy", "out.npy", {"--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto summary = test::parse_json(outcome.out);
  EXPECT_EQ(summary["as"], "float32");
  EXPECT_EQ(summary["device"], "cpu");
  EXPECT_EQ(summary["items"], 1);
  EXPECT_GT(summary["ms_per_inference"], 0);
  EXPECT_EQ(summary["inputs"][0]["name"], "picture");
  EXPECT_EQ(summary["outputs"][0]["shape"], (std::vector<int>{1, 4}));
  const std::string bytes = test::read_file(path("out.npy"));
  const NumpyArray array = quant::read_npy({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "out.npy");
  EXPECT_EQ(array.shape, (Shape{1, 4}));
}

TEST_F(ModelRun, WhatDoesNotFitIsOneLine) {
  quant::export_onnx(small_network(), path("net.onnx"));
  const std::string net = path("net.onnx"), packed = shipped("roi_mnist/int8.fcnn");
  write_npy("good.npy", "<f4", "1, 3, 8, 8", bytes_of(random_numbers(192)));
  write_npy("small.npy", "<f4", "1, 3, 4, 4", bytes_of(random_numbers(48)));
  write_npy("empty.npy", "<f4", "0, 3, 8, 8", "");
  write_npy("pixels.npy", "|u1", "3, 8, 8", std::string(192, 'k'));
  std::vector<float> damaged = random_numbers(192);
  damaged[17] = NAN;
  write_npy("nan.npy", "<f4", "3, 8, 8", bytes_of(damaged));
  write("torn.npz", "no archive");
  expect_refusal(net, "small.npy", 3, {"small.npy", "'picture'", "1x3x4x4", "N x 3x8x8"});
  expect_refusal(net, "empty.npy", 3, {"empty.npy", "0x3x8x8"});
  expect_refusal(net, "pixels.npy", 3, {"pixels.npy", "pixels", "float32"});
  expect_refusal(net, "nan.npy", 3, {"nan.npy", "not finite"});
  expect_refusal(net, "torn.npz", 3, {"torn.npz"});
  expect_refusal(net, "absent.npz", 3, {"absent.npz"});
  expect_refusal(path("absent.onnx"), "good.npy", 3, {"absent.onnx"});
  expect_refusal(net, "good.npy", 2, {"net.onnx", "flashcell quantize"}, {"--as", "integer"});
  expect_refusal(net, "good.npy", 2, {"net.onnx", "flashcell quantize"}, {"--device", "hls"});
  expect_refusal(net, "good.npy", 2, {"--device"}, {"--as", "float32", "--device", "hls"});
  expect_refusal(packed, "good.npy", 2, {"int8.fcnn", "float32", ".onnx"}, {"--as", "float32"});
  expect_refusal(packed, "good.npy", 2, {"--device gpu", "reference", "hls"}, {"--device", "gpu"});
  EXPECT_EQ(run_network(net, "good.npy", "out.txt").code, 2);
  EXPECT_EQ(run_network(net, "good.npy", "two.npy").code, 2);  // two outputs
  // Names count where there is more than one array.
  ASSERT_EQ(run_network(net, "good.npy", "named.npz").code, 0);
  expect_refusal(net, "named.npz", 3, {"named.npz", "'picture'"});
}

TEST_F(ModelRun, EvalCountsWhatIsRightAndWhatTies) {
  // Class c is how bright pixel c is.
  Graph g;
  const NodeId x = g.add("x", quant::Input{{1, 3, 32, 32}});
  quant::FullyConnected full{{{10, 3072}, std::vector<float>(30720, 0.0F)}, {}};
  for (size_t c = 0; c < 10; ++c) full.weight.values[c * 3072 + c] = 1;
  g.add_output("scores", g.add("full", full, {g.add("flat", quant::Reshape{{0, -1}}, {x})}));
  quant::Preprocessing rgb;
  rgb.channels = quant::Preprocessing::Channels::rgb;
  quant::export_onnx(g, path("net.onnx"), {{}, rgb});
  const auto record = [](char label, size_t bright) {
    std::string bytes(3073, '\0');
    bytes[0] = label;
    if (bright < 10) bytes[1 + bright] = '\x7f';
    return bytes;
  };
  // Two right, one wrong, two ties of which the first class counts.
  write("data.bin", record(3, 3) + record(9, 9) + record(4, 5) + record(0, 99) + record(1, 99));
  const Outcome outcome = run({"model", "eval", path("net.onnx"), path("data.bin"), "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto figures = test::parse_json(outcome.out);
  EXPECT_EQ(figures["images"], 5);
  EXPECT_EQ(figures["correct"], 3);
  EXPECT_EQ(figures["ties"], 2);
  EXPECT_DOUBLE_EQ(figures["top1_percent"], 60);
  // The same through integers.
  ASSERT_EQ(run({"quantize", path("net.onnx"), "--calib", path("data.bin"), "-o", path("q")}).code, 0);
  const Outcome integers = run({"model", "eval", path("q/net.fcnn"), path("data.bin"), "--device", "reference"});
  ASSERT_EQ(integers.code, 0) << integers.err;
  EXPECT_THAT(integers.out, AllOf(HasSubstr("60.00 %"), HasSubstr("integer on reference")));
  EXPECT_EQ(run({"model", "eval", path("net.onnx"), path("absent.bin")}).code, 3);
}

/// Says which of a frame's or an event map's brightest pixels is larger.
Graph two_inputs() {
  quant::Random random(11, {});
  Graph g;
  const NodeId frame = g.add("frame", quant::Input{{1, 3, 8, 8}}), events = g.add("events", quant::Input{{1, 5, 4, 4}});
  const auto branch = [&](const std::string& name, NodeId x, int64_t channels, int stride) {
    quant::Convolution layer{random_tensor({6, channels, 3, 3}, random, 0.5), {}, {stride, stride}, {1, 1, 1, 1}};
    return g.add(name + ".relu", quant::Activation{}, {g.add(name, layer, {x})});
  };
  const NodeId both = g.add("sum", quant::Add{}, {branch("a", frame, 3, 2), branch("b", events, 5, 1)});
  const NodeId mean = g.add("flat", quant::Reshape{{0, -1}}, {g.add("mean", quant::GlobalPool{}, {both})});
  g.add_output("scores", g.add("full", quant::FullyConnected{random_tensor({4, 6}, random, 0.5), {}}, {mean}));
  return g;
}

NumpyArray floats(Shape shape, const std::vector<float>& numbers) {
  const auto* first = reinterpret_cast<const uint8_t*>(numbers.data());
  return {"f4", std::move(shape), {first, first + numbers.size() * sizeof(float)}};
}

TEST_F(ModelRun, TwoInputsGoAllTheWay) {
  quant::export_onnx(two_inputs(), path("net.onnx"));
  constexpr int64_t kItems = 6;
  NumpyArray pixels{"u1", {kItems, 3, 8, 8}, std::vector<uint8_t>(kItems * 192)};
  for (size_t i = 0; i < pixels.bytes.size(); ++i) pixels.bytes[i] = static_cast<uint8_t>(i * 37);
  const NumpyArray events = floats({kItems, 5, 4, 4}, random_numbers(kItems * 80));
  write("inputs.npz", quant::npz_bytes({{"frame", pixels}, {"events", events}}));
  const std::vector<std::string> quantize = {"quantize", path("net.onnx"), "--calib", path("inputs.npz"),
                                             "-o",       path("q")};
  ASSERT_EQ(run(quantize).code, 0);
  std::string expected;
  for (const char* device : {"reference", "cpu", "cpu:scalar", "hls"}) {
    const Outcome outcome = run_network(path("q/net.fcnn"), "inputs.npz", "out.npz", {"--device", device});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::string bytes = test::read_file(path("out.npz"));
    if (expected.empty()) expected = bytes;
    EXPECT_EQ(bytes, expected) << device;
  }
  // What it says itself is right, on the engine as in the file.
  ASSERT_EQ(run_network(path("q/net.onnx"), "inputs.npz", "fake.npz", {"--as", "fake"}).code, 0);
  const std::vector<double> scores = arrays("fake.npz").at("scores").numbers();
  NumpyArray labels{"u1", {kItems}, {}};
  for (size_t i = 0; i < kItems; ++i) {
    const auto first = scores.begin() + static_cast<ptrdiff_t>(4 * i);
    labels.bytes.push_back(static_cast<uint8_t>(std::max_element(first, first + 4) - first));
  }
  write("labelled.npz", quant::npz_bytes({{"frame", pixels}, {"events", events}, {"labels", labels}}));
  const Outcome outcome = run({"model", "eval", path("q/net.onnx"), path("labelled.npz"), "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(test::parse_json(outcome.out)["correct"], kItems);
  EXPECT_EQ(run({"model", "eval", path("q/net.fcnn"), path("labelled.npz")}).code, 0);
}

TEST_F(ModelRun, WhatTakesOneInputSaysSo) {
  quant::export_onnx(two_inputs(), path("net.onnx"));
  const NumpyArray frame = floats({2, 3, 8, 8}, random_numbers(384)),
                   events = floats({2, 5, 4, 4}, random_numbers(160));
  write("inputs.npz", quant::npz_bytes({{"frame", frame}, {"events", events}}));
  write("alone.npz", quant::npz_bytes({{"frame", frame}}));
  write("uneven.npz", quant::npz_bytes({{"frame", frame}, {"events", floats({1, 5, 4, 4}, random_numbers(80))}}));
  write_npy("frames.npy", "<f4", "2, 3, 8, 8", bytes_of(random_numbers(384)));
  const auto refuse = [&](std::vector<std::string> words, const std::vector<std::string>& what) {
    const Outcome outcome = run(words);
    EXPECT_NE(outcome.code, 0);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    for (const std::string& w : what) EXPECT_THAT(outcome.err, HasSubstr(w));
  };
  const std::string net = path("net.onnx"), out = path("q");
  refuse({"quantize", net, "--calib", path("frames.npy"), "-o", out}, {"frames.npy", "2 inputs", "'events'", ".npz"});
  refuse({"quantize", net, "--calib", path("alone.npz"), "-o", out}, {"alone.npz", "no array 'events'"});
  refuse({"quantize", net, "--calib", path("uneven.npz"), "-o", out}, {"uneven.npz", "1 items for 'events'"});
  refuse({"quantize", net, "--calib", path("inputs.npz"), "--mixed", "--sensitivity", "htq", "-o", out}, {"2 inputs"});
  if (std::filesystem::exists(test::build_dir() / "flashcell_train")) {
    refuse({"quantize", net, "--data-free", "-o", out}, {"net.onnx", "2 inputs"});
    refuse({"synthesize", net, "-o", out}, {"2 inputs"});
  }
  refuse({"model", "eval", net, path("frames.npy")}, {"2 inputs", "labels"});
  refuse({"model", "eval", net, path("inputs.npz")}, {"inputs.npz", "'labels'"});
  EXPECT_FALSE(std::filesystem::exists(path("q/net.onnx")));
}

}  // namespace
}  // namespace flashcell
