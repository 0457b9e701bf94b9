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
using Named = std::vector<std::pair<std::string, NumpyArray>>;

NumpyArray text_array(const std::string& text) {
  return {"u1", {static_cast<int64_t>(text.size())}, std::vector<uint8_t>(text.begin(), text.end())};
}

void add_numbers(Named& arrays, const std::string& name, const std::vector<float>& numbers, int64_t columns = 0) {
  if (numbers.empty()) return;
  NumpyArray array{"f4", {static_cast<int64_t>(numbers.size())}, {}};
  if (columns > 0) array.shape = {array.shape[0] / columns, columns};
  array.bytes.resize(numbers.size() * sizeof(float));
  std::memcpy(array.bytes.data(), numbers.data(), array.bytes.size());
  arrays.emplace_back(name, std::move(array));
}

std::string layer_name(size_t layer, const char* part) {
  return fmt::format("layer{}.{}", layer, part);
}

std::string text_of(const Arrays& arrays, const std::string& key, const std::string& name) {
  const auto found = arrays.find(key);
  if (found == arrays.end() || found->second.type != "u1")
    throw ModelError(name + ": is no recurrent network of flashcell: it has no '" + key + "'");
  return {found->second.bytes.begin(), found->second.bytes.end()};
}

// Nothing where it is absent: fault_of() says what does not fit.
std::vector<float> numbers_of(const Arrays& arrays, const std::string& key, const std::string& name) {
  const auto found = arrays.find(key);
  if (found == arrays.end()) return {};
  if (found->second.type != "f4") throw ModelError(name + ": '" + key + "' holds no float32");
  std::vector<float> numbers(found->second.bytes.size() / sizeof(float));
  if (!numbers.empty()) std::memcpy(numbers.data(), found->second.bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

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
  layer.input_weights = numbers_of(arrays, layer_name(i, "input_weights"), name);
  layer.recurrent_weights = numbers_of(arrays, layer_name(i, "recurrent_weights"), name);
  layer.input_biases = numbers_of(arrays, layer_name(i, "input_biases"), name);
  layer.recurrent_biases = numbers_of(arrays, layer_name(i, "recurrent_biases"), name);
  layer.thresholds = numbers_of(arrays, layer_name(i, "thresholds"), name);
  return layer;
}

}  // namespace

std::string network_bytes(const RecurrentNetwork& network) {
  nlohmann::ordered_json description = {
      {"format", kFormat}, {"task", network.task}, {"layers", nlohmann::json::array()}};
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
  add_numbers(arrays, "embedding", network.embedding, network.inputs());
  add_numbers(arrays, "decoder", network.decoder, network.layers.back().hidden);
  add_numbers(arrays, "decoder_biases", network.decoder_biases);
  std::string names;
  for (const std::string& name : network.names) names += name + "\n";
  arrays.insert(arrays.begin(), {{"description", text_array(description.dump())}, {"names", text_array(names)}});
  return npz_bytes(arrays);
}

RecurrentNetwork parse_network(std::span<const uint8_t> file, const std::string& name) {
  const Arrays arrays = read_npz(file, name);
  RecurrentNetwork network;
  try {
    const auto description = nlohmann::json::parse(text_of(arrays, "description", name));
    if (description.at("format") != kFormat) throw ModelError(name + ": is a recurrent network of an unknown format");
    network.task = description.at("task").get<std::string>();
    for (const auto& layer : description.at("layers"))
      network.layers.push_back(layer_of(layer, arrays, network.layers.size(), name));
  } catch (const nlohmann::json::exception&) {
    throw ModelError(name + ": its description is damaged");
  }
  network.names = lines(text_of(arrays, "names", name));
  network.embedding = numbers_of(arrays, "embedding", name);
  network.decoder = numbers_of(arrays, "decoder", name);
  network.decoder_biases = numbers_of(arrays, "decoder_biases", name);
  if (const std::string fault = fault_of(network); !fault.empty()) throw ModelError(name + ": " + fault);
  return network;
}

RecurrentNetwork read_network(const std::string& path) {
  return parse_network(read_file(path), path);
}

}  // namespace flashcell::quant
