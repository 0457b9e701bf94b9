#include "host/label/exact_labeller.hpp"

#include "host/label/hlac.hpp"
#include "host/label/label_checks.hpp"

namespace flashcell::host {

ExactLabeller::ExactLabeller(const contract::LabelParameters& parameters)
    : parameters_(parameters),
      runs_(static_cast<int>(parameters.width), static_cast<int>(parameters.height),
            parameters.connectivity == contract::Connectivity::exact8 ? 2 : 1),
      finisher_(parameters, runs_.max_runs(), parameters.width),
      pixel_features_(parameters),
      runs_by_object_(pixel_features_.any() ? runs_.max_runs() : 0) {}

void ExactLabeller::label(const BitImage& mask, const FrameView& pixels, uint32_t colour_class, ObjectTable& table) {
  check_input(parameters_, mask, pixels, colour_class);
  runs_.find(mask);
  measure_runs(mask, runs_, finisher_.begin(runs_.objects(), table));
  table.summary.foreground += finisher_.append(runs_.rows_per_strip() - 1, colour_class, table);

  if ((parameters_.features & contract::kFeatureHlac) != 0) {
    add_hlac_of_runs(mask, runs_, finisher_.record_of(), table.features.data());
  }
  if (pixel_features_.any()) {
    runs_by_object_.fill(runs_);
    add_pixels_of_runs(pixel_features_, mask, pixels, runs_, runs_by_object_.runs(), finisher_.record_of(), table);
  }
}

}  // namespace flashcell::host
