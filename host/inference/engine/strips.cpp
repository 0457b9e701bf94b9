#include "host/inference/engine/strips.hpp"

#include <algorithm>
#include <cstring>

namespace flashcell::host::inference {
namespace {

constexpr size_t kStripBytes = size_t{256} << 10;  // of all buffers: a part of the second cache
constexpr size_t kReach = 64;                      // vector loads may reach this far beyond a buffer's last value

size_t room_for(size_t bytes) {
  return (bytes + kReach + 63) / 64 * 64;
}

}  // namespace

StripChain::StripChain(std::vector<StripLayer> layers) : layers_(std::move(layers)) {
  for (size_t i = 0; i + 1 < layers_.size(); ++i) {
    const Map& map = layers_[i].out;
    const WeightedLayer& reader = *layers_[i + 1].layer;
    const int kernel = (reader.kernel_height - 1) * reader.dilation_rows + 1;
    const int window_rows = (layers_[i + 1].out.height - 1) * reader.stride_rows + kernel;
    const int bottom = std::max(0, window_rows - reader.pad_top - map.height);
    buffers_.push_back({map, reader.pad_top, reader.pad_left, bottom, reader.stride_rows, kernel, 0, 0, nullptr, 0, 0});
  }
  const int all = layers_.back().out.height;
  int strips = 1;
  while (strips < all && set_capacities((all + strips - 1) / strips) > kStripBytes) ++strips;
  rows_ = (all + strips - 1) / strips;
  scratch_bytes_ = set_capacities(rows_);
  ranges_.resize(layers_.size());
}

/// Rows of every buffer for so many of the output; what they need together.
size_t StripChain::set_capacities(int rows) {
  size_t bytes = 0;
  for (size_t i = buffers_.size(); i-- > 0;) {
    Buffer& buffer = buffers_[i];
    rows = std::min((rows - 1) * buffer.stride + buffer.kernel, buffer.top + buffer.map.height + buffer.bottom);
    buffer.capacity = rows;
    buffer.offset = bytes;
    bytes += room_for(static_cast<size_t>(rows * buffer.map.row_bytes));
  }
  return bytes;
}

/// An empty buffer: zero points in its columns left and right and in the rows above.
void StripChain::start(Buffer& buffer) {
  const Map& map = buffer.map;
  const auto left = static_cast<size_t>(buffer.left * map.channels);
  const auto row = static_cast<size_t>(map.row_bytes), values = static_cast<size_t>(map.width * map.channels);
  std::memset(buffer.memory, map.zero, row * static_cast<size_t>(buffer.top));
  for (size_t i = static_cast<size_t>(buffer.top); row != values && i < static_cast<size_t>(buffer.capacity); ++i) {
    uint8_t* first = buffer.memory + i * row;
    std::memset(first, map.zero, left);
    std::memset(first + left + values, map.zero, row - left - values);
  }
  buffer.begin = -buffer.top;
  buffer.end = 0;
}

/// Rows from `first` on come to the front; what comes before is read no more, or never was.
void StripChain::drop_rows(Buffer& buffer, int first) {
  const ptrdiff_t row = buffer.map.row_bytes;
  if (buffer.end > first && buffer.begin != first)
    std::memmove(buffer.memory, buffer.memory + (first - buffer.begin) * row,
                 static_cast<size_t>((buffer.end - first) * row));
  buffer.begin = first;
  buffer.end = std::max(buffer.end, first);
}

/// The reader's first row, without the columns on its left. The buffer begins with the rows above it.
uint8_t* StripChain::first_value(const Buffer& buffer) {
  return buffer.memory + buffer.top * buffer.map.row_bytes + static_cast<ptrdiff_t>(buffer.left) * buffer.map.channels;
}

/// Zero points in the rows below, where the reader wants more than there are.
void StripChain::fill_below(Buffer& buffer, int wanted) {
  const ptrdiff_t row = buffer.map.row_bytes;
  const int rows = buffer.end - buffer.begin;
  if (wanted > rows)
    std::memset(buffer.memory + rows * row, buffer.map.zero, static_cast<size_t>((wanted - rows) * row));
}

/// What every layer computes for rows `begin` to `end` of the output.
void StripChain::plan(int begin, int end) {
  for (size_t i = layers_.size(); i-- > 0;) {
    ranges_[i] = {begin, end};
    if (i == 0) continue;
    Buffer& buffer = buffers_[i - 1];
    end = std::min(buffer.map.height, (end - 1) * buffer.stride + buffer.kernel - buffer.top);
    drop_rows(buffer, begin * buffer.stride - buffer.top);
    begin = buffer.end;
  }
}

void StripChain::run_rows(const Kernels& kernels, size_t index, const Map& in, uint16_t* wide) {
  const StripLayer& each = layers_[index];
  const Rows rows = ranges_[index];
  if (rows.end <= rows.begin) return;
  Map from = in, to = each.out;
  if (index == 0) {
    from.first += rows.begin * each.layer->stride_rows * in.row_bytes;
  } else {
    Buffer& buffer = buffers_[index - 1];
    fill_below(buffer, (rows.end - 1 - rows.begin) * buffer.stride + buffer.kernel);
    from = buffer.map;
    from.first = first_value(buffer);
  }
  to.height = rows.end - rows.begin;
  if (index + 1 == layers_.size()) {
    to.first += rows.begin * to.row_bytes;
  } else {
    Buffer& buffer = buffers_[index];
    to.first =
        buffer.memory + (rows.begin - buffer.begin) * to.row_bytes + static_cast<ptrdiff_t>(buffer.left) * to.channels;
    buffer.end = rows.end;
  }
  each.depthwise ? kernels.depthwise(*each.layer, from, to, 1) : kernels.convolution(*each.layer, from, to, 1, wide);
}

void StripChain::run(const Kernels& kernels, const Map& in, uint8_t* scratch, uint16_t* wide) {
  for (Buffer& buffer : buffers_) {
    buffer.memory = scratch + buffer.offset;
    start(buffer);
  }
  const int all = layers_.back().out.height;
  for (int begin = 0; begin < all; begin += rows_) {
    plan(begin, std::min(all, begin + rows_));
    for (size_t i = 0; i < layers_.size(); ++i) run_rows(kernels, i, in, wide);
  }
}

}  // namespace flashcell::host::inference
