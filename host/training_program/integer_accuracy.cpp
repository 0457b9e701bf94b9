#include "host/training_program/integer_accuracy.hpp"

#include "host/inference/engine/engine.hpp"
#include "host/inference/network.hpp"
#include "quant_models/tensor/fake_quantize.hpp"

namespace flashcell {
namespace {

// Planes of numbers to stored ones, channels fastest.
void store(std::span<const float> planes, const contract::TensorDescriptor& tensor, float scale, uint8_t* bytes) {
  const int low = contract::lowest(tensor.type, tensor.bits), high = contract::highest(tensor.type, tensor.bits);
  const size_t pixels = planes.size() / tensor.channels;
  for (size_t i = 0; i < planes.size(); ++i)
    contract::store_value(bytes, i % pixels * tensor.channels + i / pixels, tensor.type,
                          quant::quantize(planes[i], scale, tensor.zero_point, low, high));
}

size_t count_of(const contract::TensorDescriptor& tensor) {
  return size_t{tensor.height} * tensor.width * tensor.channels;
}

size_t largest(const uint8_t* bytes, const contract::TensorDescriptor& tensor) {
  size_t best = 0;
  for (size_t i = 1; i < count_of(tensor); ++i)
    if (contract::stored_value(bytes, i, tensor.type) > contract::stored_value(bytes, best, tensor.type)) best = i;
  return best;
}

}  // namespace

double integer_accuracy(const quant::PackedModel& model, const quant::LabelledInputs& pictures) {
  const contract::TensorDescriptor &input = host::input_of(model), &output = host::output_of(model);
  const float scale = model.tensor_scales[static_cast<size_t>(&input - model.tensors.data())];
  host::Engine engine(model);
  std::vector<uint8_t> in(engine.input_bytes()), out(engine.output_bytes());
  const size_t size = count_of(input);
  size_t correct = 0;
  for (size_t i = 0; i < pictures.labels.size(); ++i) {
    store(std::span(pictures.values).subspan(i * size, size), input, scale, in.data());
    engine.run(in, 1, out);
    correct += static_cast<size_t>(static_cast<int>(largest(out.data(), output)) == pictures.labels[i]);
  }
  return static_cast<double>(correct) / static_cast<double>(pictures.labels.size());
}

}  // namespace flashcell
