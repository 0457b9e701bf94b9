#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "base/error.hpp"
#include "host/events/event_clock.hpp"
#include "host/events/event_source.hpp"
#include "host/events/fading_plane.hpp"
#include "pipeline/cells.hpp"
#include "tests/host/events/event_files.hpp"

namespace flashcell::test {
namespace {

using testing::HasSubstr;
using Places = std::set<std::pair<int, int>>;  // (y, x)
constexpr int kWidth = 50, kHeight = 37;

Places places_of(const std::vector<uint64_t>& cells) {
  Places places;
  const size_t columns = static_cast<size_t>(contract::cells_for(kWidth));
  for (size_t i = 0; i < cells.size(); ++i) {
    for (int bit = 0; bit < 64; ++bit) {
      if ((cells[i] >> bit & 1) == 0) continue;
      places.insert({static_cast<int>(i / columns) * 8 + bit / 8, static_cast<int>(i % columns) * 8 + bit % 8});
    }
  }
  return places;
}

struct Shown {
  Places places;
  int64_t time_us;
  friend bool operator==(const Shown&, const Shown&) = default;
};

/// What of the events comes through the filters, in words: each one against all before it.
std::vector<Event> filtered(const std::vector<Event>& events, const EventParameters& p) {
  std::vector<Event> seen, passed;
  for (const Event& e : events) {
    if (e.x >= kWidth || e.y >= kHeight) continue;
    if (p.polarity != EventPolarity::both && e.on != (p.polarity == EventPolarity::on)) continue;
    const bool near = std::any_of(seen.begin(), seen.end(), [&](const Event& n) {
      const int dx = std::abs(n.x - e.x), dy = std::abs(n.y - e.y);
      return std::max(dx, dy) == 1 && n.time_us >= e.time_us - p.noise_us;
    });
    seen.push_back(e);
    if (p.noise_us == 0 || near) passed.push_back(e);
  }
  return passed;
}

/// The windows as the documentation has them, each looked up in all events.
std::vector<Shown> windows(const std::vector<Event>& events, const EventParameters& p) {
  const std::vector<Event> passed = filtered(events, p);
  const int64_t first = events.front().time_us, last = events.back().time_us;
  std::vector<Shown> shown;
  if (p.window.us > 0) {
    const int64_t step = p.step.us > 0 ? p.step.us : p.window.us;
    const int64_t stay = p.stay.us > 0 ? p.stay.us : p.stay.windows * p.window.us;
    for (int64_t end = first + p.window.us;; end += step) {
      Shown s{{}, end};
      for (const Event& e : passed) {
        if (e.time_us < end && e.time_us >= end - stay) s.places.insert({e.y, e.x});
      }
      shown.push_back(s);
      if (end > last) return shown;
    }
  }
  const int64_t step = p.step.events > 0 ? p.step.events : p.window.events, total = static_cast<int64_t>(passed.size());
  for (int64_t end = p.window.events;; end += step) {
    const int64_t stop = std::min(end, total);
    const int64_t now = passed[static_cast<size_t>(stop - 1)].time_us;
    Shown s{{}, now};
    for (int64_t i = 0; i < stop; ++i) {
      const Event& e = passed[static_cast<size_t>(i)];
      const bool stays = p.stay.us > 0 ? e.time_us > now - p.stay.us : i >= end - p.stay.windows * p.window.events;
      if (stays) s.places.insert({e.y, e.x});
    }
    shown.push_back(s);
    if (end >= total) return shown;
  }
}

class EventWindows : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  std::string write(const EventBytes& bytes) const {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path_.string();
  }
  std::string write(const std::vector<Event>& events) const {
    return write(make_aedat4(events, kWidth, kHeight, 301, Packing::none));
  }

  static std::vector<Shown> read(FrameSource& source, bool pictures = false) {
    std::vector<Shown> shown;
    Frame frame;
    while (source.next(frame)) {
      EXPECT_EQ(frame.number, static_cast<int64_t>(shown.size()));
      EXPECT_EQ(frame.view.data != nullptr, pictures);
      shown.push_back({places_of(frame.cells), frame.device_time_ns.value_or(-1) / 1000});
    }
    return shown;
  }

