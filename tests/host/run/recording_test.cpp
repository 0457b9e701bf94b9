// A recording that is looked at before it is run delivers every frame all the same.
#include "host/run/recording.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "base/error.hpp"
#include "host/synth/synth_source.hpp"

namespace flashcell::host {
namespace {

/// What was asked of the sources of one recording.
struct Asked {
  int opened = 0;
  int64_t frames = 0, given_back = 0;
};

/// A scene that counts, fails where it is told to, and may be live.
class CountedSource : public FrameSource {
 public:
  CountedSource(Asked& asked, int64_t frames, int64_t fail_at, bool live)
      : asked_(asked), scene_(parameters(frames), "scene"), fail_at_(fail_at), live_(live) {
    ++asked_.opened;
  }
  const SourceInfo& info() const override { return scene_.info(); }
  bool next(Frame& frame) override {
    if (position_ == fail_at_) throw Error(Fault::input, "damaged");
    if (!scene_.next(frame)) return false;
    ++position_;
    ++asked_.frames;
    return true;
  }
  bool is_live() const override { return live_; }
  void give_back(Frame&) override { ++asked_.given_back; }

 private:
  static SceneParameters parameters(int64_t frames) {
    return parse_scene("synth:discs?objects=10&size=64x48&fps=1000&seed=5&frames=" + std::to_string(frames));
  }
  Asked& asked_;
  SynthSource scene_;
  int64_t fail_at_, position_ = 0;
  bool live_;
};

Recording counted(Asked& asked, int64_t frames, int64_t fail_at = -1, bool live = false) {
  Recording recording;
  recording.source = std::make_unique<CountedSource>(asked, frames, fail_at, live);
  recording.fps = 1000;
  if (!live) {
    recording.open_again = [&asked, frames, fail_at, live] {
      return std::make_unique<CountedSource>(asked, frames, fail_at, live);
    };
  }
  return recording;
}

/// The frames' numbers and pixels; `error`: what ended them.
struct Delivered {
  std::vector<std::pair<int64_t, std::vector<uint8_t>>> frames;
  std::string error;
};

Delivered deliver(FrameSource& source) {
  Delivered all;
  Frame frame;
  try {
    while (source.next(frame)) {
      const uint8_t* pixels = frame.view.data;
      all.frames.push_back({frame.number, {pixels, pixels + frame.view.stride * frame.view.height}});
      source.give_back(frame);
    }
  } catch (const Error& e) {
    all.error = e.what();
  }
  return all;
}

TEST(Recording, WhatWasLookedAtIsDeliveredFromMemory) {
  for (const int64_t frames : {1, 30, 100, 2500}) {
    Asked plain_asked, asked;
    Recording plain = counted(plain_asked, frames), recording = counted(asked, frames);
    const Delivered expected = deliver(*plain.source);
    Config config;
    RunObserver observer;
    EXPECT_NE(settle_segmentation(recording, config, observer), "");
    EXPECT_FALSE(config.segment.automatic);
    EXPECT_EQ(asked.frames, std::min<int64_t>(frames, 2000));
    const Delivered delivered = deliver(*recording.source);
    EXPECT_EQ(delivered.frames, expected.frames);
    EXPECT_EQ(asked.opened, 1);
    EXPECT_EQ(asked.frames, frames) << "each is read once";
    EXPECT_EQ(asked.given_back, frames);
  }
}

TEST(Recording, DamageIsToldAfterEveryWholeFrame) {
  for (const int64_t fail_at : {0, 1, 17, 60}) {
    Asked asked;
    Recording recording = counted(asked, 100, fail_at);
    Config config;
    RunObserver observer;
    if (fail_at == 0) {
      EXPECT_THROW(settle_segmentation(recording, config, observer), Error);
      continue;
    }
    settle_segmentation(recording, config, observer);
    const Delivered delivered = deliver(*recording.source);
    EXPECT_EQ(delivered.frames.size(), static_cast<size_t>(fail_at));
    EXPECT_EQ(delivered.error, "damaged");
    EXPECT_EQ(asked.opened, 1);
  }
}

TEST(Recording, WhatDoesNotFitIntoMemoryIsReadTwiceAndProposesTheSame) {
  Asked asked, small_asked;
  Recording recording = counted(asked, 100), small = counted(small_asked, 100);
  Config config, small_config;
  RunObserver observer;
  const std::string reason = settle_segmentation(recording, config, observer);
  EXPECT_EQ(settle_segmentation(small, small_config, observer, nullptr, 64 * 48 * 20), reason);
  EXPECT_EQ(print_config(small_config, false), print_config(config, false));
  EXPECT_EQ(small_asked.opened, 2);
  EXPECT_EQ(small_asked.given_back, small_asked.frames);
  EXPECT_EQ(deliver(*small.source).frames, deliver(*recording.source).frames);
}

TEST(Recording, ALongOneIsLookedAtInPlacesOverItsWholeLength) {
  Asked asked, asked_elsewhere;
  Recording recording = counted(asked, 2500);
  std::vector<int64_t> places;
  recording.open_at = [&](int64_t frame, int64_t frames) {
    places.push_back(frame);
    auto source = std::make_unique<CountedSource>(asked_elsewhere, 2500, -1, false);
    Frame passed;
    for (int64_t i = 0; i < frame; ++i) source->next(passed);
    EXPECT_EQ(frames, 3);
    return source;
  };
  Config config;
  RunObserver observer;
  settle_segmentation(recording, config, observer);
  EXPECT_EQ(places.size(), 16u);
  EXPECT_EQ(places.back(), 2497);
  EXPECT_EQ(asked.frames, 0) << "the run's own source is not touched";
  EXPECT_EQ(deliver(*recording.source).frames.size(), 2500u);
}

TEST(Recording, TheMedianIsOfTheWholeRecordingAndNothingElseIsChanged) {
  Asked asked;
  Recording recording = counted(asked, 100);
  Config config;
  RunObserver observer;
  config.segment.automatic = false;
  config.segment.parameters.method = SegmentMethod::median;
  const std::string before = print_config(config, false);
  EXPECT_EQ(settle_segmentation(recording, config, observer), "");
  EXPECT_EQ(print_config(config, false), before);
  ASSERT_TRUE(config.segment.parameters.scene);
  EXPECT_EQ(config.segment.parameters.scene->width, 64);
  EXPECT_EQ(deliver(*recording.source).frames.size(), 100u);
}

TEST(Recording, OfALiveSourceNoMoreIsLookedAtThanFits) {
  Asked asked;
  Recording recording = counted(asked, 100, -1, true);
  Config config;
  RunObserver observer;
  settle_segmentation(recording, config, observer, nullptr, 64 * 48 * 20);
  EXPECT_EQ(asked.frames, 20);
  EXPECT_TRUE(recording.source->is_live());
  EXPECT_EQ(deliver(*recording.source).frames.size(), 100u);
  EXPECT_EQ(asked.opened, 1);
}

TEST(Recording, AStopWhileItIsLookedAtSettlesNothing) {
  Asked asked;
  Recording recording = counted(asked, 100);
  Config config;
  RunObserver observer;
  const std::atomic<bool> stop{true};
  EXPECT_EQ(settle_segmentation(recording, config, observer, &stop), "");
  EXPECT_TRUE(config.segment.automatic);
  ASSERT_TRUE(recording.source);
  EXPECT_EQ(deliver(*recording.source).frames.size(), 100u);
}

}  // namespace
}  // namespace flashcell::host
