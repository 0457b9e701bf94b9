#include "host/label/exact_labeller.hpp"

#include <algorithm>

#include "host/label/label_checks.hpp"

namespace flashcell::host {

ExactLabeller::ExactLabeller(const contract::LabelParameters& parameters)
    : parameters_(parameters),
      runs_(static_cast<int>(parameters.width), static_cast<int>(parameters.height),
            parameters.connectivity == contract::Connectivity::exact8 ? 2 : 1),
      geometry_(hwy::AllocateAligned<Geometry>(runs_.max_runs())),
      candidates_(hwy::AllocateAligned<Candidate>(runs_.max_runs() + 1)),
      lower_row_(hwy::AllocateAligned<Candidate>(parameters.width + 1)) {}

void ExactLabeller::label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) {
  check_input(parameters_, mask, pixels, colour_class);
  runs_.find(mask);
  measure_runs(mask, runs_, geometry_.get());

  const uint32_t passed = list_candidates(table.summary);
  const size_t kept = select_objects({candidates_.get(), passed}, parameters_.max_objects, table);
  // A few at a time, while the cache still holds the zeros that append_records() wrote.
  constexpr size_t kBatch = 32;
  for (size_t begin = 0; begin < kept; begin += kBatch) {
    const size_t count = std::min(kBatch, kept - begin);
    contract::ObjectRecord* records = append_records(table, count, colour_class);
    for (size_t i = 0; i < count; ++i) write_geometry(geometry_[candidates_[begin + i].index], records[i]);
  }
}

uint32_t ExactLabeller::list_candidates(contract::FrameSummary& summary) {
  // Objects come in the order of their first runs. A strip's objects that start in its lower row go behind those that
  // start in the upper one, then nearly all are sorted.
  Candidate* listed = candidates_.get();
  uint32_t waiting = 0, strip = 0, filtered = 0, foreground = 0;
  const auto let_go = [&] {
    listed = std::copy_n(lower_row_.get(), waiting, listed);
    waiting = 0;
  };
  for (uint32_t i = 0; i < runs_.objects(); ++i) {
    const Geometry& g = geometry_[i];
    const uint32_t area = static_cast<uint32_t>(g.m00), top = top_of(g);
    foreground += area;
    if (top / 2 != strip) {
      let_go();
      strip = top / 2;
    }
    const Candidate candidate = {static_cast<uint32_t>(g.first_pixel), i, bottom_of(g)};
    const bool passes = passes_filter(parameters_, area), upper = top % 2 == 0;
    *listed = lower_row_[waiting] = candidate;
    listed += passes && upper ? 1 : 0;
    waiting += passes && !upper ? 1 : 0;
    filtered += passes ? 0 : 1;
  }
  let_go();
  summary.foreground += foreground;
  summary.filtered += filtered;
  return static_cast<uint32_t>(listed - candidates_.get());
}

}  // namespace flashcell::host