  static EventSourceOptions plain(const EventParameters& parameters = {}) {
    EventSourceOptions options;
    options.parameters = parameters;
    options.parameters.hot_pixels = 0;
    options.pictures = false;
    return options;
  }

  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("flashcell_windows_" + std::to_string(getpid()) + ".aedat4");
};

TEST_F(EventWindows, EveryKindShowsWhatItsWordsSay) {
  std::vector<Event> events = random_events(3000, kWidth + 2, kHeight + 1, 9);  // some lie outside
  const std::string file = write(events);
  std::vector<EventParameters> all;
  for (const char* window : {"1000us", "700us", "100us", "500ev", "37ev"}) {
    for (const char* step : {"", "100us", "300us", "37ev", "100ev"}) {
      for (const char* stay : {"1", "3", "450us", "5000us"}) {
        EventParameters p;
        p.window = parse_event_span(window);
        p.step = parse_event_span(step);
        p.stay = parse_event_stay(stay);
        if (!fault_of(p).empty()) continue;
        p.polarity = static_cast<EventPolarity>(all.size() % 3);
        p.noise_us = all.size() % 4 == 1 ? 200 : 0;
        all.push_back(p);
      }
    }
  }
  ASSERT_GT(all.size(), 30u);
  for (const EventParameters& p : all) {
    SCOPED_TRACE("window " + to_text(p.window) + ", step " + to_text(p.step) + ", stay " + to_text(p.stay) +
                 ", polarity " + std::to_string(static_cast<int>(p.polarity)) + ", noise " +
                 std::to_string(p.noise_us));
    const auto source = make_event_source(file, plain(p));
    std::vector<Shown> shown = read(*source), wanted = windows(events, p);
    // By number, a frame ends with the last event read, whether it was taken or not.
    if (p.window.events > 0) {
      for (Shown& s : shown) s.time_us = 0;
      for (Shown& s : wanted) s.time_us = 0;
      if (p.stay.us > 0 && (p.noise_us > 0 || p.polarity != EventPolarity::both)) continue;
      if (shown.size() == wanted.size() + 1) shown.pop_back();
    }
    ASSERT_EQ(shown.size(), wanted.size());
    for (size_t i = 0; i < shown.size(); ++i) {
      EXPECT_EQ(shown[i].time_us, wanted[i].time_us) << i;
      EXPECT_TRUE(shown[i].places == wanted[i].places) << "window " << i;
    }
    EXPECT_EQ(source->tally().events, events.size());
    EXPECT_THAT(source->tally().warnings.at(0).line(), HasSubstr("lie outside of the sensor of 50x37 px"));
  }
}

TEST_F(EventWindows, APlaneThatIsFullMakesRoom) {
  // More events at a few places than the plane remembers.
  FadingPlane plane(2);
  std::mt19937 random(3);
  std::vector<uint32_t> last(128, 0);
  for (uint32_t key = 5000; key < 9000; ++key) {
    const uint32_t place = random() % 11 == 0 ? random() % 128 : random() % 3;
    plane.set(place, key);
    last[place] = key;
    if (key % 50 == 0) {
      plane.fade(key - 700);
      for (uint32_t p = 0; p < 128; ++p)
        ASSERT_EQ(plane.cells()[p / 64] >> (p % 64) & 1, last[p] >= key - 700 ? 1u : 0u) << p << " at " << key;
    }
  }
}

TEST_F(EventWindows, PicturesStartAndLimit) {
  const std::vector<Event> events = random_events(2000, kWidth, kHeight, 4);
  const std::string file = write(events);
  EventSourceOptions options = plain();
  const std::vector<Shown> all = read(*make_event_source(file, options));
  ASSERT_GT(all.size(), 6u);
  options.start_frame = 3;
  options.frame_limit = 2;
  options.pictures = true;
  const auto source = make_event_source(file, options);
  EXPECT_TRUE(source->info().has_cells && source->info().has_pixels);
  EXPECT_EQ(source->info().fps, 1000);
  Frame frame;
  for (size_t i = 3; i < 5; ++i) {
    ASSERT_TRUE(source->next(frame));
    EXPECT_EQ(frame.number, static_cast<int64_t>(i));
    EXPECT_TRUE(places_of(frame.cells) == all[i].places);
    const int64_t end = all[i].time_us;
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        int grey = 128;
        for (const Event& e : events) {
          if (e.x == x && e.y == y && e.time_us < end && e.time_us >= end - 1000) grey = e.on ? 255 : 0;
        }
        ASSERT_EQ(frame.view.row(y)[x], grey) << x << ", " << y;
      }
    }
  }
  EXPECT_FALSE(source->next(frame));
  options.start_frame = 1000;
  EXPECT_THROW(make_event_source(file, options), Error);
}

TEST_F(EventWindows, HotPixelsAreLeftOut) {
  std::vector<Event> events;
  for (int64_t t = 0; t < 100'000; t += 100) {
    events.push_back({t, 20, 10, true});
    // A blinking light of several pixels is none.
    for (uint16_t x = 30; x < 34 && t % 1000 == 0; ++x) {
      for (uint16_t y = 20; y < 24; ++y) events.push_back({t, x, y, t % 2000 == 0});
    }
    if (t % 500 == 0)
      events.push_back({t, static_cast<uint16_t>(t / 500 % kWidth), static_cast<uint16_t>(t / 500 % 9), true});
  }
  EventSourceOptions options = plain();
  options.parameters.hot_pixels = 20;
  options.parameters.hot_us = 50'000;
  const auto source = make_event_source(write(events), options);
  EXPECT_THAT(source->info().note, HasSubstr("1 hot pixel is left out"));
  bool light = false;
  for (const Shown& s : read(*source)) {
    EXPECT_FALSE(s.places.contains({10, 20}));
    light |= s.places.contains({21, 31});
  }
  EXPECT_TRUE(light);
}

