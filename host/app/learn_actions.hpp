#pragma once
#include <string>
#include <vector>

#include "host/config/config.hpp"

namespace flashcell::app {

/// A recording with what its tracks were marked to do.
struct MarkedRecording {
  std::string input, marks, tracks;  ///< the recording; spans of tracks (host/actions/marked_spans.hpp); tracks.csv
};

struct ActionLearning {
  std::vector<MarkedRecording> recordings;
  std::string output;
  double step_ms = 0;   ///< of the network; 0: a fifteenth of the shortest action, a frame at least
  int updates = 400;    ///< of the network's weights
  double delay_ms = 0;  ///< that the network may wait; 0: four steps
  bool json = false;
};

/// `learn --actions`: follows what was marked, learns, says what the model is worth on what it had not learned from,
/// and writes it. Returns the exit code.
int learn_actions(const ActionLearning& learning, host::Config config);

}  // namespace flashcell::app
