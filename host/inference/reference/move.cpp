#include <cstring>

#include "host/inference/reference/layer_run.hpp"
#include "kernels_hls/contract/qcnn_functions.hpp"

namespace flashcell::host::reference {
namespace {

using namespace contract;

void concat(LayerRun& run) {
  run.for_each_value([&](int row, int column, int channel) {
    int& along = run.layer.axis == Axis::rows ? row : run.layer.axis == Axis::columns ? column : channel;
    for (size_t i = 0;; ++i) {
      const Image& part = run.in[i];
      const int side = run.layer.axis == Axis::rows      ? part.shape.height
                       : run.layer.axis == Axis::columns ? part.shape.width
                                                         : part.shape.channels;
      if (along < side)
        return run.out.shape.zero_point +
               requantize(part.get(row, column, channel) - part.shape.zero_point, run.scale(i));
      along -= side;
    }
  });
}

void linear_upsample(LayerRun& run) {
  const Image& in = run.in[0];
  const int row_factor = run.layer.stride_rows, column_factor = run.layer.stride_columns;
  run.for_each_value([&](int row, int column, int channel) {
    const LinearPlace y = linear_place(row, row_factor, in.shape.height),
                      x = linear_place(column, column_factor, in.shape.width);
    const auto line = [&](int in_row) -> int64_t {
      return int64_t{2 * column_factor - x.second} * (in.get(in_row, x.low, channel) - in.shape.zero_point) +
             int64_t{x.second} * (in.get(in_row, x.high, channel) - in.shape.zero_point);
    };
    const int64_t sum = (2 * row_factor - y.second) * line(y.low) + y.second * line(y.high);
    return run.out.shape.zero_point + requantize(sum, run.scale());
  });
}

void table(LayerRun& run) {
  const TensorDescriptor &in = run.in[0].shape, &out = run.out.shape;
  const size_t entries = size_t{1} << in.bits;
  const bool each = run.layer.weight_bytes != entries * static_cast<size_t>(bytes_per_value(out.type));
  run.for_each_value([&](int row, int column, int channel) {
    const int index = run.in[0].get(row, column, channel) - lowest(in.type, in.bits);
    return stored_value(run.weights(), (each ? static_cast<size_t>(channel) * entries : 0) + static_cast<size_t>(index),
                        out.type);
  });
}

void move(LayerRun& run) {
  const LayerDescriptor& l = run.layer;
  const Strides &from = l.first_strides, &to = l.output_strides;
  for (size_t o = 0; o < l.outer; ++o)
    for (size_t i = 0; i < l.inner; ++i)
      for (size_t r = 0; r < l.rows; ++r)
        for (size_t c = 0; c < l.columns; ++c)
          run.out.values[to.first + o * to.outer + i * to.inner + r * to.row + c * to.column] =
              run.in[0].values[from.first + o * from.outer + i * from.inner + r * from.row + c * from.column];
}

void gather(LayerRun& run) {
  const auto each = static_cast<size_t>(run.layer.constant);
  for (size_t begin = 0; begin < run.out.values.size(); begin += each) {
    int32_t from;
    std::memcpy(&from, run.weights() + begin / each * sizeof(from), sizeof(from));
    for (size_t i = 0; i < each; ++i)
      run.out.values[begin + i] =
          from < 0 ? run.in[0].shape.zero_point : run.in[0].values[static_cast<size_t>(from) * each + i];
  }
}

}  // namespace

void run_move(LayerRun& run) {
  const LayerDescriptor& layer = run.layer;
  switch (layer.kind) {
    case LayerKind::concat:
      return concat(run);
    case LayerKind::linear_upsample:
      return linear_upsample(run);
    case LayerKind::table:
      return table(run);
    case LayerKind::move:
      return move(run);
    case LayerKind::gather:
      return gather(run);
    case LayerKind::upsample:
      return run.for_each_value([&](int row, int column, int channel) {
        return run.in[0].get(row / layer.stride_rows, column / layer.stride_columns, channel);
      });
    case LayerKind::pad:
      return run.for_each_value([&](int row, int column, int channel) {
        const int y = row - layer.pad_top, x = column - layer.pad_left;
        return run.in[0].inside(y, x) ? run.in[0].get(y, x, channel) : layer.constant;
      });
    default:  // constant
      for (size_t i = 0; i < run.out.values.size(); ++i)
        run.out.values[i] = stored_value(run.weights(), i, run.out.shape.type);
  }
}

}  // namespace flashcell::host::reference
