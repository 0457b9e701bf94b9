#include "quant_models/recurrent/projection.hpp"

#include "quant_models/layers/row_product.hpp"
#include "quant_models/recurrent/size_of.hpp"

namespace flashcell::quant {

void begin_projection(RecurrentNetwork& network) {
  const size_t width = size_of(network.inputs()), last = size_of(network.layers.back().hidden);
  const size_t all = size_of(network.read_units()), below = all - last;
  network.projection.assign(width * all, 0.0F);
  for (size_t unit = 0; unit < last; ++unit)
    network.projection[unit % width * all + below + unit] = unit / width % 2 == 0 ? 1.0F : -1.0F;
  network.decoder.clear();
}

void project(const RecurrentNetwork& network, std::span<const float> outputs, std::vector<float>& projected) {
  const int read = network.read_units();
  const size_t rows = outputs.size() / size_of(read);
  RowProduct product(read, network.inputs());
  product.pack(network.projection.data(), 1, read);
  projected.resize(rows * size_of(network.inputs()));
  product.multiply(outputs.data(), static_cast<int64_t>(rows), projected.data());
}

void project_back(const RecurrentNetwork& network, std::span<const float> outputs,
                  std::span<const float> projected_gradients, std::span<float> output_gradients,
                  RecurrentNetwork& gradients) {
  const int read = network.read_units(), width = network.inputs();
  const size_t rows = outputs.size() / size_of(read);
  RowProduct product(width, read);
  product.pack(network.projection.data(), read, 1);
  product.multiply(projected_gradients.data(), static_cast<int64_t>(rows), output_gradients.data());
  add_outer_products(projected_gradients.data(), outputs.data(), static_cast<int64_t>(rows), width, read,
                     gradients.projection);
}

RecurrentNetwork without_projection(RecurrentNetwork network) {
  if (network.projection.empty()) return network;
  const int read = network.read_units();
  RowProduct product(network.inputs(), read);
  product.pack(network.projection.data(), read, 1);
  network.decoder.resize(network.names.size() * size_of(read));
  product.multiply(network.embedding.data(), static_cast<int64_t>(network.names.size()), network.decoder.data());
  network.projection.clear();
  return network;
}

}  // namespace flashcell::quant
