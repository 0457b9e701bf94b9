#pragma once
#include <string>

#include "quant_models/data/picture_fit.hpp"
#include "quant_models/metadata.hpp"
#include "quant_models/synthesize/image_source.hpp"

namespace flashcell::quant {

/// Real pictures, as read_calibration_images() reads them, spread evenly over what the path holds; the seed changes
/// nothing. Where the path holds fewer than are asked for, all of them are given: the count says how many.
class ImageFiles : public ImageSource {
 public:
  ImageFiles(std::string path, const Preprocessing& preprocessing, const PictureFit& fit = {})
      : path_(std::move(path)), preprocessing_(preprocessing), fit_(fit) {}
  DrawnImages draw(const Graph& graph, int64_t count, uint64_t seed, const Progress& progress) const override;

 private:
  std::string path_;
  Preprocessing preprocessing_;
  PictureFit fit_;
};

}  // namespace flashcell::quant