TEST_F(EventWindows, TimesThatRunBackAreTakenAtTheTimeBefore) {
  std::vector<Event> events = {{1000, 1, 1, true}, {1900, 2, 2, true}, {1850, 3, 3, true}, {2100, 4, 4, true}};
  const auto source = make_event_source(write(events), plain());
  const std::vector<Shown> shown = read(*source);
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[0].places, (Places{{1, 1}, {2, 2}, {3, 3}}));
  EXPECT_EQ(shown[1].places, (Places{{4, 4}}));
  ASSERT_EQ(source->tally().warnings.size(), 1u);
  EXPECT_THAT(source->tally().warnings[0].line(), HasSubstr("times of 1 of 4 events run back, by 50 us at most"));
}

TEST_F(EventWindows, ARecordingThatIsCutEndsWithItsWholeEventsThenTheError) {
  const std::vector<Event> events = random_events(2000, kWidth, kHeight, 6);
  EventBytes bytes = make_evt2(events);
  bytes.resize(bytes.size() - 2);
  EventSourceOptions options = plain();
  options.parameters.width = kWidth;
  options.parameters.height = kHeight;
  const auto source = make_event_source(write(bytes), options);
  Frame frame;
  size_t frames = 0;
  try {
    while (source->next(frame)) ++frames;
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::input);
    EXPECT_THAT(e.what(), HasSubstr("truncated"));
  }
  EXPECT_EQ(frames, windows({events.begin(), events.end() - 1}, options.parameters).size());
  EXPECT_EQ(source->tally().events, events.size() - 1);
}

TEST_F(EventWindows, AnEmptyRecordingIsAnError) {
  EXPECT_THROW(make_event_source(write(std::vector<Event>{}), plain()), Error);
}

TEST(EventClock, TimesRiseWhateverTheyAre) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 100; ++round) {
    EventClock clock;
    int64_t last = 0;
    for (int i = 0; i < 200; ++i) {
      const int64_t time = clock(static_cast<int64_t>(random()));
      EXPECT_GE(time, last);
      EXPECT_LE(time - last, EventClock::kFarAheadUs);
      last = time;
    }
  }
  EventClock clock;
  EXPECT_EQ(clock(5'000'000), 0);
  EXPECT_EQ(clock(5'000'300), 300);
  EXPECT_EQ(clock(5'000'200), 300) << "back";
  EXPECT_EQ(clock(1'000'000), 300) << "begun anew";
  EXPECT_EQ(clock(1'000'050), 350);
  EXPECT_EQ(clock.ran_back(), 1u);
  EXPECT_EQ(clock.farthest_back_us(), 100);
  EXPECT_EQ(clock.began_anew(), 1u);
  EXPECT_EQ(clock.first_recorded_us(), 5'000'000);
}

TEST(EventParameters, TextsComeBackAndWrongOnesAreNamed) {
  for (const char* text : {"1000us", "5000ev", ""}) EXPECT_EQ(to_text(parse_event_span(text)), text);
  EXPECT_EQ(parse_event_span("1.5 ms").us, 1500);
  EXPECT_EQ(parse_event_span("2s").us, 2'000'000);
  EXPECT_EQ(parse_event_stay("3"), (EventStay{3, 0}));
  EXPECT_EQ(parse_event_stay("2ms"), (EventStay{1, 2000}));
  for (const char* text : {"1000", "us", "-5us", "0us", "1e99s", "nan us", "0.5us", "1.5ev", "ten us", "1000 s"})
    EXPECT_THROW(parse_event_span(text), std::invalid_argument) << text;
  for (const char* text : {"", "0", "1.5", "5ev", "2000"})
    EXPECT_THROW(parse_event_stay(text), std::invalid_argument) << text;
  EventParameters p;
  p.step = {2000, 0};
  EXPECT_THAT(fault_of(p), HasSubstr("events between windows would be lost"));
  p.step = {0, 5};
  EXPECT_THAT(fault_of(p), HasSubstr("both"));
  p = {};
  p.window = {600'000'000, 0};
  p.stay.windows = 2;
  EXPECT_THAT(fault_of(p), HasSubstr("too long"));
}

}  // namespace
}  // namespace flashcell::test
