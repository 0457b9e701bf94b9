#include "host/app/training_work.hpp"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "host/app/training_program.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/numpy_output.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/quantize/image_network.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;

/// A folder of its own that goes with its object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "flashcell-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw Error(Fault::input, fmt::format("{}: cannot make a folder: {}", pattern, std::strerror(errno)));
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

quant::NumpyArray as_array(const quant::Graph& real, const quant::PlanData& data) {
  quant::NumpyArray array{"f4", real.node(real.inputs().at(0)).shape, {}};
  array.shape.at(0) = data.count;
  array.bytes.resize(data.images.size_bytes());
  std::memcpy(array.bytes.data(), data.images.data(), array.bytes.size());
  return array;
}

/// Runs a command on the network and the images; the bytes of what it writes.
std::vector<uint8_t> work(const std::string& command, const std::vector<std::string>& options, const quant::Graph& real,
                          const quant::PlanData& data) {
  if (real.inputs().size() > 1)
    throw Error(Fault::usage, fmt::format("'{}' trains networks of one image; this one has {} inputs: take a way "
                                          "without gradients, as --sensitivity sqnr",
                                          command, real.inputs().size()));
  const TemporaryFolder folder;
  const std::string network = folder.file("network.onnx"), images = folder.file("images.npy"),
                    result = folder.file("result");
  quant::export_onnx(real, network);
  write_file(images, npy_bytes(as_array(real, data)));
  std::vector<std::string> words = {command, network, images, "-o", result};
  words.insert(words.end(), options.begin(), options.end());
  run_training_program(std::move(words));
  return quant::read_file(result);
}

}  // namespace

quant::Sensitivities gradients_of(const quant::Graph& real, const quant::PlanData& data, quant::GradientMeasure measure,
                                  uint64_t seed) {
  const std::vector<uint8_t> text =
      work("sensitivity", {"--measure", name_in(quant::kGradientMeasureNames, measure), "--seed", std::to_string(seed)},
           real, data);
  const auto json = nlohmann::json::parse(text.begin(), text.end());
  return {json.at("weights").get<std::map<std::string, double>>(),
          json.at("values").get<std::map<std::string, double>>()};
}

quant::Graph retrained(const std::string& command, const std::vector<std::string>& options, const quant::Graph& real,
                       const quant::PlanData& data) {
  const std::vector<uint8_t> file = work(command, options, real, data);
  return quant::prepare_image_network(quant::import_onnx(file, command));
}

}  // namespace flashcell::app
