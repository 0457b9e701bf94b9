#include "host/app/learn_actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "host/actions/action_training.hpp"
#include "host/actions/marked_spans.hpp"
#include "host/app/progress.hpp"
#include "host/app/terminal_observer.hpp"
#include "host/device/object_stage.hpp"
#include "host/eval/text_fields.hpp"
#include "host/eval/track_csv.hpp"
#include "host/run/recording.hpp"
#include "pipeline/event_count.hpp"
#include "pipeline/frame_feed.hpp"

namespace flashcell::app {
namespace {

using host::ActionSequence;
using host::MarkedSpan;

constexpr double kStepsAnAction = 15, kLongestStep = 0.05, kShortestStep = 1e-5;  // s
constexpr double kReachOfSize = 0.15, kLeastReach = 1.5;  // between a row and the object it is of: of its size; px
constexpr double kLeastShareFound = 0.5;

/// A recording that is open, with its marks and where its tracks are.
struct OpenRecording {
  const MarkedRecording* files;
  host::Recording recording;
  host::Config config;
  host::ObjectStage objects;
  std::vector<MarkedSpan> spans;        // by track, then frame
  host::ObjectList rows;                // by frame
  std::map<int64_t, size_t> first_row;  // of each track that has one, for messages
  int64_t last_frame = 0;               // that is needed
};

OpenRecording open(const MarkedRecording& files, const host::Config& config) {
  OpenRecording open{&files, {}, config, {}, {}, {}, {}, 0};
  open.spans = host::parse_marked_spans(host::read_text(files.marks), files.marks);
  open.rows = host::parse_track_csv(host::read_text(files.tracks), files.tracks, {});
  std::stable_sort(open.rows.objects.begin(), open.rows.objects.end(),
                   [](const auto& a, const auto& b) { return a.frame < b.frame; });
  for (size_t i = 0; i < open.rows.objects.size(); ++i) {
    tracking::LabelledObject& row = open.rows.objects[i];
    --row.frame;  // the list counts from 1
    open.first_row.emplace(row.id, i);
  }
  open.recording = host::open_recording(files.input, open.config, {.events = true});
  TerminalObserver observer(Told::progress);
  host::settle_segmentation(open.recording, open.config, observer);
  open.objects = host::labelled_objects(open.config, open.recording.source->info());
  return open;
}

/// Throws where a span marks what is not there.
void check_spans(const OpenRecording& open) {
  std::map<int64_t, std::vector<int64_t>> frames;
  for (const tracking::LabelledObject& row : open.rows.objects) frames[row.id].push_back(row.frame);
  for (const MarkedSpan& span : open.spans) {
    const auto track = frames.find(span.track);
    if (track == frames.end())
      host::fail_at(open.files->marks, span.line, fmt::format("{} has no track {}", open.files->tracks, span.track));
    const auto row = std::lower_bound(track->second.begin(), track->second.end(), span.first);
    if (row == track->second.end() || *row > span.last) {
      host::fail_at(open.files->marks, span.line,
                    fmt::format("track {} of {} has no row in frames {} to {}; frames count from 0", span.track,
                                open.files->tracks, span.first, span.last));
    }
  }
}

/// What is to be learned, and how fine.
struct Plan {
  std::vector<std::string> actions;
  double step_s = 0;
  tracking::ActionInputs inputs{true, true};
  int delay = 4;
};

double shortest_action(const std::vector<OpenRecording>& all, const std::vector<std::string>& actions) {
  double shortest = kStepsAnAction * kLongestStep;
  for (const std::string& action : actions) {
    std::vector<double> lengths;
    for (const OpenRecording& open : all) {
      for (const MarkedSpan& span : open.spans)
        if (span.action == action)
          lengths.push_back(static_cast<double>(span.last - span.first + 1) / open.recording.fps);
    }
    const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
    std::nth_element(lengths.begin(), middle, lengths.end());
    shortest = std::min(shortest, *middle);
  }
  return shortest;
}

/// Two digits: a number to remember.
double rounded(double value) {
  const double unit = std::pow(10, std::floor(std::log10(value)) - 1);
  return std::round(value / unit) * unit;
}

/// Steps shorter than a frame would say nothing new.
double suggested_step(const std::vector<OpenRecording>& all, const std::vector<std::string>& actions) {
  double frame_s = kLongestStep;
  for (const OpenRecording& open : all) frame_s = std::min(frame_s, 1 / open.recording.fps);
  return std::clamp(rounded(shortest_action(all, actions) / kStepsAnAction), std::max(frame_s, kShortestStep),
                    kLongestStep);
}

Plan make_plan(const std::vector<OpenRecording>& all, const ActionLearning& learning) {
  Plan plan;
  std::vector<MarkedSpan> spans;
  for (const OpenRecording& open : all) {
    const int64_t lines_before = spans.empty() ? 0 : spans.back().line;
    for (MarkedSpan span : open.spans) {
      span.line += lines_before;
      spans.push_back(span);
    }
    plan.inputs.hlac = plan.inputs.hlac && (open.objects.measure.features & contract::kFeatureHlac) != 0;
    plan.inputs.events = plan.inputs.events && open.recording.source->info().has_events;
  }
  const std::string& marks = all[0].files->marks;
  plan.actions = host::actions_in(spans, host::ActionModel::kMostActions, marks);
  if (plan.actions.size() < 2) {
    throw Error(Fault::input, fmt::format("{}: names only one action, {}; at least two are needed to tell apart", marks,
                                          plan.actions[0]));
  }
  plan.step_s = learning.step_ms > 0 ? 1e-3 * learning.step_ms : suggested_step(all, plan.actions);
  if (learning.delay_ms > 0) {
    plan.delay = static_cast<int>(std::lround(1e-3 * learning.delay_ms / plan.step_s));
    if (plan.delay > host::ActionModel::kMostDelay)
      throw Error(Fault::usage, fmt::format("--delay-ms: at most {:g} with steps of {:g} ms",
                                            1e3 * plan.step_s * host::ActionModel::kMostDelay, 1e3 * plan.step_s));
  }
  return plan;
}

/// The objects that rows of tracks are of.
class RowMatch {
 public:
  /// Of each row of a frame, the nearest detection within reach that no other row has; -1: none.
  const std::vector<int>& match(std::span<const tracking::LabelledObject> rows,
                                std::span<const tracking::Detection> detections) {
    found_.assign(rows.size(), -1);
    takers_.assign(detections.size(), 0);
    for (size_t i = 0; i < rows.size(); ++i) {
      double nearest = 0;
      for (size_t d = 0; d < detections.size(); ++d) {
        const double distance = std::hypot(detections[d].x - rows[i].x, detections[d].y - rows[i].y);
        const double reach = std::max(kLeastReach, kReachOfSize * std::sqrt(detections[d].area));
        if (distance > reach || (found_[i] >= 0 && distance >= nearest)) continue;
        found_[i] = static_cast<int>(d);
        nearest = distance;
      }
      if (found_[i] >= 0) ++takers_[static_cast<size_t>(found_[i])];
    }
    for (int& found : found_) {
      if (found >= 0 && takers_[static_cast<size_t>(found)] > 1) found = -1;
    }
    return found_;
  }

