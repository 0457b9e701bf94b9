// Actions of tracks: marks, the file, what a run is told, and that learning does not depend on threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "base/error.hpp"
#include "host/actions/action_training.hpp"
#include "host/actions/marked_spans.hpp"
#include "host/actions/track_actions.hpp"
#include "tests/host/actions/random_action_model.hpp"

namespace flashcell::host {
namespace {

using test::random_action_model;
using testing::HasSubstr;

/// The one line that a call is refused with; empty: it is not.
template <class Call>
std::string fault_of_call(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(MarkedSpans, AreReadByTheirHeader) {
  const auto spans = parse_marked_spans(
      "# by hand\naction,last,id,first,sure\nwalk,19,2,10,1\n\nstop,9,2,0,1\n,3,1,1,\n"
      "\"a, b\",7,1,7,\n",
      "m.csv");
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0].action, "a, b");
  EXPECT_EQ(spans[0].first, 7);
  EXPECT_EQ(spans[1].action, "stop");
  EXPECT_EQ(spans[1].line, 5);
  EXPECT_EQ(spans[2].last, 19);
  EXPECT_EQ(actions_in(spans, 9, "m.csv"), (std::vector<std::string>{"walk", "stop", "a, b"}));
  EXPECT_THAT(fault_of_call([&] { actions_in(spans, 2, "m.csv"); }), HasSubstr("names 3 actions, 2 can be told apart"));
}

TEST(MarkedSpans, SayInOneLineWhatIsWrong) {
  const auto fault = [](const std::string& rows) {
    return fault_of_call([&] { parse_marked_spans("id,first,last,action\n" + rows, "m.csv"); });
  };
  EXPECT_THAT(fault(""), HasSubstr("marks nothing"));
  EXPECT_THAT(fault("1,0,9,\n"), HasSubstr("marks nothing"));
  EXPECT_THAT(fault("1,9,8,walk\n"), HasSubstr("m.csv:2: ends in frame 8, before it begins in 9"));
  EXPECT_THAT(fault("1,0,x,walk\n"), HasSubstr("m.csv:2: last is no whole number"));
  EXPECT_THAT(fault("1,-1,3,walk\n"), HasSubstr("m.csv:2: first is no whole number"));
  EXPECT_THAT(fault("1,0,3\n"), HasSubstr("has 3 fields, the header 4"));
  EXPECT_THAT(fault("1,5,9,walk\n1,0,5,stop\n"), HasSubstr("marks frame 5 of track 1 once more"));
  EXPECT_THAT(fault("1,5,9,w\xFF\n"), HasSubstr("not UTF-8"));
  EXPECT_THAT(fault_of_call([] { parse_marked_spans("id,class\n1,a\n", "m.csv"); }), HasSubstr("no column first"));
  EXPECT_THAT(fault_of_call([] { parse_marked_spans("", "m.csv"); }), HasSubstr("id,first,last,action"));
}

TEST(ActionModel, ComesBackAsItWas) {
  ActionModel model = random_action_model({true, true}, 3);
  model.step_s = 0.0123456789;
  model.calibration = {1.5F, 0.02F, 17, 0.25F};
  const std::string bytes = action_model_bytes(model);
  const std::vector<uint8_t> file(bytes.begin(), bytes.end());
  const ActionModel back = parse_action_model(file, "a.npz");
  EXPECT_EQ(back.step_s, model.step_s);
  EXPECT_EQ(back.delay, 3);
  EXPECT_EQ(back.inputs, model.inputs);
  EXPECT_EQ(back.means, model.means);
  EXPECT_EQ(back.scales, model.scales);
  EXPECT_EQ(back.network, model.network);
  EXPECT_EQ(back.calibration, model.calibration);
  EXPECT_EQ(action_model_bytes(back), bytes);
}

TEST(ActionModel, WhatDoesNotFitIsRefused) {
  const auto fault = [](auto change) {
    ActionModel model = random_action_model({true, false}, 3);
    change(model);
    const std::string bytes = action_model_bytes(model);
    const std::vector<uint8_t> file(bytes.begin(), bytes.end());
    return fault_of_call([&] { parse_action_model(file, "a.npz"); });
  };
  EXPECT_EQ(fault([](ActionModel&) {}), "");
  EXPECT_THAT(fault([](ActionModel& m) { m.inputs.events = true; }), HasSubstr("reads other features"));
  EXPECT_THAT(fault([](ActionModel& m) { m.step_s = 0; }), HasSubstr("its step"));
  EXPECT_THAT(fault([](ActionModel& m) {
                m.network.all_read = true;
                m.network.decoder.resize(m.network.names.size() * static_cast<size_t>(m.network.read_units()));
              }),
              HasSubstr("for something else"));
  EXPECT_THAT(fault([](ActionModel& m) { m.delay = 99; }), HasSubstr("its delay"));
  EXPECT_THAT(fault([](ActionModel& m) { m.scales[0] = 0; }), HasSubstr("scale"));
  EXPECT_THAT(fault([](ActionModel& m) { m.means[0] = NAN; }), HasSubstr("mean"));
  EXPECT_THAT(fault([](ActionModel& m) { m.calibration.doubt = 2; }), HasSubstr("a.npz: "));
  EXPECT_THAT(fault_of_call([] { parse_action_model(std::vector<uint8_t>{1, 2, 3}, "a.npz"); }), HasSubstr("a.npz"));
}

/// Two tracks, one of which begins later and ends earlier, another with a long gap.
struct SmallRun {
  std::vector<std::vector<AssembledRow>> rows;  // by frame
  std::vector<std::vector<tracking::ActionLook>> looks;

