#pragma once
#include "host/label/finish.hpp"
#include "host/label/labeller.hpp"
#include "host/label/pixel_features.hpp"
#include "host/label/run_table.hpp"
#include "host/label/runs_by_object.hpp"

namespace flashcell::host {

/// Pixel-exact connectivity, 8 or 4, on runs.
class ExactLabeller final : public Labeller {
 public:
  explicit ExactLabeller(const contract::LabelParameters& parameters);
  void label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) override;

 private:
  contract::LabelParameters parameters_;
  RunTable runs_;
  Finisher finisher_;
  PixelFeatures pixel_features_;
  RunsByObject runs_by_object_;  // only where there are pixel features
};

}  // namespace flashcell::host
