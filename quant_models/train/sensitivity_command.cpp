#include "quant_models/train/sensitivity_command.hpp"

#include <ATen/Parallel.h>

#include <nlohmann/json.hpp>

#include "base/command_line.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/quantize/image_network.hpp"
#include "quant_models/train/gradient_sensitivity.hpp"

namespace flashcell::quant {

int run_sensitivity(int argc, const char* const* argv) {
  Command app("What gradients say of how much each layer of a network matters.", "flashcell train sensitivity");
  std::string network, images, output, measure = "connection";
  GradientOptions options;
  app.add_option("NETWORK", network, "ONNX file of a network in floating point").required();
  app.add_option("IMAGES", images, ".npy array of the network's input numbers, N x the input's shape").required();
  app.add_option("-o,--output", output, "JSON file").required();
  app.add_option("--measure", measure, "What is worked out").one_of(names_in(kGradientMeasureNames));
  app.add_option("--seed", options.seed, "Of what is drawn at random");
  if (const auto answer = app.parse(argc, argv)) return print(*answer) ? 0 : 2;
  options.measure = value_in(kGradientMeasureNames, measure).value();
  at::set_num_threads(1);  // sums in one order, whatever the machine
  const Graph graph = prepare_image_network(import_onnx(network));
  const Tensor numbers = read_npy(read_file(images), images).tensor();
  if (numbers.shape.empty()) throw ModelError(images + ": holds no images");
  const Sensitivities s = gradient_sensitivities(graph, numbers.values, numbers.shape[0], options);
  write_file(output, json_text(nlohmann::ordered_json{{"weights", s.weights}, {"values", s.values}}) + "\n");
  return 0;
}

}  // namespace flashcell::quant