  explicit SmallRun(double fps, int frames) {
    for (int f = 0; f < frames; ++f) {
      std::vector<AssembledRow>& now = rows.emplace_back();
      std::vector<tracking::ActionLook>& seen = looks.emplace_back();
      for (const uint32_t id : {2U, 7U, 9U}) {
        if ((id == 7 && (f < frames / 4 || f > frames / 2)) || (id == 9 && f > frames / 8 && f < 7 * frames / 8))
          continue;
        const double t = f / fps;
        AssembledRow row;
        row.row.frame = f;
        row.row.id = id;
        row.row.x = 100 + 30 * std::sin(id + 3 * t);
        row.row.y = 50 + 60 * t * id;
        row.row.state = (f + id) % 11 == 0 ? tracking::TrackState::merged : tracking::TrackState::visible;
        row.row.detection = static_cast<int32_t>(seen.size());
        row.time_s = t;
        now.push_back(row);
        tracking::ActionLook look{
            200 + 40 * std::sin(9 * t + id), 20 + 5 * std::sin(id * t), 3 * std::cos(8 * t), 9, {}, 0, 0};
        for (size_t i = 0; i < look.hlac.size(); ++i) look.hlac[i] = static_cast<float>(0.5 + 0.4 * std::sin(t * i));
        seen.push_back(look);
      }
    }
  }
};

/// What each row should say, by plain steps of each track alone; the words of `delay` steps later.
std::map<std::pair<int64_t, uint32_t>, std::pair<int32_t, float>> expected(const SmallRun& run,
                                                                           const ActionModel& model) {
  std::map<std::pair<int64_t, uint32_t>, std::pair<int32_t, float>> all;
  for (const uint32_t id : {2U, 7U, 9U}) {
    tracking::ActionSteps steps(model.step_s);
    tracking::ActionFeatures features;
    quant::NetworkState state(model.network);
    std::vector<float> trace(12), inputs(model.means.size()), sums(3);
    std::map<int64_t, std::pair<int32_t, float>> said;
    std::vector<std::pair<int64_t, double>> places;
    for (size_t f = 0; f < run.rows.size(); ++f) {
      for (const AssembledRow& row : run.rows[f]) {
        if (row.row.id != id) continue;
        places.emplace_back(row.row.frame, row.time_s);
        const bool alone = row.row.state == tracking::TrackState::visible;
        steps.add(
            {row.time_s, row.row.x, row.row.y, alone ? &run.looks[f][static_cast<size_t>(row.row.detection)] : nullptr},
            [&] {
              features.reset();
              state = quant::NetworkState(model.network);
              std::fill(trace.begin(), trace.end(), 0.0F);
            },
            [&](int64_t step, const tracking::ActionSignals& means) {
              features.next(means, model.inputs, model.step_s, inputs);
              for (size_t i = 0; i < inputs.size(); ++i)
                inputs[i] = std::clamp((inputs[i] - model.means[i]) / model.scales[i], -4.0F, 4.0F);
              quant::step(model.network, inputs, state);
              for (size_t i = 0; i < trace.size(); ++i)
                trace[i] = 0.8F * trace[i] + (1 - 0.8F) * state.layers[0].output[i];
              for (size_t a = 0; a < 3; ++a) {
                sums[a] = model.network.decoder_biases[a];
                for (size_t i = 0; i < trace.size(); ++i) sums[a] += model.network.decoder[a * 12 + i] * trace[i];
              }
              const auto best = static_cast<int32_t>(std::max_element(sums.begin(), sums.end()) - sums.begin());
              said[step] = {best, to_evidence(model.calibration, sums)};
            });
      }
    }
    for (const auto& [frame, time] : places) {
      const auto at = said.find(steps.step_of(time) + model.delay);
      if (at != said.end()) all[{frame, id}] = at->second;
    }
  }
  return all;
}

TEST(TrackActions, SayOfEveryRowWhatTheNetworkSaysLaterOfItsTrackAlone) {
  for (const double fps : {40.0, 500.0}) {
    const ActionModel model = random_action_model({true, false}, 4);
    const SmallRun run(fps, static_cast<int>(6 * fps));
    const auto wanted = expected(run, model);
    const auto namer = make_action_namer(model, fps);
    const int64_t late = namer->begin(false);
    EXPECT_GT(late, 0);
    std::vector<AssembledRow> ready;
    size_t all = 0;
    for (size_t f = 0; f < run.rows.size(); ++f) {
      namer->take(run.rows[f], run.looks[f], ready);
      all += run.rows[f].size();
      for (const AssembledRow& row : ready) EXPECT_LE(row.row.frame, static_cast<int64_t>(f) - late);
    }
    namer->finish(ready);
    ASSERT_EQ(ready.size(), all);
    size_t compared = 0;
    std::set<int32_t> words;
    for (size_t i = 0; i < ready.size(); ++i) {
      const std::pair<int64_t, uint32_t> place{ready[i].row.frame, ready[i].row.id};
      EXPECT_TRUE(i == 0 || std::pair(ready[i - 1].row.frame, ready[i - 1].row.id) < place);
      const auto at = wanted.find(place);
      if (at == wanted.end()) continue;
      EXPECT_EQ(ready[i].action, at->second.first) << place.first << " " << place.second;
      EXPECT_EQ(ready[i].action_confidence, at->second.second);
      words.insert(ready[i].action);
      ++compared;
    }
    EXPECT_GT(compared, 4 * all / 5);
    EXPECT_GT(words.size(), 1U);
  }
}

TEST(TrackActions, ALiveRunHasTheLastWordAtOnce) {
  const ActionModel model = random_action_model({false, false}, 4);
  const SmallRun run(500, 600);
  const auto namer = make_action_namer(model, 500);
  EXPECT_EQ(namer->begin(true), 0);
  std::vector<AssembledRow> ready;
  for (size_t f = 0; f < run.rows.size(); ++f) {
    ready.clear();
    namer->take(run.rows[f], run.looks[f], ready);
    ASSERT_EQ(ready.size(), run.rows[f].size());
  }
  EXPECT_GE(ready.back().action, 0);
  ready.clear();
  namer->finish(ready);
  EXPECT_TRUE(ready.empty());
}

/// Three things that differ in one feature and in how fast it changes.
ActionExamples small_examples() {
  ActionExamples examples{0.02, {false, false}, {}};
  quant::Random random(3, {7});
  for (int track = 0; track < 6; ++track) {
    ActionSequence s;
    s.recording = track / 3;
    s.track = track;
    for (int k = 0; k < 240; ++k) {
      const int label = k / 40 % 3;
      for (size_t i = 0; i < tracking::kMotionFeatures; ++i) s.features.push_back(static_cast<float>(random.normal()));
      float* now = s.features.data() + s.features.size() - tracking::kMotionFeatures;
      now[2] = static_cast<float>(label == 2 ? 3 * std::sin(1.5 * k) : label == 1 ? 2 : -2);
      s.labels.push_back(k % 40 < 3 ? ActionSequence::kUnmarked : label);
    }
    examples.sequences.push_back(std::move(s));
  }
  return examples;
}

TEST(ActionTraining, LearnsTheSameBytesWithAnyNumberOfThreadsAndKnowsWhatItIsWorth) {
  const ActionExamples examples = small_examples();
  ActionTraining training;
  training.updates = 150;
  training.hidden = 16;
  int models = 0;
  const LearnedActions one = learn_actions({"a", "b", "c"}, examples, training, [&](int, int of) {
    ++models;
    EXPECT_EQ(of, 3);
  });
  EXPECT_EQ(models, 3);
  EXPECT_TRUE(one.worth.by_recording);
  EXPECT_EQ(one.worth.folds, 2);
  EXPECT_GT(one.worth.accuracy(), 0.9);
  EXPECT_GT(one.worth.balanced_accuracy(), 0.9);
  size_t told = 0;
  for (const auto& row : one.worth.confusion)
    for (const size_t n : row) told += n;
  EXPECT_EQ(told, one.worth.steps);
  training.threads = 3;
  const LearnedActions three = learn_actions({"a", "b", "c"}, examples, training, {});
  EXPECT_EQ(action_model_bytes(three.model), action_model_bytes(one.model));
  EXPECT_EQ(three.worth.right, one.worth.right);
}

TEST(ActionTraining, SaysWhatHasNoMarks) {
  ActionExamples examples = small_examples();
  EXPECT_THROW(learn_actions({"a", "b", "c", "never"}, examples, {}, {}), std::invalid_argument);
  EXPECT_THROW(learn_actions({"a"}, examples, {}, {}), std::invalid_argument);
  examples.sequences[0].features[0] = INFINITY;
  EXPECT_THROW(learn_actions({"a", "b", "c"}, examples, {}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::host
