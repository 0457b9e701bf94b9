#include "quant_models/onnx/metadata_properties.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "quant_models/model_error.hpp"

namespace flashcell::quant::onnx {
namespace {

using nlohmann::ordered_json;

constexpr const char* kClasses = "flashcell.classes";
constexpr const char* kPreprocessing = "flashcell.preprocessing";

void add(onnx_file::ModelProto& model, const char* key, const ordered_json& value) {
  onnx_file::StringStringEntryProto* property = model.add_metadata_props();
  property->set_key(key);
  property->set_value(value.dump());
}

std::array<float, 3> read_numbers(const ordered_json& json, int count) {
  const auto numbers = json.get<std::vector<float>>();
  if (numbers.size() != static_cast<size_t>(count)) throw ModelError("it takes one number for each channel");
  std::array<float, 3> all = {};
  for (size_t i = 0; i < all.size(); ++i) all[i] = numbers[std::min(i, numbers.size() - 1)];
  return all;
}

Preprocessing read_preprocessing(const ordered_json& json) {
  Preprocessing p;
  const auto order = json.at("channels").get<std::string>();
  const auto found = value_in(kChannelNames, order);
  if (!found) throw ModelError("channels '" + order + "' are none of grey, rgb, bgr");
  p.channels = *found;
  p.mean = read_numbers(json.at("mean"), p.count());
  p.factor = read_numbers(json.at("factor"), p.count());
  for (const float mean : p.mean)
    if (!std::isfinite(mean)) throw ModelError("the mean is not finite");
  for (const float factor : p.factor)
    if (!(factor > 0) || !std::isfinite(factor)) throw ModelError("the factor must be finite and above 0");
  return p;
}

// Later values of a key win, as ONNX leaves open.
const std::string* find(const onnx_file::ModelProto& model, const char* key) {
  const std::string* value = nullptr;
  for (const onnx_file::StringStringEntryProto& property : model.metadata_props())
    if (property.key() == key) value = &property.value();
  return value;
}

template <class Read>
void read(const onnx_file::ModelProto& model, const char* key, Read read_json) {
  const std::string* value = find(model, key);
  if (value == nullptr) return;
  try {
    read_json(ordered_json::parse(*value));
  } catch (const nlohmann::json::exception& e) {
    throw ModelError("metadata '" + std::string(key) + "' cannot be read: " + e.what());
  } catch (const ModelError& e) {
    throw ModelError("metadata '" + std::string(key) + "': " + e.what());
  }
}

}  // namespace

void write_properties(const Metadata& metadata, onnx_file::ModelProto& model) {
  try {
    if (!metadata.class_names.empty()) add(model, kClasses, metadata.class_names);
  } catch (const nlohmann::json::exception&) {
    throw ModelError("a class name is no UTF-8 text");
  }
  if (!metadata.preprocessing) return;
  const Preprocessing& p = *metadata.preprocessing;
  const auto used = [&](const std::array<float, 3>& numbers) {
    return std::vector<float>(numbers.begin(), numbers.begin() + p.count());
  };
  add(model, kPreprocessing,
      {{"channels", name_in(kChannelNames, p.channels)}, {"mean", used(p.mean)}, {"factor", used(p.factor)}});
}

Metadata read_properties(const onnx_file::ModelProto& model) {
  Metadata metadata;
  read(model, kClasses, [&](const ordered_json& json) { json.get_to(metadata.class_names); });
  read(model, kPreprocessing, [&](const ordered_json& json) { metadata.preprocessing = read_preprocessing(json); });
  return metadata;
}

}  // namespace flashcell::quant::onnx
