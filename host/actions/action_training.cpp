#include "host/actions/action_training.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "host/actions/action_network.hpp"
#include "quant_models/recurrent/cross_entropy.hpp"
#include "quant_models/recurrent/parameters.hpp"
#include "quant_models/recurrent/trainer.hpp"
#include "quant_models/train/schedule.hpp"

namespace flashcell::host {
namespace {

using quant::kShards;
using Sequences = std::vector<const ActionSequence*>;

constexpr double kLeastScale = 1e-3;
/// Of a track's steps every so manieth is asked when confidences are calibrated: neighbours say the same.
constexpr size_t kCalibrationStride = 5;

size_t steps_of(const ActionSequence& sequence) {
  return sequence.labels.size();
}

/// What the network is to say at a step: what was done `delay` steps before.
int target_at(const ActionSequence& sequence, int64_t step, int delay) {
  return step < delay || step - delay >= static_cast<int64_t>(steps_of(sequence))
             ? ActionSequence::kUnmarked
             : sequence.labels[static_cast<size_t>(step - delay)];
}

/// Means and standard deviations of all steps.
void standardize(const Sequences& sequences, size_t features, ActionModel& model) {
  std::vector<double> sums(features), squares(features);
  double count = 0;
  for (const ActionSequence* s : sequences) {
    for (size_t i = 0; i < s->features.size(); ++i) {
      if (!std::isfinite(s->features[i])) throw std::invalid_argument("a feature is not finite");
      sums[i % features] += double{s->features[i]};
      squares[i % features] += double{s->features[i]} * double{s->features[i]};
    }
    count += static_cast<double>(steps_of(*s));
  }
  for (size_t i = 0; i < features; ++i) {
    const double mean = sums[i] / std::max(count, 1.0);
    const double variance = squares[i] / std::max(count, 1.0) - mean * mean;
    model.means.push_back(static_cast<float>(mean));
    model.scales.push_back(static_cast<float>(std::sqrt(std::max(variance, kLeastScale * kLeastScale))));
  }
}

/// A marked step that the network can be asked about.
struct Place {
  const ActionSequence* sequence;
  int64_t step;
};

/// Draws windows of sequences: half of them around a step of an action drawn evenly, half around any marked step.
class WindowDraw {
 public:
  WindowDraw(const std::vector<std::string>& actions, const Sequences& sequences, const ActionTraining& training)
      : training_(training), by_action_(actions.size()) {
    for (const ActionSequence* s : sequences) {
      for (int64_t k = 0; k < static_cast<int64_t>(steps_of(*s)); ++k) {
        const int target = target_at(*s, k, training.delay);
        if (target < 0) continue;
        by_action_[static_cast<size_t>(target)].push_back({s, k});
        all_.push_back({s, k});
      }
    }
    for (size_t a = 0; a < actions.size(); ++a) {
      if (by_action_[a].empty())
        throw std::invalid_argument("action '" + actions[a] + "' has no marked step to learn from");
    }
  }

  /// The window's first step; before 0 there is nothing.
  Place draw(quant::Random& random) const {
    const bool even = random.uniform() < 0.5;
    const std::vector<Place>& places = even ? by_action_[static_cast<size_t>(random.below(by_action_.size()))] : all_;
    Place place = places[static_cast<size_t>(random.below(places.size()))];
    place.step -= static_cast<int64_t>(random.below(static_cast<uint64_t>(training_.window)));
    place.step = std::max<int64_t>(place.step, 0);
    return place;
  }

 private:
  const ActionTraining& training_;
  std::vector<std::vector<Place>> by_action_;
  std::vector<Place> all_;
};

quant::RecurrentNetwork network_of(const std::vector<std::string>& actions, size_t features,
                                   const ActionTraining& training) {
  quant::RecurrentNetwork network;
  network.task = "actions";
  network.names = actions;
  quant::RecurrentLayer<float> layer;
  layer.inputs = static_cast<int>(features);
  layer.hidden = training.hidden;
  network.layers.push_back(std::move(layer));
  initialize(network, false, {0.1, 0.1, training.seed});
  return network;
}

/// Trains the network of a model whose features are standardized.
class ActionTrainer {
 public:
  ActionTrainer(ActionModel& model, const WindowDraw& draw, const ActionTraining& training)
      : model_(model), draw_(draw), training_(training), shard_batch_(training.batch / kShards) {}

