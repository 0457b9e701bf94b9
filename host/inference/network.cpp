#include "host/inference/network.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/cell_detector.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "tracking/recognition.hpp"

namespace flashcell::host {
namespace {

const contract::TensorDescriptor& only_tensor(const quant::PackedModel& model, contract::TensorRole role) {
  const auto has_role = [role](const contract::TensorDescriptor& t) { return (t.role & role) != 0; };
  if (std::count_if(model.tensors.begin(), model.tensors.end(), has_role) != 1) {
    throw Error(Fault::input, model.name + ": needs exactly one " +
                                  (role == contract::kInputTensor ? "input" : "output") +
                                  "; `flashcell model inspect` shows what it has");
  }
  return *std::find_if(model.tensors.begin(), model.tensors.end(), has_role);
}

int class_count(const quant::PackedModel& model) {
  switch (kind_of(model)) {
    case NetworkKind::classifier:
      return output_of(model).channels;
    case NetworkKind::cell_detector:
      return output_of(model).channels - quant::kFirstClass;
    case NetworkKind::fastestdet:
      return quant::fastestdet_classes(heads_of(model)).channels;
    case NetworkKind::yunet:
      return 1;
    case NetworkKind::other:
      break;
  }
  throw Error(Fault::input,
              model.name + ": is neither a classifier nor a detector; `flashcell model inspect` shows its layers");
}

}  // namespace

quant::PackedModel read_network(const std::string& path) {
  try {
    return quant::read_packed_file(path);
  } catch (const quant::ModelError& error) {
    throw Error(Fault::input, error.what());
  }
}

const contract::TensorDescriptor& input_of(const quant::PackedModel& model) {
  return only_tensor(model, contract::kInputTensor);
}

const contract::TensorDescriptor& output_of(const quant::PackedModel& model) {
  return only_tensor(model, contract::kOutputTensor);
}

float output_scale(const quant::PackedModel& model) {
  return model.tensor_scales[static_cast<size_t>(&output_of(model) - model.tensors.data())];
}

std::vector<quant::DetectorHead> heads_of(const quant::PackedModel& model) {
  std::vector<quant::DetectorHead> heads;
  for (size_t i = 0; i < model.tensors.size(); ++i) {
    const contract::TensorDescriptor& t = model.tensors[i];
    if ((t.role & contract::kOutputTensor) != 0)
      heads.push_back({model.tensor_names[i], t.height, t.width, t.channels, {}});
  }
  return heads;
}

NetworkKind kind_of(const quant::PackedModel& model) {
  const std::vector<quant::DetectorHead> heads = heads_of(model);
  if (heads.size() > 1) {
    return quant::is_yunet(heads)        ? NetworkKind::yunet
           : quant::is_fastestdet(heads) ? NetworkKind::fastestdet
                                         : NetworkKind::other;
  }
  const contract::TensorDescriptor& in = input_of(model);
  const contract::TensorDescriptor& out = output_of(model);
  const bool one_place = out.height == 1 && out.width == 1;
  if (one_place && in.height >= quant::kCellSize)
    return out.channels >= 2 ? NetworkKind::classifier : NetworkKind::other;
  const bool image = out.height * quant::kCellSize == in.height && out.width * quant::kCellSize == in.width;
  // A vision transformer's patches, row by row.
  const bool tokens = in.height % quant::kCellSize == 0 && in.width % quant::kCellSize == 0 && out.width == 1 &&
                      out.height == in.height / quant::kCellSize * (in.width / quant::kCellSize);
  return (image || tokens) && out.channels > quant::kFirstClass ? NetworkKind::cell_detector : NetworkKind::other;
}

bool is_detector(NetworkKind kind) {
  return kind != NetworkKind::classifier && kind != NetworkKind::other;
}

std::vector<std::string> classes_of(const quant::PackedModel& model) {
  const int classes = class_count(model);
  for (const contract::TensorDescriptor& t : model.tensors)
    if (t.role != contract::kInnerTensor && contract::bytes_per_value(t.type) != 1)
      throw Error(Fault::input, model.name + ": has an input or output of " + std::to_string(t.bits) +
                                    " bits; objects are named with up to 8: quantize it so");
  if (classes > tracking::kMaxClasses) {
    throw Error(Fault::input, model.name + ": has " + std::to_string(classes) + " classes; at most " +
                                  std::to_string(tracking::kMaxClasses) + " can be told apart");
  }
  std::vector<std::string> names = model.class_names;
  if (names.empty()) {
    for (int c = 0; c < classes; ++c) names.push_back(std::to_string(c));
  }
  if (static_cast<int>(names.size()) != classes) {
    throw Error(Fault::input, model.name + ": names " + std::to_string(names.size()) + " classes, but its output has " +
                                  std::to_string(classes) + "; export it again");
  }
  return names;
}

inference::Resampler resampler_for(const quant::PackedModel& model, int significant_bits) {
  const contract::TensorDescriptor& in = input_of(model);
  using Channels = quant::Preprocessing::Channels;
  const Channels channels = model.preprocessing.channels;
  return {in.width, in.height,
          channels == Channels::grey  ? inference::PictureChannels::grey
          : channels == Channels::rgb ? inference::PictureChannels::rgb
                                      : inference::PictureChannels::bgr,
          significant_bits};
}

}  // namespace flashcell::host
