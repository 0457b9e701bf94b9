#pragma once
#include <hwy/aligned_allocator.h>

#include "host/label/geometry.hpp"
#include "host/label/labeller.hpp"
#include "host/label/object_selection.hpp"
#include "host/label/run_table.hpp"

namespace flashcell::host {

/// Pixel-exact connectivity, 8 or 4, on runs.
class ExactLabeller final : public Labeller {
 public:
  explicit ExactLabeller(const contract::LabelParameters& parameters);
  void label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) override;

 private:
  contract::LabelParameters parameters_;
  RunTable runs_;
  hwy::AlignedFreeUniquePtr<Geometry[]> geometry_;     // of each object
  hwy::AlignedFreeUniquePtr<Candidate[]> candidates_;  // room for each object
};

}  // namespace flashcell::host
