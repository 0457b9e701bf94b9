#include "host/recognition/recognition_file.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"

namespace flashcell::host {
namespace {
constexpr const char* kFormat = "flashcell recognition";
constexpr int kVersion = 1;
}  // namespace

std::string recognition_json(const tracking::RecognitionModel& model) {
  const nlohmann::ordered_json json = {{"format", kFormat},        {"version", kVersion},
                                       {"classes", model.classes}, {"dimensions", model.dimensions},
                                       {"mean", model.mean},       {"projection", model.projection},
                                       {"centres", model.centres}};
  return json_text(json, 1) + "\n";
}

tracking::RecognitionModel parse_recognition(std::string_view text, const std::string& name) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    if (json.at("format") != kFormat || json.at("version") != kVersion) {
      throw Error(Fault::input, name + ": is no recognition file of version 1; make one with `flashcell learn`");
    }
    tracking::RecognitionModel model;
    json.at("classes").get_to(model.classes);
    if (!json.at("dimensions").is_number_integer()) throw std::invalid_argument("dimensions is no integer");
    json.at("dimensions").get_to(model.dimensions);
    json.at("mean").get_to(model.mean);
    json.at("projection").get_to(model.projection);
    json.at("centres").get_to(model.centres);
    return tracking::Recognizer(std::move(model)).model();
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
