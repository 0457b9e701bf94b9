#include "host/actions/track_actions.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/actions/action_network.hpp"

namespace flashcell::host {
namespace {

/// What the network said at a step.
struct Answer {
  int64_t step = -1;
  int32_t action = -1;
  float confidence = 0;
};

/// A track that is followed now.
struct FollowedTrack {
  static constexpr int64_t kAnswers = 256;  // power of two, more than any row waits for

  explicit FollowedTrack(const ActionNetwork& network) : steps(network.model().step_s), state(network.beginning()) {}

  void begin(const ActionNetwork& network) {
    steps = tracking::ActionSteps(network.model().step_s);
    network.reset(state);
    answers = {};
    last = {};
  }

  void note(const Answer& answer) {
    answers[static_cast<size_t>(answer.step & (kAnswers - 1))] = answer;
    last = answer;
  }

  /// At a step; where the track had ended or begins anew, the last word.
  const Answer& at(int64_t step) const {
    const Answer& answer = answers[static_cast<size_t>(step & (kAnswers - 1))];
    return answer.step == step && step >= 0 ? answer : last;
  }

  tracking::ActionSteps steps;
  ActionState state;
  std::array<Answer, kAnswers> answers{};
  Answer last;
  int64_t last_frame = 0;
};

class TrackActions final : public ActionNamer {
 public:
  TrackActions(const ActionModel& model, double fps) : network_(model), fps_(fps), sums_(model.actions().size()) {}

  int64_t begin(bool live) override {
    const ActionModel& m = network_.model();
    // The step that is waited for ends a step after the delay, with the next row.
    late_ = live ? 0 : static_cast<int64_t>(std::ceil((m.delay + 1) * m.step_s * fps_)) + 1;
    kept_frames_ = late_ + static_cast<int64_t>(std::ceil(tracking::ActionSteps::kMostSteps * m.step_s * fps_)) + 1;
    return late_;
  }

  void take(std::span<const AssembledRow> rows, std::span<const tracking::ActionLook> looks,
            std::vector<AssembledRow>& ready) override {
    if (rows.empty()) return;
    const int64_t frame = rows.front().row.frame;
    forget_before(frame - kept_frames_);
    for (const AssembledRow& row : rows) follow(row, looks);
    if (late_ == 0) {
      for (const AssembledRow& row : rows) {
        ready.push_back(row);
        name(track_of(row.row.id).last, ready.back());
      }
      return;
    }
    waiting_.insert(waiting_.end(), rows.begin(), rows.end());
    release_before(frame - late_ + 1, ready);
  }

  void finish(std::vector<AssembledRow>& ready) override { release_before(INT64_MAX, ready); }

 private:
  struct Entry {
    uint32_t id;
    std::unique_ptr<FollowedTrack> track;
  };

  std::vector<Entry>::iterator place_of(uint32_t id) {
    return std::lower_bound(tracks_.begin(), tracks_.end(), id, [](const Entry& e, uint32_t i) { return e.id < i; });
  }

  FollowedTrack& track_of(uint32_t id) {
    const auto place = place_of(id);
    if (place != tracks_.end() && place->id == id) return *place->track;
    std::unique_ptr<FollowedTrack> track;
    if (spare_.empty()) {
      track = std::make_unique<FollowedTrack>(network_);
    } else {
      track = std::move(spare_.back());
      spare_.pop_back();
      track->begin(network_);
    }
    return *tracks_.insert(place, Entry{id, std::move(track)})->track;
  }

  void follow(const AssembledRow& row, std::span<const tracking::ActionLook> looks) {
    FollowedTrack& track = track_of(row.row.id);
    track.last_frame = row.row.frame;
    const auto detection = static_cast<size_t>(row.row.detection);
    const bool alone =
        row.row.state == tracking::TrackState::visible && row.row.detection >= 0 && detection < looks.size();
    track.steps.add(
        {row.time_s, row.row.x, row.row.y, alone ? &looks[detection] : nullptr}, [&] { network_.reset(track.state); },
        [&](int64_t step, const tracking::ActionSignals& means) {
          track.note(answer_of(step, network_.step(means, track.state)));
        });
  }

  Answer answer_of(int64_t step, std::span<const float> sums) {
    std::copy(sums.begin(), sums.end(), sums_.begin());
    const auto best = std::max_element(sums_.begin(), sums_.end()) - sums_.begin();
    return {step, static_cast<int32_t>(best), to_evidence(network_.model().calibration, sums_)};
  }

  static void name(const Answer& answer, AssembledRow& row) {
    row.action = answer.action;
    row.action_confidence = answer.confidence;
  }

  void release_before(int64_t frame, std::vector<AssembledRow>& ready) {
    for (; done_ < waiting_.size() && waiting_[done_].row.frame < frame; ++done_) {
      AssembledRow& row = ready.emplace_back(waiting_[done_]);
      FollowedTrack& track = track_of(row.row.id);
      name(track.at(track.steps.step_of(row.time_s) + network_.model().delay), row);
    }
    if (2 * done_ < waiting_.size()) return;
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(done_));
    done_ = 0;
  }

  void forget_before(int64_t frame) {
    size_t kept = 0;
    for (Entry& entry : tracks_) {
      if (entry.track->last_frame < frame) {
        spare_.push_back(std::move(entry.track));
      } else {
        if (&entry != &tracks_[kept]) tracks_[kept] = std::move(entry);
        ++kept;
      }
    }
    tracks_.erase(tracks_.begin() + static_cast<std::ptrdiff_t>(kept), tracks_.end());
  }

  ActionNetwork network_;
  double fps_;
  int64_t late_ = 0, kept_frames_ = 0;
  std::vector<float> sums_;
  std::vector<Entry> tracks_;                          // by rising id
  std::vector<std::unique_ptr<FollowedTrack>> spare_;  // recycled
  std::vector<AssembledRow> waiting_;                  // from done_ on, in their order
  size_t done_ = 0;
};

}  // namespace

std::unique_ptr<ActionNamer> make_action_namer(const ActionModel& model, double fps) {
  return std::make_unique<TrackActions>(model, fps);
}

}  // namespace flashcell::host
