#include "host/recognition/recognition_file.hpp"

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"

namespace flashcell::host {
namespace {
constexpr const char* kFormat = "flashcell recognition";
constexpr int kVersion = 2, kUncalibrated = 1;

float float_in(const nlohmann::json& json, const char* key) {
  const auto value = json.at(key).get<double>();
  if (!(std::abs(value) <= std::numeric_limits<float>::max()))
    throw std::invalid_argument(std::string(key) + " is too large");
  return static_cast<float>(value);
}

Calibration calibration_in(const nlohmann::json& json) {
  return {float_in(json, "temperature"), float_in(json, "doubt"), float_in(json, "objects"),
          float_in(json, "familiar")};
}

}  // namespace

std::string recognition_json(const tracking::RecognitionModel& model) {
  const Calibration& c = model.calibration;
  const nlohmann::ordered_json json = {
      {"format", kFormat},
      {"version", kVersion},
      {"classes", model.classes},
      {"dimensions", model.dimensions},
      {"mean", model.mean},
      {"projection", model.projection},
      {"centres", model.centres},
      {"whitening", model.whitening},
      {"calibration",
       {{"temperature", c.temperature}, {"doubt", c.doubt}, {"objects", c.objects}, {"familiar", c.familiar}}}};
  return json_text(json, 1) + "\n";
}

tracking::RecognitionModel parse_recognition(std::string_view text, const std::string& name) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    if (json.at("format") != kFormat || (json.at("version") != kVersion && json.at("version") != kUncalibrated)) {
      throw Error(Fault::input, name + ": is no recognition file of version 1 or 2; make one with `flashcell learn`");
    }
    tracking::RecognitionModel model;
    json.at("classes").get_to(model.classes);
    if (!json.at("dimensions").is_number_integer()) throw std::invalid_argument("dimensions is no integer");
    json.at("dimensions").get_to(model.dimensions);
    json.at("mean").get_to(model.mean);
    json.at("projection").get_to(model.projection);
    json.at("centres").get_to(model.centres);
    if (json.at("version") == kVersion) {
      json.at("whitening").get_to(model.whitening);
      model.calibration = calibration_in(json.at("calibration"));
    }
    return tracking::Recognizer(std::move(model)).model();
  } catch (const nlohmann::json::parse_error&) {
    throw Error(Fault::input,
                name + ": is no file of classes, which `flashcell learn` makes; --classify.model takes networks");
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::input, name + ": is damaged: " + error.what());
  } catch (const std::invalid_argument& error) {
    throw Error(Fault::input, name + ": is damaged: " + error.what());
  }
}

void write_recognition(const std::string& path, const tracking::RecognitionModel& model) {
  for (const std::string& name : model.classes) {
    if (!is_utf8(name)) throw Error(Fault::input, path + ": class '" + name + "' is not UTF-8, as the file must be");
  }
  write_file(path, recognition_json(model));
}

tracking::RecognitionModel read_recognition(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw Error(Fault::input, path + ": cannot be read; is it a file, and may you read it?");
  return parse_recognition(text, path);
}

}  // namespace flashcell::host