  void train() {
    quant::RecurrentTrainerOptions options;
    options.adam.clip = 1;
    options.dropout.input = 0.1;
    options.dropout.output = 0.1;
    options.activity_weight = 0.5;
    options.activity_target = 0.3;
    options.seed = training_.seed;
    options.threads = training_.threads;
    quant::RecurrentTrainer trainer(model_.network, options, training_.window, shard_batch_);
    trainer_ = &trainer;
    const quant::ShardWork work{[this](int shard, std::span<float> inputs) { fill(shard, inputs); },
                                [this](int shard, std::span<const float> outputs, std::span<float> slopes,
                                       quant::RecurrentNetwork& sums) { return loss(shard, outputs, slopes, sums); },
                                {}};
    for (update_ = 0; update_ < training_.updates; ++update_) {
      const double rate =
          quant::learning_rate(training_.learning_rate, update_, training_.updates, training_.updates / 20);
      trainer.step(update_, rate, true, work);
    }
    model_.network = trainer.network();
  }

 private:
  /// The same window for an update and a part, whoever asks.
  Place window(int shard, int64_t n) const {
    constexpr uint64_t kWindows = 301;
    quant::Random random(training_.seed, {kWindows, static_cast<uint64_t>(update_), static_cast<uint64_t>(shard),
                                          static_cast<uint64_t>(n)});
    return draw_.draw(random);
  }

  void fill(int shard, std::span<float> inputs) const {
    const size_t width = model_.means.size();
    std::fill(inputs.begin(), inputs.end(), 0.0F);
    for (int64_t n = 0; n < shard_batch_; ++n) {
      const Place place = window(shard, n);
      const auto last = static_cast<int64_t>(steps_of(*place.sequence));
      for (int64_t t = 0; t < training_.window && place.step + t < last; ++t) {
        const float* from = place.sequence->features.data() + static_cast<size_t>(place.step + t) * width;
        float* to = inputs.data() + static_cast<size_t>(t * shard_batch_ + n) * width;
        for (size_t i = 0; i < width; ++i)
          to[i] = std::clamp((from[i] - model_.means[i]) / model_.scales[i], -ActionModel::kClip, ActionModel::kClip);
      }
    }
  }

  double loss(int shard, std::span<const float> outputs, std::span<float> slopes, quant::RecurrentNetwork& sums) {
    const auto hidden = static_cast<size_t>(training_.hidden);
    const size_t block = static_cast<size_t>(shard_batch_) * hidden;
    // Traces, and of them those that are asked.
    std::vector<float> traces(outputs.size()), asked, of_asked, logits;
    for (size_t i = 0; i < traces.size(); ++i)
      traces[i] = (i >= block ? model_.kept * traces[i - block] : 0.0F) + (1 - model_.kept) * outputs[i];
    std::vector<int32_t> targets;
    std::vector<size_t> rows;
    for (int64_t n = 0; n < shard_batch_; ++n) {
      const Place place = window(shard, n);
      // What was done before the window the network has not seen.
      for (int64_t t = training_.delay; t < training_.window; ++t) {
        const int64_t step = place.step + t;
        if (step >= static_cast<int64_t>(steps_of(*place.sequence))) break;
        const int target = target_at(*place.sequence, step, training_.delay);
        if (target < 0) continue;
        targets.push_back(target);
        rows.push_back(static_cast<size_t>(t * shard_batch_ + n));
      }
    }
    for (const size_t row : rows)
      asked.insert(asked.end(), traces.begin() + static_cast<std::ptrdiff_t>(row * hidden),
                   traces.begin() + static_cast<std::ptrdiff_t>((row + 1) * hidden));
    of_asked.resize(asked.size());
    if (rows.empty()) return 0;
    const float scale = 1.0F / static_cast<float>(training_.batch * training_.window);
    const double nats =
        quant::decoder_loss(trainer_->network(), trainer_->decoder(), asked, targets, scale, of_asked, sums, logits);
    // Back through the traces: each output is in all later ones.
    std::fill(traces.begin(), traces.end(), 0.0F);
    for (size_t i = 0; i < rows.size(); ++i)
      for (size_t k = 0; k < hidden; ++k) traces[rows[i] * hidden + k] = of_asked[i * hidden + k];
    for (size_t i = traces.size(); i-- > 0;) {
      if (i + block < traces.size()) traces[i] += model_.kept * traces[i + block];
      slopes[i] = (1 - model_.kept) * traces[i];
    }
    return nats * static_cast<double>(scale);
  }

