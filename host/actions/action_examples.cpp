#include "host/actions/action_examples.hpp"

namespace flashcell::host {
namespace {

int common(int a, int b) {
  return a == b ? a : ActionSequence::kUnmarked;
}

}  // namespace

void ActionExampleTrack::begin_sequence() {
  features_.reset();
  if (sequences_.empty() || !sequences_.back().labels.empty()) sequences_.emplace_back();
  sequences_.back().recording = recording_;
  sequences_.back().track = track_;
}

void ActionExampleTrack::add(const tracking::ActionSighting& sighting, int label) {
  const int between = common(last_label_, label);
  steps_.add(
      sighting,
      [&] {
        begin_sequence();
        step_label_ = label;
      },
      [&](int64_t, const tracking::ActionSignals& means) {
        ActionSequence& sequence = sequences_.back();
        const size_t count = tracking::action_feature_count(inputs_), first = sequence.features.size();
        sequence.features.resize(first + count);
        features_.next(means, inputs_, steps_.step_s(), std::span(sequence.features).subspan(first));
        sequence.labels.push_back(common(step_label_, between));
        step_label_ = between;
      });
  step_label_ = common(step_label_, label);
  last_label_ = label;
}

}  // namespace flashcell::host
