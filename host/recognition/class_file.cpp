#include "host/recognition/class_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "host/sink/line_file.hpp"
#include "pipeline/error.hpp"

namespace flashcell::host {
namespace {

constexpr const char* kFormat = "flashcell classes";
constexpr int kVersion = 1;

}  // namespace

void save_classes(const std::string& path, const tracking::RecognitionModel& model) {
  const nlohmann::ordered_json json = {{"format", kFormat},        {"version", kVersion},          {"classes", model.classes}, {"dimensions", model.dimensions},
                                       {"mean", model.mean},       {"projection", model.projection}, {"centres", model.centres}};
  write_file(path, json.dump(1) + '\n');
}

tracking::RecognitionModel parse_classes(std::string_view text, const std::string& name) {
  const auto fail = [&](const std::string& what) -> Error {
    return Error(Fault::input, fmt::format("{}: {}; `flashcell learn` writes such files", name, what));
  };
  tracking::RecognitionModel model;
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("format") != kFormat) throw fail("is no file of named classes");
    if (json.at("version") != kVersion) throw fail(fmt::format("is of version {}, this program reads {}", json.at("version").dump(), kVersion));
    json.at("classes").get_to(model.classes);
    json.at("dimensions").get_to(model.dimensions);
    json.at("mean").get_to(model.mean);
    json.at("projection").get_to(model.projection);
    json.at("centres").get_to(model.centres);
  } catch (const nlohmann::json::exception&) {
    throw fail("is no file of named classes, or damaged");
  }
  try {
    tracking::Recognizer check(model);
  } catch (const std::invalid_argument& e) {
    throw fail(e.what());
  }
  return model;
}

tracking::RecognitionModel load_classes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    throw Error(Fault::input, fmt::format("{}: cannot read this file of named classes; `flashcell learn` writes one", path));
  }
  return parse_classes(text.str(), path);
}

}  // namespace flashcell::host