  ActionModel& model_;
  const WindowDraw& draw_;
  const ActionTraining& training_;
  int64_t shard_batch_, update_ = 0;
  quant::RecurrentTrainer* trainer_ = nullptr;
};

/// Runs the model over what it had not learned from.
void try_out(const ActionModel& model, const Sequences& sequences, ActionWorth& worth, HeldOutExamples& held_out) {
  ActionNetwork network(model);
  ActionState state = network.beginning();
  const size_t width = model.means.size(), actions = model.actions().size();
  std::vector<float> sums(actions);
  for (const ActionSequence* s : sequences) {
    network.reset(state);
    for (size_t k = 0; k < steps_of(*s); ++k) {
      const std::span<const float> said =
          network.step_features(std::span(s->features).subspan(k * width, width), state);
      const int target = target_at(*s, static_cast<int64_t>(k), model.delay);
      if (target < 0) continue;
      std::copy(said.begin(), said.end(), sums.begin());
      const auto best = static_cast<size_t>(std::max_element(sums.begin(), sums.end()) - sums.begin());
      ++worth.steps;
      worth.right += best == static_cast<size_t>(target) ? 1 : 0;
      ++worth.confusion[static_cast<size_t>(target)][best];
      if (k % kCalibrationStride == 0) held_out.add(sums, target, s->track, score_strangeness(sums));
    }
  }
}

/// Which part each sequence belongs to, and how many there are.
std::vector<int> parts_of(const std::vector<ActionSequence>& sequences, int most, ActionWorth& worth) {
  std::set<int> recordings, tracks;
  for (const ActionSequence& s : sequences) {
    recordings.insert(s.recording);
    tracks.insert(s.track);
  }
  worth.by_recording = recordings.size() > 1;
  const std::set<int>& groups = worth.by_recording ? recordings : tracks;
  worth.folds = groups.size() < 2 ? 0 : std::min(static_cast<int>(groups.size()), most);
  std::vector<int> parts;
  for (const ActionSequence& s : sequences) {
    const auto place = std::distance(groups.begin(), groups.find(worth.by_recording ? s.recording : s.track));
    parts.push_back(worth.folds > 0 ? static_cast<int>(place) % worth.folds : 0);
  }
  return parts;
}

/// Whether what is left has marks of every action.
bool can_learn(const Sequences& sequences, size_t actions, int delay) {
  std::set<int> seen;
  for (const ActionSequence* s : sequences) {
    for (int64_t k = 0; k < static_cast<int64_t>(steps_of(*s)); ++k)
      if (const int target = target_at(*s, k, delay); target >= 0) seen.insert(target);
  }
  return seen.size() == actions;
}

}  // namespace

double ActionWorth::balanced_accuracy() const {
  double sum = 0, tried = 0;
  for (size_t a = 0; a < confusion.size(); ++a) {
    size_t all = 0;
    for (const size_t n : confusion[a]) all += n;
    if (all == 0) continue;
    sum += static_cast<double>(confusion[a][a]) / static_cast<double>(all);
    ++tried;
  }
  return tried > 0 ? sum / tried : 0;
}

ActionModel train_actions(const std::vector<std::string>& actions, const Sequences& sequences,
                          const ActionExamples& examples, const ActionTraining& training) {
  if (actions.size() < 2) throw std::invalid_argument("fewer than two actions are marked");
  const size_t features = tracking::action_feature_count(examples.inputs);
  ActionModel model;
  model.step_s = examples.step_s;
  model.delay = training.delay;
  model.inputs = examples.inputs;
  standardize(sequences, features, model);
  model.network = network_of(actions, features, training);
  const WindowDraw draw(actions, sequences, training);
  ActionTrainer(model, draw, training).train();
  return model;
}

LearnedActions learn_actions(const std::vector<std::string>& actions, const ActionExamples& examples,
                             const ActionTraining& training, const std::function<void(int, int)>& progress) {
  LearnedActions learned;
  ActionWorth& worth = learned.worth;
  worth.confusion.assign(actions.size(), std::vector<size_t>(actions.size()));
  const std::vector<ActionSequence>& sequences = examples.sequences;
  Sequences all;
  for (const ActionSequence& s : sequences) all.push_back(&s);
  const auto say = [&](int done) {
    if (progress) progress(done, worth.folds + 1);
  };
  const std::vector<int> parts = parts_of(sequences, training.most_folds, worth);
  learned.model = train_actions(actions, all, examples, training);
  say(1);
  HeldOutExamples held_out;
  held_out.classes = actions.size();
  for (int fold = 0; fold < worth.folds; ++fold) {
    Sequences kept, left_out;
    for (size_t i = 0; i < sequences.size(); ++i) (parts[i] == fold ? left_out : kept).push_back(&sequences[i]);
    if (can_learn(kept, actions.size(), training.delay))
      try_out(train_actions(actions, kept, examples, training), left_out, worth, held_out);
    say(fold + 2);
  }
  worth.fit = fit_calibration(held_out);
  learned.model.calibration = worth.fit.calibration;
  return learned;
}

}  // namespace flashcell::host
