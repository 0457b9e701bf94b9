#include "host/inference/reference/layer_run.hpp"

namespace flashcell::host::reference {
namespace {

using namespace contract;

/// The input's real value in its steps; one that is smaller than the output repeats its pixel or its channel.
int64_t centred(const Image& in, int row, int column, int channel) {
  const TensorDescriptor& s = in.shape;
  const bool one_pixel = s.height == 1 && s.width == 1, one_channel = s.channels == 1;
  return in.get(one_pixel ? 0 : row, one_pixel ? 0 : column, one_channel ? 0 : channel) - s.zero_point;
}

void add(LayerRun& run) {
  const int bits = run.layer.fraction_bits;
  const int64_t half = bits == 0 ? 0 : int64_t{1} << (bits - 1);
  run.for_each_value([&](int row, int column, int channel) {
    const int64_t sum = requantize(centred(run.in[0], row, column, channel), run.scale(0)) +
                        requantize(centred(run.in[1], row, column, channel), run.scale(1));
    return run.out.shape.zero_point + ((sum + half) >> bits);
  });
}

void multiply(LayerRun& run) {
  run.for_each_value([&](int row, int column, int channel) {
    const int64_t product = centred(run.in[0], row, column, channel) * centred(run.in[1], row, column, channel);
    return run.out.shape.zero_point + requantize(product, run.scale());
  });
}

size_t place(const Strides& s, size_t outer, size_t inner, size_t row, size_t column) {
  return s.first + outer * s.outer + inner * s.inner + row * s.row + column * s.column;
}

int64_t dot(const LayerRun& run, size_t first, size_t second) {
  const Image &a = run.in[0], &b = run.in[1];
  int64_t sum = 0;
  for (size_t depth = 0; depth < run.layer.depth; ++depth) {
    sum += int64_t{a.values[first] - a.shape.zero_point} * (b.values[second] - b.shape.zero_point);
    first += run.layer.first_strides.column;
    second += run.layer.second_strides.row;
  }
  return sum;
}

void product(LayerRun& run) {
  const LayerDescriptor& layer = run.layer;
  for (size_t outer = 0; outer < layer.outer; ++outer)
    for (size_t inner = 0; inner < layer.inner; ++inner)
      for (size_t row = 0; row < layer.rows; ++row)
        for (size_t column = 0; column < layer.columns; ++column) {
          const int64_t sum = dot(run, place(layer.first_strides, outer, inner, row, 0),
                                  place(layer.second_strides, outer, inner, 0, column));
          run.out.values[place(layer.output_strides, outer, inner, row, column)] =
              run.clamped(run.out.shape.zero_point + requantize(sum, run.scale()));
        }
}

}  // namespace

void run_pair(LayerRun& run) {
  switch (run.layer.kind) {
    case LayerKind::add:
      return add(run);
    case LayerKind::multiply:
      return multiply(run);
    default:
      return product(run);
  }
}

}  // namespace flashcell::host::reference
