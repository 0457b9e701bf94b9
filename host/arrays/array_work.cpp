#include "host/arrays/array_work.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "quant_models/cim/range_calibration.hpp"
#include "quant_models/data/calibration_images.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/graph/unquantized.hpp"
#include "quant_models/onnx/import.hpp"

namespace flashcell::host {
namespace {

const std::string kPrefix = "cim:";

}  // namespace

quant::CalibrationImages calibration_pictures(const ArrayWork& work, const ArrayChoice& choice, int64_t most) {
  if (choice.calibration.empty()) throw Error(Fault::usage, "there are no pictures; give some (--calibration DATA)");
  if (!work.metadata.preprocessing)
    throw Error(Fault::usage,
                "the network does not say what pixels mean to it; give --mean and --factor or --std for --calibration");
  const quant::Shape& input = work.graph.node(work.graph.inputs().at(0)).shape;
  if (input.size() != 4) throw Error(Fault::usage, "--calibration wants a network that takes pictures");
  return quant::read_calibration_images(choice.calibration, input, *work.metadata.preprocessing, most,
                                        fit_of(choice.pictures, input.at(2), input.at(3)));
}

bool is_array_device(const std::string& device) {
  return device == "cim" || device.starts_with(kPrefix);
}

std::string arrays_of_device(const std::string& device) {
  if (!device.starts_with(kPrefix) || device.size() == kPrefix.size())
    throw Error(Fault::usage, fmt::format("--device {}: say which, as cim:PRESET; there are {}", printable(device),
                                          fmt::join(quant::cim::preset_names(), ", ")));
  return device.substr(kPrefix.size());
}

ArrayWork read_array_work(const std::string& file, const ArrayChoice& choice) {
  if (file.ends_with(".fcnn"))
    throw Error(Fault::usage,
                fmt::format("{}: holds integers only; give the .onnx file beside it for arrays", printable(file)));
  ArrayWork work;
  work.device = quant::cim::device_of(choice.device);
  auto [imported, metadata] = quant::import_onnx_model(file, import_options_of(choice.pictures));
  quant::Graph graph = quant::with_batch(std::move(imported), 1);
  if (graph.inputs().size() != 1)
    throw Error(Fault::usage,
                fmt::format("{}: has {} inputs; arrays take networks of one", printable(file), graph.inputs().size()));
  work.metadata = std::move(metadata);
  if (choice.pictures.speaks_of_pixels())
    work.metadata.preprocessing =
        preprocessing_of(choice.pictures, work.metadata.preprocessing, graph.node(graph.inputs()[0]).shape);
  const bool quantized = quant::is_quantized(graph);
  work.graph = quant::simplify(quant::without_quantization(graph));
  if (!choice.calibration.empty()) {
    const quant::CalibrationImages images = calibration_pictures(work, choice, kCalibrationPictures);
    work.settings = quant::cim::calibrate(work.graph, work.device, images.values, images.count,
                                          quant::cim::stated_limits(graph, work.device));
    work.ranges = "from " + choice.calibration;
  } else if (quantized && work.device.input.cycle_bits > 0) {
    throw Error(Fault::usage,
                "input.cycle_bits: how large the currents of some bits become is in no file; give pictures "
                "(--calibration DATA)");
  } else if (quantized) {
    work.settings = quant::cim::stated_ranges(graph, work.device);
    work.ranges = "as the quantized file says";
  } else if (work.device.input.bits > 0 || quant::cim::needs_currents(work.device.output.range)) {
    throw Error(Fault::usage, fmt::format("{}: does not say how large its values become; give pictures (--calibration "
                                          "DATA) or a network that `flashcell quantize` wrote",
                                          printable(file)));
  }
  work.as_read = std::move(graph);
  return work;
}

}  // namespace flashcell::host
