#include "host/label/exact_labeller.hpp"

#include "host/label/label_checks.hpp"

namespace flashcell::host {

ExactLabeller::ExactLabeller(const contract::LabelParameters& parameters)
    : parameters_(parameters),
      runs_(static_cast<int>(parameters.width), static_cast<int>(parameters.height),
            parameters.connectivity == contract::Connectivity::exact8 ? 2 : 1),
      geometry_(hwy::AllocateAligned<Geometry>(runs_.max_runs())),
      candidates_(hwy::AllocateAligned<Candidate>(runs_.max_runs())) {}

void ExactLabeller::label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) {
  check_input(parameters_, mask, pixels, colour_class);
  runs_.find(mask);
  measure_runs(mask, runs_, geometry_.get());

  uint32_t passed = 0;
  for (uint32_t i = 0; i < runs_.objects(); ++i) {
    const Geometry& g = geometry_[i];
    table.summary.foreground += static_cast<uint32_t>(g.m00);
    candidates_[passed] = {static_cast<uint32_t>(g.first_pixel), i, bottom_of(g)};
    passed += passes_filter(parameters_, static_cast<uint32_t>(g.m00)) ? 1 : 0;
  }
  table.summary.filtered += runs_.objects() - passed;
  const size_t kept = select_objects({candidates_.get(), passed}, parameters_.max_objects, table);
  for (size_t i = 0; i < kept; ++i) {
    contract::ObjectRecord record{};
    record.class_id = colour_class;
    write_geometry(geometry_[candidates_[i].index], record);
    table.objects.push_back(record);
  }
  table.summary.objects += static_cast<uint32_t>(kept);
}

}  // namespace flashcell::host
