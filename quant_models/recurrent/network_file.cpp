#include "quant_models/recurrent/network_file.hpp"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/numpy_output.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr const char* kFormat = "flashcell recurrent network 1";
constexpr int kMostUnits = 1 << 16;

using Arrays = std::map<std::string, NumpyArray>;
using Named = NamedArrays;

void add_numbers(Named& arrays, const std::string& name, const std::vector<float>& numbers, int64_t columns = 0) {
  if (numbers.empty()) return;
  NumpyArray array = number_array(numbers);
  if (columns > 0) array.shape = {array.shape[0] / columns, columns};
  arrays.emplace_back(name, std::move(array));
}

std::string head_name(size_t layer, const char* part) {
  return fmt::format("head{}.{}", layer, part);
}

std::string layer_name(size_t layer, const char* part) {
  return fmt::format("layer{}.{}", layer, part);
}

}  // namespace

NumpyArray text_array(const std::string& text) {
  return {"u1", {static_cast<int64_t>(text.size())}, std::vector<uint8_t>(text.begin(), text.end())};
}

NumpyArray number_array(const std::vector<float>& numbers) {
  NumpyArray array{"f4", {static_cast<int64_t>(numbers.size())}, {}};
  array.bytes.resize(numbers.size() * sizeof(float));
  if (!numbers.empty()) std::memcpy(array.bytes.data(), numbers.data(), array.bytes.size());
  return array;
}

std::string text_in(const Arrays& arrays, const std::string& key, const std::string& name) {
  const auto found = arrays.find(key);
  if (found == arrays.end() || found->second.type != "u1")
    throw ModelError(name + ": is no recurrent network of flashcell: it has no '" + key + "'");
  return {found->second.bytes.begin(), found->second.bytes.end()};
}

// Nothing where it is absent: fault_of() says what does not fit.
std::vector<float> numbers_in(const Arrays& arrays, const std::string& key, const std::string& name) {
  const auto found = arrays.find(key);
  if (found == arrays.end()) return {};
  if (found->second.type != "f4") throw ModelError(name + ": '" + key + "' holds no float32");
  std::vector<float> numbers(found->second.bytes.size() / sizeof(float));
  if (!numbers.empty()) std::memcpy(numbers.data(), found->second.bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

namespace {

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

RecurrentLayer<float> layer_of(const nlohmann::json& description, const Arrays& arrays, size_t i,
                               const std::string& name) {
  RecurrentLayer<float> layer;
  const auto cell = value_in(kCellNames, description.at("cell").get<std::string>());
  layer.inputs = description.at("inputs").get<int>();
  layer.hidden = description.at("hidden").get<int>();
  layer.zoneout = description.at("zoneout").get<float>();
  if (!cell || layer.inputs > kMostUnits || layer.hidden > kMostUnits)
    throw ModelError(fmt::format("{}: layer {} is of an unknown kind or too large", name, i));
  layer.cell = *cell;
  layer.input_weights = numbers_in(arrays, layer_name(i, "input_weights"), name);
  layer.recurrent_weights = numbers_in(arrays, layer_name(i, "recurrent_weights"), name);
  layer.input_biases = numbers_in(arrays, layer_name(i, "input_biases"), name);
  layer.recurrent_biases = numbers_in(arrays, layer_name(i, "recurrent_biases"), name);
  layer.thresholds = numbers_in(arrays, layer_name(i, "thresholds"), name);
  return layer;
}

HeadConvolution convolution_of(const nlohmann::json& description, const Arrays& arrays, size_t i,
                               const std::string& name) {
  HeadConvolution layer;
  layer.channels_in = description.at("channels_in").get<int>();
  layer.channels = description.at("channels").get<int>();
  layer.side = description.at("side").get<int>();
  layer.weights = numbers_in(arrays, head_name(i, "weights"), name);
  layer.biases = numbers_in(arrays, head_name(i, "biases"), name);
  return layer;
}

}  // namespace

NamedArrays network_arrays(const RecurrentNetwork& network) {
  nlohmann::ordered_json description = {
      {"format", kFormat}, {"task", network.task}, {"layers", nlohmann::json::array()}};
  if (network.all_read) description["decoder"] = "all layers";
  Named arrays;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const RecurrentLayer<float>& layer = network.layers[i];
    description["layers"].push_back(nlohmann::ordered_json{{"cell", name_in(kCellNames, layer.cell)},
                                                           {"inputs", layer.inputs},
                                                           {"hidden", layer.hidden},
                                                           {"zoneout", layer.zoneout}});
    add_numbers(arrays, layer_name(i, "input_weights"), layer.input_weights, layer.inputs);
    add_numbers(arrays, layer_name(i, "recurrent_weights"), layer.recurrent_weights, layer.hidden);
    add_numbers(arrays, layer_name(i, "input_biases"), layer.input_biases);
    add_numbers(arrays, layer_name(i, "recurrent_biases"), layer.recurrent_biases);
    add_numbers(arrays, layer_name(i, "thresholds"), layer.thresholds);
  }
  for (size_t i = 0; i < network.head.size(); ++i) {
    const HeadConvolution& layer = network.head[i];
    description["head"].push_back(
        nlohmann::ordered_json{{"channels_in", layer.channels_in}, {"channels", layer.channels}, {"side", layer.side}});
    add_numbers(arrays, head_name(i, "weights"), layer.weights, layer.channels);
    add_numbers(arrays, head_name(i, "biases"), layer.biases);
  }
  add_numbers(arrays, "embedding", network.embedding, network.inputs());
  add_numbers(arrays, "decoder", network.decoder, network.read_units());
  add_numbers(arrays, "decoder_biases", network.decoder_biases);
  std::string names;
  for (const std::string& name : network.names) names += name + "\n";
  arrays.insert(arrays.begin(), {{"description", text_array(description.dump())}, {"names", text_array(names)}});
  return arrays;
}

std::string network_bytes(const RecurrentNetwork& network) {
  return npz_bytes(network_arrays(network));
}

RecurrentNetwork network_in(const std::map<std::string, NumpyArray>& arrays, const std::string& name) {
  RecurrentNetwork network;
  try {
    const auto description = nlohmann::json::parse(text_in(arrays, "description", name));
    if (description.at("format") != kFormat) throw ModelError(name + ": is a recurrent network of an unknown format");
    network.task = description.at("task").get<std::string>();
    network.all_read = description.value("decoder", "last layer") == "all layers";
    for (const auto& layer : description.at("layers"))
      network.layers.push_back(layer_of(layer, arrays, network.layers.size(), name));
    for (const auto& layer : description.value("head", nlohmann::json::array()))
      network.head.push_back(convolution_of(layer, arrays, network.head.size(), name));
  } catch (const nlohmann::json::exception&) {
    throw ModelError(name + ": its description is damaged");
  }
  network.names = lines(text_in(arrays, "names", name));
  network.embedding = numbers_in(arrays, "embedding", name);
  network.decoder = numbers_in(arrays, "decoder", name);
  network.decoder_biases = numbers_in(arrays, "decoder_biases", name);
  if (const std::string fault = fault_of(network); !fault.empty()) throw ModelError(name + ": " + fault);
  return network;
}

RecurrentNetwork parse_network(std::span<const uint8_t> file, const std::string& name) {
  return network_in(read_npz(file, name), name);
}

RecurrentNetwork read_network(const std::string& path) {
  return parse_network(read_file(path), path);
}

}  // namespace flashcell::quant
