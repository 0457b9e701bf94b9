#pragma once
#include "kernels_hls/cell_label/sizes.hpp"
#include "kernels_hls/contract/object.hpp"

// What the stages hand to each other.
namespace flashcell {
namespace kernels {

/// How one frame is to be labelled; the part of contract::LabelParameters that the kernel needs.
struct Job {
  uint16_t width, height;  ///< px
  uint16_t columns, rows;  ///< cells
  contract::Connectivity connectivity;
  uint8_t features, min_cell_pixels, saturation_floor, value_floor;
  uint32_t min_area, max_area;
};

/// A cell and its neighbours in the order of contract::kNeighbourDx; 0 outside the frame.
struct CellWindow {
  uint64_t centre;
  uint64_t around[8];
};

/// A cell's pixels, read where hue or intensity is measured. Grey is luma8 for colour frames.
struct CellPixels {
  uint16_t grey[contract::kCellPixels];
  uint8_t red[contract::kCellPixels], green[contract::kCellPixels], blue[contract::kCellPixels];
};

/// One object's part of one cell.
struct Component {
  uint64_t pixels;  ///< what is measured; 0: the cell has none
  uint64_t shape;   ///< what touches its neighbours: the pixels, or in `cell` mode the whole cell
  bool last;        ///< of its cell
};

/// What one object has gathered, in no more bits than a full frame needs. Grows by +=.
template <class S>
struct Features {
  typename S::SecondMoment m20, m11, m02;
  typename S::FirstMoment m10, m01;
  typename S::Area m00;
  typename S::PixelIndex first_pixel;
  typename S::Coordinate left, top, right, bottom;
  typename S::Area hlac[contract::kHlacCount - 1];  ///< without order 0, which is m00
  typename S::Area hue[contract::kHueBins], achromatic;
  typename S::GreySum sum_i;
  typename S::GreyMoment sum_ix, sum_iy;
  ap_uint<S::kGreyBits> peak;
};

/// What the labels' owner tells the owner of the features, in this order for each component: merges, add.
enum class Operation : uint8_t {
  add_new,  ///< the next component's features begin `label`
  add,      ///< … are added to `label`
  merge,    ///< the features of `from` are added to `label`
  emit,     ///< `label` is complete
  end,      ///< of the frame
};

template <class S>
struct Command {
  Operation operation;
  typename S::Label label, from;
};

/// A 512-bit word of a finished object: first its contract::ObjectRecord; where job.features is not 0, the three words
/// of its contract::ObjectFeatures follow. `last` ends the frame and carries nothing.
struct ObjectWord {
  uint64_t lanes[8];  ///< lane i is bytes 8*i .. 8*i+7 of the word
  bool last;
};
constexpr int kFeatureWords = sizeof(contract::ObjectFeatures) / sizeof(ObjectWord::lanes);

}  // namespace kernels
}  // namespace flashcell
