#include "host/actions/action_model.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/numpy_output.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/network_file.hpp"

namespace flashcell::host {
namespace {

constexpr const char *kFormat = "flashcell actions 1", *kDescription = "actions", *kMeans = "feature_means",
                     *kScales = "feature_scales";

bool are_finite(const std::vector<float>& numbers, bool positive) {
  for (const float number : numbers) {
    if (!std::isfinite(number) || (positive && !(number > 0))) return false;
  }
  return true;
}

}  // namespace

std::string fault_of(const ActionModel& m) {
  const size_t features = tracking::action_feature_count(m.inputs);
  if (m.network.layers.empty()) return "holds no network";
  if (std::string fault = quant::fault_of(m.network); !fault.empty()) return fault;
  if (!m.network.embedding.empty() || !m.network.head.empty() || m.network.all_read)
    return "is a network for something else";
  if (m.network.names.size() < 2 || m.network.names.size() > ActionModel::kMostActions)
    return "must tell 2 to 80 actions apart";
  if (!(m.step_s >= 1e-6 && m.step_s <= 1e3)) return "its step is no time from 1 us to 1000 s";
  if (m.delay < 0 || m.delay > ActionModel::kMostDelay) return "its delay is not 0 to 64 steps";
  if (!(m.kept >= 0 && m.kept < 1)) return "the share of the trace that it keeps is not from 0 to 1";
  if (static_cast<size_t>(m.network.inputs()) != features || m.means.size() != features || m.scales.size() != features)
    return "reads other features than this version measures";
  if (!are_finite(m.means, false) || !are_finite(m.scales, true))
    return "a feature's mean or scale is no usable number";
  try {
    check(m.calibration);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

std::string action_model_bytes(const ActionModel& model) {
  const Calibration& c = model.calibration;
  const nlohmann::ordered_json json = {
      {"format", kFormat},
      {"step_s", model.step_s},
      {"delay", model.delay},
      {"kept", model.kept},
      {"hlac", model.inputs.hlac},
      {"events", model.inputs.events},
      {"calibration",
       {{"temperature", c.temperature}, {"doubt", c.doubt}, {"objects", c.objects}, {"familiar", c.familiar}}}};
  quant::NamedArrays arrays = quant::network_arrays(model.network);
  arrays.emplace_back(kDescription, quant::text_array(json.dump()));
  arrays.emplace_back(kMeans, quant::number_array(model.means));
  arrays.emplace_back(kScales, quant::number_array(model.scales));
  return quant::npz_bytes(arrays);
}

ActionModel parse_action_model(std::span<const uint8_t> file, const std::string& name) {
  const auto arrays = quant::read_npz(file, name);
  if (!arrays.contains(kDescription))
    throw quant::ModelError(name + ": holds no actions; make such a file with `flashcell learn --actions`");
  ActionModel model;
  try {
    const auto json = nlohmann::json::parse(quant::text_in(arrays, kDescription, name));
    if (json.at("format") != kFormat) throw quant::ModelError(name + ": holds actions in an unknown format");
    json.at("step_s").get_to(model.step_s);
    json.at("delay").get_to(model.delay);
    json.at("kept").get_to(model.kept);
    json.at("hlac").get_to(model.inputs.hlac);
    json.at("events").get_to(model.inputs.events);
    const auto& c = json.at("calibration");
    model.calibration = {c.at("temperature").get<float>(), c.at("doubt").get<float>(), c.at("objects").get<float>(),
                         c.at("familiar").get<float>()};
  } catch (const nlohmann::json::exception& error) {
    throw quant::ModelError(name + ": is damaged: " + error.what());
  }
  model.network = quant::network_in(arrays, name);
  model.means = quant::numbers_in(arrays, kMeans, name);
  model.scales = quant::numbers_in(arrays, kScales, name);
  if (const std::string fault = fault_of(model); !fault.empty()) throw quant::ModelError(name + ": " + fault);
  return model;
}

ActionModel read_action_model(const std::string& path) {
  return parse_action_model(quant::read_file(path), path);
}

}  // namespace flashcell::host
