#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "host/label/bit_image.hpp"
#include "kernels_hls/contract/object.hpp"
#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"

namespace flashcell::host {

/// Connected components of a binary frame with their features. Three implementations, the same bytes: the two below and
/// the FPGA kernel's sources (host/hls/hls_labeller.hpp).
class Labeller {
 public:
  virtual ~Labeller() = default;

  /// Appends the objects of `mask` to `table` with class_id `colour_class`; adds to its summary. The table's capacity
  /// is the parameters' max_objects over all calls since clear(). `pixels` is read only for hue (rgb8/bgr8) and
  /// intensity features. Allocates nothing after table.reserve(parameters).
  virtual void label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) = 0;

  /// The same of a foreground that comes as cells (Frame::cells), for parameters without features of pixels. `mask` has
  /// the frame's size and may be used.
  virtual void label_cells(std::span<const uint64_t> cells, BitImage& mask, uint32_t colour_class, ObjectTable& table);
};

/// Both throw Error(Fault::usage) for parameters out of range.
std::unique_ptr<Labeller> make_reference_labeller(
    const contract::LabelParameters& parameters);  ///< plain, scalar, to be read
std::unique_ptr<Labeller> make_fast_labeller(const contract::LabelParameters& parameters);  ///< SIMD chosen at run time

}  // namespace flashcell::host
