#pragma once
#include <cstddef>
#include <vector>

#include "host/inference/engine/kernels.hpp"

namespace flashcell::host::inference {

/// A convolution or depthwise convolution of a chain.
struct StripLayer {
  const WeightedLayer* layer;  ///< lives as long as the chain
  bool depthwise;
  Map in, out;
};

/// Layers that each read only what the one before writes, worked on a few rows at a time, so that what lies between
/// them stays in the cache and needs no memory of its own.
class StripChain {
 public:
  explicit StripChain(std::vector<StripLayer> layers);

  size_t scratch_bytes() const { return scratch_bytes_; }

  /// One item, from the first layer's `in` to the last one's `out`. `scratch` is this chain's while it runs; `wide` is
  /// what Kernels::convolution wants.
  void run(const Kernels& kernels, const Map& in, uint8_t* scratch, uint16_t* wide);

 private:
  /// The rows between two layers that are there: of the map with the zero points around it that the reader wants.
  struct Buffer {
    Map map;                ///< of the whole, its layout
    int top, left, bottom;  ///< rows and columns of zero points
    int stride, kernel;     ///< of the reader, rows
    int capacity;           ///< rows
    size_t offset;          ///< into the scratch
    uint8_t* memory;
    int begin, end;  ///< rows of the map; top ones are below 0
  };

  struct Rows {
    int begin, end;
  };

  size_t set_capacities(int rows);
  void plan(int begin, int end);
  void run_rows(const Kernels& kernels, size_t index, const Map& in, uint16_t* wide);
  static void start(Buffer& buffer);
  static void drop_rows(Buffer& buffer, int first);
  static void fill_below(Buffer& buffer, int wanted);
  static uint8_t* first_value(const Buffer& buffer);

  std::vector<StripLayer> layers_;
  std::vector<Buffer> buffers_;  // one less
  std::vector<Rows> ranges_;     // of each layer's output, in the strip that is worked on
  int rows_ = 0;                 // of the last output at a time
  size_t scratch_bytes_ = 0;
};

}  // namespace flashcell::host::inference
