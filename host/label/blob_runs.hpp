#pragma once
#include <vector>

#include "host/label/bit_image.hpp"
#include "pipeline/object_table.hpp"
#include "tracking/blob_pixels.hpp"

namespace flashcell::host {

/// The pixels of a labelled frame's objects, found again in the masks that the frame was labelled from, and only where
/// somebody asks. Allocates nothing once it has seen the largest object.
class BlobRuns final : public tracking::BlobPixels {
 public:
  explicit BlobRuns(const contract::LabelParameters& parameters) : parameters_(parameters) {}

  /// Gives the frame's masks, one a colour class, to `table` as the pixels of its objects; `masks` gets some of an
  /// earlier frame for it.
  static void keep(const contract::LabelParameters& parameters, std::vector<BitImage>& masks, ObjectTable& table);

  std::span<const tracking::PixelRun> of(const tracking::Detection& blob) override;

 private:
  struct Extent {
    int left, right, top, bottom;  ///< inclusive
  };
  using Runs = std::vector<tracking::PixelRun>;

  struct Found {
    std::span<const tracking::PixelRun> runs;
    int64_t pixels;
  };

  Found find_pixels(const BitImage& mask, const Extent& box);
  void find_cells(const BitImage& mask, const Extent& box);
  void connect(int reach);
  void keep_spanning(const Extent& box);
  void cells_to_pixels(const BitImage& mask, const Extent& box);

  contract::LabelParameters parameters_;
  std::vector<BitImage> masks_;
  Runs runs_;                   ///< of pixels, or of cells
  Runs short_runs_;             ///< room for what is in narrow boxes
  Runs pixels_;                 ///< of cells that are `runs_`
  std::vector<int32_t> parts_;  ///< of each run, one that it is connected with
  std::vector<uint8_t> sides_;  ///< of the box that a part touches, a bit each, by its first run
  std::vector<uint64_t> occupied_;
};

}  // namespace flashcell::host