 private:
  std::vector<int> found_, takers_;
};

/// A marked track while its recording goes by.
struct TrackInWork {
  host::ActionExampleTrack examples;
  std::vector<const MarkedSpan*> spans;
  std::vector<int> labels;  // of the spans
  size_t next = 0;

  int label_at(int64_t frame) {
    while (next < spans.size() && spans[next]->last < frame) ++next;
    return next < spans.size() && spans[next]->first <= frame ? labels[next] : ActionSequence::kUnmarked;
  }
};

std::map<int64_t, TrackInWork> tracks_of(const OpenRecording& open, const Plan& plan, int recording, int& tracks) {
  std::map<int64_t, TrackInWork> marked;
  for (const MarkedSpan& span : open.spans) {
    auto at = marked.find(span.track);
    if (at == marked.end()) {
      at = marked.emplace(span.track, TrackInWork{{plan.step_s, plan.inputs, recording, tracks++}, {}, {}}).first;
    }
    at->second.spans.push_back(&span);
    const auto action = std::find(plan.actions.begin(), plan.actions.end(), span.action);
    at->second.labels.push_back(static_cast<int>(action - plan.actions.begin()));
  }
  return marked;
}

/// Goes through a recording and adds its examples.
void collect(OpenRecording& open, const Plan& plan, int recording, int& tracks, host::ActionExamples& examples) {
  const auto device = open.objects.make_device();
  std::map<int64_t, TrackInWork> marked = tracks_of(open, plan, recording, tracks);
  int64_t last = 0;
  for (const MarkedSpan& span : open.spans) last = std::max(last, span.last);
  last += static_cast<int64_t>(std::ceil((plan.delay + 2) * plan.step_s * open.recording.fps));
  RecordingClock clock(open.recording.fps);
  RowMatch rows_match;
  Frame frame;
  ObjectTable table;
  size_t next = 0, rows_seen = 0, rows_found = 0;
  const std::vector<tracking::LabelledObject>& rows = open.rows.objects;
  Progress progress("looking up marks", last + 1);
  while (open.recording.source->next(frame) && frame.number <= last) {
    const double time_s = clock.time_s(frame);
    device->process(frame, table);
    if (table.detections.empty()) {
      for (size_t i = 0; i < table.objects.size(); ++i)
        table.detections.push_back(
            tracking::make_detection(table.objects[i], table.features_of(i), open.objects.measure));
    }
    count_events(frame.events, table.detections, table.events);
    while (next < rows.size() && rows[next].frame < frame.number) ++next;
    size_t end = next;
    while (end < rows.size() && rows[end].frame == frame.number) ++end;
    const std::span<const tracking::LabelledObject> here(rows.data() + next, end - next);
    const std::vector<int>& found = rows_match.match(here, table.detections);
    for (size_t i = 0; i < here.size(); ++i) {
      const auto track = marked.find(here[i].id);
      if (track == marked.end()) continue;
      ++rows_seen;
      tracking::ActionSighting sighting{time_s, here[i].x, here[i].y, nullptr};
      tracking::ActionLook look;
      if (found[i] >= 0) {
        ++rows_found;
        const auto d = static_cast<size_t>(found[i]);
        const EventCount events = d < table.events.size() ? table.events[d] : EventCount();
        look = tracking::make_action_look(table.detections[d], events.on, events.off);
        sighting = {time_s, table.detections[d].x, table.detections[d].y, &look};
      }
      track->second.examples.add(sighting, track->second.label_at(frame.number));
    }
    next = end;
    progress.update(frame.number + 1);
  }
  if (static_cast<double>(rows_found) < kLeastShareFound * static_cast<double>(rows_seen) || rows_seen == 0) {
    throw Error(Fault::input, fmt::format("{}: {} of {} rows of the marked tracks are where {} has an object; give the "
                                          "recording and the configuration (--config) of that run",
                                          open.files->tracks, rows_found, rows_seen, open.files->input));
  }
  for (auto& [id, track] : marked) {
    for (ActionSequence& sequence : track.examples.sequences()) examples.sequences.push_back(std::move(sequence));
  }
}

nlohmann::ordered_json as_json(const ActionLearning& learning, const Plan& plan, const host::LearnedActions& learned) {
  const host::ActionWorth& worth = learned.worth;
  return {{"file", learning.output},
          {"actions", plan.actions},
          {"step_ms", 1e3 * plan.step_s},
          {"delay_ms", 1e3 * learned.model.delay_s()},
          {"hlac", plan.inputs.hlac},
          {"events", plan.inputs.events},
          {"left_out", worth.folds == 0     ? "nothing"
                       : worth.by_recording ? "recordings"
                                            : "tracks"},
          {"left_out_steps", worth.steps},
          {"left_out_right", worth.right},
          {"accuracy", worth.accuracy()},
          {"balanced_accuracy", worth.balanced_accuracy()},
          {"confusion", worth.confusion},
          {"calibration_error", worth.fit.reliability.error()},
          {"most_confidence", 1 - learned.model.calibration.doubt}};
}

void print_confusion(const Plan& plan, const host::ActionWorth& worth) {
  size_t width = 6;
  for (const std::string& action : plan.actions) width = std::max(width, printable(action).size());
  fmt::print("{:>{}}  named, % of its steps:\n", "marked", width);
  for (size_t a = 0; a < plan.actions.size(); ++a) {
    size_t all = 0;
    for (const size_t n : worth.confusion[a]) all += n;
    fmt::print("{:>{}} ", printable(plan.actions[a]), width);
    for (size_t b = 0; b < plan.actions.size(); ++b) {
      if (worth.confusion[a][b] == 0) continue;
      fmt::print(" {} {:.1f}", printable(plan.actions[b]),
                 100.0 * static_cast<double>(worth.confusion[a][b]) / static_cast<double>(all));
    }
    fmt::print("\n");
  }
}

void print_learned(const ActionLearning& learning, const Plan& plan, const host::LearnedActions& learned) {
  const host::ActionWorth& worth = learned.worth;
  if (learning.json) {
    fmt::print("{}\n", json_text(as_json(learning, plan, learned)));
    return;
  }
  fmt::print("{} actions in steps of {:g} ms, named {:g} ms later, from motion and shape{}{}\n", plan.actions.size(),
             1e3 * plan.step_s, 1e3 * learned.model.delay_s(), plan.inputs.hlac ? ", HLAC" : "",
             plan.inputs.events ? ", events" : "");
  if (worth.steps == 0) {
    fmt::print("nothing could be left out to see what it is worth: mark tracks of another recording, or more tracks\n");
  } else {
    fmt::print(
        "{:.1f} % of {} steps are named right when their {} is left out of the training ({:.1f} % with all "
        "actions alike)\n",
        100 * worth.accuracy(), worth.steps, worth.by_recording ? "recording" : "track",
        100 * worth.balanced_accuracy());
    print_confusion(plan, worth);
    fmt::print("confidence is {:.3f} off on average, and never above {:.3f}\n", worth.fit.reliability.error(),
               1 - learned.model.calibration.doubt);
  }
  fmt::print("use it with  flashcell track INPUT --actions.model {}\n", printable(learning.output));
}

}  // namespace

int learn_actions(const ActionLearning& learning, host::Config config) {
  config.label.features |= contract::kFeatureHlac;
  std::vector<OpenRecording> all;
  for (const MarkedRecording& files : learning.recordings) {
    all.push_back(open(files, config));
    check_spans(all.back());
  }
  const Plan plan = make_plan(all, learning);
  host::ActionExamples examples{plan.step_s, plan.inputs, {}};
  int tracks = 0;
  for (size_t i = 0; i < all.size(); ++i) collect(all[i], plan, static_cast<int>(i), tracks, examples);
  host::ActionTraining training;
  training.delay = plan.delay;
  training.updates = learning.updates;
  training.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  host::LearnedActions learned;
  try {
    Progress progress("learning", {});
    learned = host::learn_actions(plan.actions, examples, training, [&](int done, int) { progress.update(done); });
  } catch (const std::invalid_argument& error) {
    throw Error(
        Fault::input,
        fmt::format("{}: {}; a span must last longer than a step of {:g} ms and its track {:g} ms "
                    "longer; mark longer ones, or give a shorter --step-ms",
                    learning.recordings[0].marks, error.what(), 1e3 * plan.step_s, 1e3 * plan.step_s * plan.delay));
  }
  write_file(learning.output, host::action_model_bytes(learned.model));
  print_learned(learning, plan, learned);
  return 0;
}

}  // namespace flashcell::app
