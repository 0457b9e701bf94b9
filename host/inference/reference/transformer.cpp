#include "host/inference/reference/layer_run.hpp"
#include "kernels_hls/contract/qcnn_functions.hpp"

namespace flashcell::host::reference {
namespace {

using namespace contract;

void layer_norm_row(const LayerRun& run, const int32_t* in, int channels, int32_t* out) {
  const int64_t one = int64_t{1} << run.layer.fraction_bits;
  int64_t sum = 0, squares = 0;
  for (int c = 0; c < channels; ++c) sum += in[c] * one;
  const int64_t mean = rounded_mean(sum, channels);
  for (int c = 0; c < channels; ++c) squares += (in[c] * one - mean) * (in[c] * one - mean);
  const int64_t factor = layer_norm_factor(squares);
  for (int c = 0; c < channels; ++c) {
    const ChannelParameters& parameters = run.parameters(c);
    out[c] = run.clamped(run.out.shape.zero_point +
                         requantize(layer_norm(in[c] * one - mean, factor) + parameters.bias, parameters.scale));
  }
}

void softmax_row(const LayerRun& run, const int32_t* in, int channels, int32_t* out) {
  const int32_t largest = *std::max_element(in, in + channels);
  const auto exponential = [&](int c) { return shift_exponential(in[c] - largest, run.layer.constant, kSoftmaxDepth); };
  int64_t sum = 0;
  for (int c = 0; c < channels; ++c) sum += exponential(c);
  const int64_t factor = row_factor(sum);
  for (int c = 0; c < channels; ++c)
    out[c] = run.clamped(shift_softmax(exponential(c), factor, run.layer.fraction_bits));
}

void gelu_row(const LayerRun& run, const int32_t* in, int channels, int32_t* out) {
  const int32_t zero = run.in[0].shape.zero_point;
  const int32_t largest = std::max(*std::max_element(in, in + channels) - zero, 0);
  for (int c = 0; c < channels; ++c)
    out[c] = run.clamped(run.out.shape.zero_point +
                         requantize(shift_gelu(in[c] - zero, largest, run.layer.constant), run.scale()));
}

}  // namespace

void run_transformer(LayerRun& run) {
  const int channels = run.out.shape.channels;
  const auto row = run.layer.kind == LayerKind::layer_norm ? layer_norm_row
                   : run.layer.kind == LayerKind::softmax  ? softmax_row
                                                           : gelu_row;
  for (size_t first = 0; first < run.out.values.size(); first += static_cast<size_t>(channels))
    row(run, run.in[0].values.data() + first, channels, run.out.values.data() + first);
}

}  // namespace flashcell::host::reference
