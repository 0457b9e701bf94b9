#include <fmt/format.h>

#include "host/config/config.hpp"

namespace flashcell::host {

std::string unmet_prediction(const Config& config, double fps, bool boxes) {
  const double wanted = config.track.parameters.predict_ms;
  if (wanted == 0) return "";
  if (config.output.predicted != tracking::PredictedRows::all) {
    return fmt::format("track.predict_ms is {:g}, which output.predicted = \"{}\" leaves out; \"all\" writes it",
                       wanted, name_in(kPredictedRows, config.output.predicted));
  }
  const double lost = boxes ? box_tracker_parameters(config, fps).lost_ms : tracker_parameters(config, fps).lost_ms;
  if (wanted <= lost) return "";
  const bool given = config.track.parameters.lost_ms > 0;
  return fmt::format(
      "track.predict_ms is {0:g}, but tracks end when they were not seen for track.lost_ms, {1:g}{2}: none is "
      "predicted "
      "for longer; for {0:g} ms add --track.lost_ms {0:g}",
      wanted, lost, given ? "" : " at this frame rate");
}

}  // namespace flashcell::host
