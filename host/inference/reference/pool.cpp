#include "host/inference/reference/layer_run.hpp"

namespace flashcell::host::reference {
namespace {

using namespace contract;

int64_t max_pool(const LayerRun& run, int row, int column, int channel) {
  const Image& in = run.in[0];
  const int top = run.first_row(row), left = run.first_column(column);
  int64_t largest = INT64_MIN;
  for (int y = top; y < top + run.layer.kernel_height; ++y)
    for (int x = left; x < left + run.layer.kernel_width; ++x)
      if (in.inside(y, x)) largest = std::max<int64_t>(largest, in.get(y, x, channel));
  return largest;
}

/// Sum over the part of the image from (top, left) on, outside of it 0.
int64_t sum_of(const Image& in, int top, int left, int height, int width, int channel) {
  int64_t sum = 0;
  for (int y = top; y < top + height; ++y)
    for (int x = left; x < left + width; ++x) sum += in.padded(y, x, channel) - in.shape.zero_point;
  return sum;
}

int64_t sum_of_channels(const Image& in, int row, int column) {
  int64_t sum = 0;
  for (int c = 0; c < in.shape.channels; ++c) sum += in.get(row, column, c) - in.shape.zero_point;
  return sum;
}

int64_t sum_of_window(const LayerRun& run, int row, int column, int channel) {
  const Image& in = run.in[0];
  switch (run.layer.kind) {
    case LayerKind::average_pool:
      return sum_of(in, run.first_row(row), run.first_column(column), run.layer.kernel_height, run.layer.kernel_width,
                    channel);
    case LayerKind::channel_mean:
      return sum_of_channels(in, row, column);
    default:
      return sum_of(in, 0, 0, in.shape.height, in.shape.width, channel);
  }
}

}  // namespace

void run_pool(LayerRun& run) {
  if (run.layer.kind == LayerKind::max_pool)
    return run.for_each_value([&](int row, int column, int channel) { return max_pool(run, row, column, channel); });
  run.for_each_value([&](int row, int column, int channel) {
    return run.out.shape.zero_point + requantize(sum_of_window(run, row, column, channel), run.scale());
  });
}

}  // namespace flashcell::host::reference
