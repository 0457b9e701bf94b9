#include "quant_models/data_free/run_folder.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kRunFile = "run.json";
// What a restart forgets.
constexpr const char* kStageFiles[] = {kRunFile,    "pictures.checkpoint", "sensitivities.json",
                                       "bits.json", "training.checkpoint", "blocks.checkpoint"};

json read_json(const std::string& path) {
  const std::vector<uint8_t> bytes = read_file(path);
  json found = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (!found.is_object() || !found.contains("fingerprint"))
    throw ModelError(path + ": is damaged; remove it, or give --restart");
  return found;
}

}  // namespace

RunFolder::RunFolder(std::string path, uint64_t network, const std::string& name, bool restart)
    : path_(std::move(path)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw ModelError(path_ + ": cannot make the folder: " + error.message());
  if (restart)
    for (const char* stage : kStageFiles) fs::remove(file(stage), error);
  if (!fs::exists(file(kRunFile), error)) {
    write_file(file(kRunFile), json_text(json{{"fingerprint", network}, {"network", name}}) + "\n");
    return;
  }
  const json run = read_json(file(kRunFile));
  if (run.at("fingerprint") != network)
    throw ModelError(path_ + ": holds a run of another network, " + run.value("network", "") +
                     ", or of the same with pixels that mean something else; choose another -o, or --restart");
}

std::string RunFolder::file(const std::string& name) const {
  return (fs::path(path_) / name).string();
}

json RunFolder::stage(const std::string& name, uint64_t fingerprint, const std::function<json()>& work) const {
  const std::string path = file(name + ".json");
  std::error_code error;
  if (!fs::exists(path, error))
    write_file(path, json_text(json{{"fingerprint", fingerprint}, {"result", work()}}) + "\n");
  json found = read_json(path);
  if (found.at("fingerprint") != fingerprint)
    throw ModelError(path + ": belongs to a run with other options; choose another -o, or --restart");
  return std::move(found.at("result"));
}

}  // namespace flashcell::quant
