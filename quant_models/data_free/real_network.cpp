#include "quant_models/data_free/real_network.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/labelled_images.hpp"
#include "quant_models/data/picture.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/quantize/image_network.hpp"

namespace flashcell::quant {
namespace {

void set_numbers(const char* option, const std::vector<float>& given, int count, std::array<float, 3>& numbers) {
  if (given.empty()) return;
  if (given.size() != 1 && given.size() != static_cast<size_t>(count))
    throw Error(Fault::usage, std::string(option) + " takes one number, or one for each of the " +
                                  std::to_string(count) + " channels");
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = given[std::min(i, given.size() - 1)];
}

void append(const Picture& picture, const Preprocessing& preprocessing, std::vector<float>& values) {
  const size_t plane = picture.pixels.size() / static_cast<size_t>(picture.channels);
  for (size_t c = 0; c < static_cast<size_t>(picture.channels); ++c) {
    const size_t from = preprocessing.channels == Preprocessing::Channels::bgr ? 2 - c : c;
    for (size_t i = 0; i < plane; ++i)
      values.push_back((static_cast<float>(picture.pixels[from * plane + i]) - preprocessing.mean[c]) *
                       preprocessing.factor[c]);
  }
}

}  // namespace

RealNetwork read_real_network(const NetworkOptions& options) {
  OnnxModel imported = import_onnx_model(options.model, options.import);
  RealNetwork network{std::move(imported.graph), std::move(imported.metadata), 0, ""};
  try {
    prepare_image_network(network.graph);  // refuses what cannot be quantized
    const Shape& input = network.input_shape();
    const bool said = network.metadata.preprocessing.has_value();
    Preprocessing p = network.metadata.preprocessing.value_or(Preprocessing{});
    if (!said && input.size() == 4 && input[1] == 3) p.channels = Preprocessing::Channels::rgb;
    if (!options.channels.empty()) p.channels = value_in(kChannelNames, options.channels).value();
    set_numbers("--mean", options.mean, p.count(), p.mean);
    set_numbers("--factor", options.factor, p.count(), p.factor);
    if (!said && options.channels.empty() && options.mean.empty() && options.factor.empty())
      network.assumed =
          "the file does not say what the input means: taken as pixel / 255 (else --channels, --mean, "
          "--factor)";
    network.metadata.preprocessing = p;
    input_range(p, input);
    if (options.crop != 0 && (options.crop != input[2] || options.crop != input[3]))
      throw Error(Fault::usage, "--crop " + std::to_string(options.crop) + ": the network takes pictures of " +
                                    std::to_string(input[2]) + "x" + std::to_string(input[3]));
    Hash hash;
    hash.add(read_file(options.model)).add(static_cast<uint64_t>(p.channels));
    for (const auto* numbers : {&p.mean, &p.factor})
      hash.add(std::span(reinterpret_cast<const uint8_t*>(numbers->data()), sizeof *numbers));
    network.fingerprint = hash.value();
  } catch (const ModelError& e) {
    throw ModelError(options.model + ": " + e.what());
  }
  return network;
}

PixelForm RealNetwork::pixels() const {
  return {input_shape(), range(), metadata.preprocessing->channels == Preprocessing::Channels::bgr};
}

LabelledInputs read_labelled(const std::string& data, const PictureFit& fit, const RealNetwork& network) {
  const Graph heads = remove_output_tail(network.graph);
  const int64_t classes = element_count(heads.node(heads.outputs()[0].node).shape);
  const LabelledImages images =
      read_labelled_images(data, network.input_shape(), classes, network.metadata.class_names, fit).images;
  const Preprocessing& preprocessing = *network.metadata.preprocessing;
  LabelledInputs read{{}, images.labels};
  for (int64_t i = 0; i < images.count; ++i)
    append(labelled_picture(images, i, network.input_shape()), preprocessing, read.values);
  return read;
}

double accuracy(const Graph& graph, const LabelledInputs& pictures) {
  const auto count = static_cast<int64_t>(pictures.labels.size());
  const std::vector<float> scores = run_all(remove_output_tail(graph), pictures.values, count);
  return static_cast<double>(count_correct(scores, pictures.labels)) / static_cast<double>(count);
}

}  // namespace flashcell::quant
