// Recordings of events in files that are cut while they are read.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.hpp"
#include "host/events/event_reader.hpp"
#include "tests/host/events/event_files.hpp"

namespace flashcell::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Kind {
  const char* ending;
  EventBytes bytes;
};

class ShrinkingEvents : public testing::Test {
 protected:
  void TearDown() override { fs::remove(path_); }

  static std::vector<Kind> kinds() {
    const std::vector<Event> events = random_events(20'000, 240, 180, 4);
    std::vector<Event> digits = random_events(20'000, 34, 34, 3);
    for (Event& e : digits) e.time_us = std::min<int64_t>(e.time_us, 0x7FFFFF);
    return {{".raw", make_evt2(events)},   {".raw", make_evt21(events, true)}, {".raw", make_evt3(events)},
            {".dat", make_dat(events, 2)}, {".aedat", make_aedat2(events)},    {".bin", make_nmnist(digits)}};
  }

  void write(const Kind& kind) {
    path_ = fs::temp_directory_path() / ("flashcell_shrinking_events_" + std::to_string(::getpid()) + kind.ending);
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(kind.bytes.data()), static_cast<std::streamsize>(kind.bytes.size()));
  }

  struct Read {
    std::vector<Event> events;
    std::string error;
  };
  /// Everything; `after` is called once so many events were read.
  template <class Then>
  static Read read(EventReader& reader, size_t after, Then then) {
    Read all;
    std::vector<Event> part(300);
    bool called = false;
    try {
      while (const size_t count = reader.read(part)) {
        all.events.insert(all.events.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(count));
        if (!called && all.events.size() >= after) then();
        called = called || all.events.size() >= after;
      }
    } catch (const Error& e) {
      EXPECT_EQ(e.fault(), Fault::input);
      all.error = e.what();
    }
    return all;
  }

  fs::path path_;
};

TEST_F(ShrinkingEvents, EveryWholeEventBeforeTheCutThenOneError) {
  for (const Kind& kind : kinds()) {
    for (const double share : {0.2, 0.5, 0.99}) {
      SCOPED_TRACE(std::string(kind.ending) + " cut at " + std::to_string(share));
      write(kind);
      const Read whole = read(*open_events(path_), 1, [] {});
      const auto size = static_cast<uintmax_t>(static_cast<double>(kind.bytes.size()) * share);
      const Read cut = read(*open_events(path_), 1000, [&] { fs::resize_file(path_, size); });
      const Read rest = read(*open_events(path_), 1, [] {});  // what a reader that came later finds
      EXPECT_THAT(cut.error, HasSubstr("became shorter while it was read"));
      EXPECT_EQ(cut.error.find('\n'), std::string::npos);
      EXPECT_EQ(cut.events.size(), rest.events.size());
      ASSERT_LT(cut.events.size(), whole.events.size());
      EXPECT_TRUE(std::equal(cut.events.begin(), cut.events.end(), whole.events.begin()));
    }
  }
}

// At any moment: what was delivered is the recording's.
TEST_F(ShrinkingEvents, CutByAnotherWhileItIsDecoded) {
  const Kind kind = kinds()[2];
  write(kind);
  const Read whole = read(*open_events(path_), 1, [] {});
  for (int round = 0; round < 40; ++round) {
    write(kind);
    const auto reader = open_events(path_);
    std::thread other([&] { fs::resize_file(path_, kind.bytes.size() * static_cast<size_t>(round % 20 + 1) / 25); });
    const Read cut = read(*reader, 1, [] {});
    other.join();
    ASSERT_LE(cut.events.size(), whole.events.size());
    EXPECT_TRUE(std::equal(cut.events.begin(), cut.events.end(), whole.events.begin())) << round;
    EXPECT_EQ(cut.error.empty(), cut.events.size() == whole.events.size()) << round;
  }
}

TEST_F(ShrinkingEvents, WhatIsNoFileOrEmptyIsSaidInOneLine) {
  write({".raw", {}});
  const auto error = [](const fs::path& path) {
    try {
      open_events(path);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(error(path_), HasSubstr("is empty"));
  EXPECT_THAT(error("/dev/zero"), HasSubstr("is not a regular file"));
}

}  // namespace
}  // namespace flashcell::test
