#pragma once
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include "quant_models/cim/array_network.hpp"
#include "quant_models/data/cifar10.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/data/zip_archive.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/resnet20.hpp"
#include "tests/support/folders.hpp"

// What CrossSim 3.2 computed, and the network that it computed it with: vectors/crosssim/README.md.
namespace flashcell::test {

using Arrays = std::map<std::string, quant::NumpyArray>;

inline std::filesystem::path crosssim_file(const std::string& name) {
  return data_dir() / "../vectors/crosssim" / name;
}

/// The file's arrays of numbers; texts are left out. Column-major ones come in their own order.
inline Arrays crosssim_arrays(const std::string& name) {
  const std::string path = crosssim_file(name).string();
  Arrays arrays;
  std::map<std::string, std::vector<uint8_t>> files = quant::read_zip(quant::read_file(path), path);
  for (auto& [entry, bytes] : files) {
    const std::string turned = "'fortran_order': True, ", plain = "'fortran_order': False,";
    const auto header = std::search(bytes.begin(), bytes.end(), turned.begin(), turned.end());
    if (header != bytes.end()) std::copy(plain.begin(), plain.end(), header);
    try {
      arrays[entry.substr(0, entry.rfind(".npy"))] = quant::read_npy(bytes, entry);
    } catch (const quant::ModelError&) {
      continue;
    }
  }
  return arrays;
}

/// The sixteen layers, in the order of all limits.
inline const std::vector<std::string>& crosssim_layers() {
  static const std::vector<std::string> names{
      "conv1",        "res1.0.conv1", "res1.0.conv2",        "res1.1.conv1", "res1.1.conv2",
      "res2.0.conv1", "res2.0.conv2", "res2.0.downsample.0", "res2.1.conv1", "res2.1.conv2",
      "res3.0.conv1", "res3.0.conv2", "res3.0.downsample.0", "res3.1.conv1", "res3.1.conv2",
      "classifier.2"};
  return names;
}

/// ResNet-14 with its batch normalization folded.
inline quant::Graph crosssim_resnet14(const Arrays& weights) {
  using namespace quant;
  Graph graph;
  const auto convolution = [&](const std::string& name, NodeId x, int stride) {
    const Tensor w = weights.at(name + ".weight").tensor();
    const int p = static_cast<int>(w.shape[2]) / 2;
    return graph.add(name, Convolution{w, weights.at(name + ".bias").tensor(), {stride, stride}, {p, p, p, p}}, {x});
  };
  const auto relu = [&](const std::string& name, NodeId x) { return graph.add(name, Activation{}, {x}); };
  NodeId x = relu("relu1", convolution("conv1", graph.add("input", Input{{1, 3, 32, 32}}), 1));
  for (int stage = 1; stage <= 3; ++stage) {
    for (int block = 0; block < 2; ++block) {
      const std::string name = "res" + std::to_string(stage) + "." + std::to_string(block);
      const bool widens = stage > 1 && block == 0;
      NodeId y = relu(name + ".relu1", convolution(name + ".conv1", x, widens ? 2 : 1));
      y = convolution(name + ".conv2", y, 1);
      const NodeId shortcut = widens ? convolution(name + ".downsample.0", x, 2) : x;
      x = relu(name + ".relu2", graph.add(name + ".add", Add{}, {y, shortcut}));
    }
  }
  x = graph.add("flatten", Reshape{{0, -1}}, {graph.add("pool", GlobalPool{}, {x})});
  const Tensor w = weights.at("classifier.2.weight").tensor();
  x = graph.add("classifier.2", FullyConnected{w, weights.at("classifier.2.bias").tensor()}, {x});
  graph.add_output("scores", x);
  return graph;
}

/// A layer as it was programmed: stored conductances, limits and scales.
inline quant::cim::ArrayLayer stored_layer(const Arrays& programmed, const std::string& name,
                                           const std::vector<float>& bias) {
  using namespace quant::cim;
  const auto numbers = [&](const std::string& what) { return programmed.at(name + "." + what).numbers(); };
  const std::vector<double> dac = numbers("dac"), adc = numbers("adc");
  const bool centred = static_cast<int>(adc[2]) % 2 == 1;  // its SignMagnitudeADC has 2^bits - 1 levels
  const size_t slices = adc.size() / 3;
  ArrayLayer layer;
  layer.input = {8, dac[0] < 0, 1 / numbers("in_scale")[0]};
  layer.bias = bias;
  layer.outputs = static_cast<int>(bias.size());
  const int bits = slices == 1 ? 7 : 8 / static_cast<int>(slices);
  layer.scale = numbers("out_scale")[0] / (slices == 1 ? 127 : 254);
  for (size_t s = 0; s < slices; ++s) {
    const std::string end = slices == 1 ? "" : std::to_string(s);
    CellArray array;
    array.cells.plus = numbers("Gpos" + end);
    array.cells.minus = numbers("Gneg" + end);
    array.cells.outputs = layer.outputs;
    array.cells.rows = layer.inputs = static_cast<int>(array.cells.plus.size()) / layer.outputs;
    array.slice = static_cast<int>(s);
    array.weight = std::exp2(static_cast<double>(s) * bits) * ((1 << bits) - 1);
    const auto levels = static_cast<int>(adc[3 * s + 2]);
    array.converter =
        OutputConverter(centred ? static_cast<int>(std::log2(levels + 1)) : static_cast<int>(std::log2(levels)),
                        {adc[3 * s], adc[3 * s + 1], centred});
    layer.arrays.push_back(std::move(array));
  }
  return layer;
}

/// All layers of programmed_TAG.npz.
inline quant::cim::PreparedLayers stored_layers(const Arrays& programmed, const Arrays& weights) {
  quant::cim::PreparedLayers layers;
  for (const std::string& name : crosssim_layers())
    layers[name] = std::make_shared<const quant::cim::PreparedLayer>(
        stored_layer(programmed, name, weights.at(name + ".bias").tensor().values));
  return layers;
}

struct TestImages {
  quant::LabelledImages images;
  std::vector<float> numbers;
};

/// The first `count` of the 1017 test images.
inline TestImages crosssim_images(int64_t count) {
  TestImages t{quant::read_cifar10((data_dir() / "cifar10/test_prefix.bin").string()), {}};
  t.numbers = quant::normalize(t.images, quant::kImageNetMean, quant::kImageNetDeviation);
  t.numbers.resize(static_cast<size_t>(count) * 3072);
  t.images.labels.resize(static_cast<size_t>(count));
  t.images.count = count;
  return t;
}

/// The limits that CrossSim's runs without stored arrays had, from a programmed_TAG.npz.
inline quant::cim::Settings stored_settings(const Arrays& programmed) {
  quant::cim::Settings settings;
  for (const std::string& name : crosssim_layers()) {
    const quant::cim::ArrayLayer layer = stored_layer(programmed, name, {0});
    quant::cim::LayerSettings s{layer.input.limit, layer.input.has_sign, {}, {}};
    for (const quant::cim::CellArray& a : layer.arrays) s.output.push_back(a.converter.range());
    settings[name] = s;
  }
  return settings;
}

}  // namespace flashcell::test
