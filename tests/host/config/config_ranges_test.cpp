// Every key of the configuration at both ends of its range, against those who use it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "host/config/schema.hpp"
#include "host/label/labeller.hpp"
#include "host/segment/segmenter.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::host {
namespace {

/// Every number with its range.
class Ranges : public schema::Visitor {
 public:
  struct Key {
    std::string name;
    double low, high;
    bool whole;
  };
  std::vector<Key> keys;

  void section(const char* name, const char*) override { section_ = name; }
  void boolean(const char*, bool&, const char*) override {}
  void integer(const char* key, int64_t&, int64_t low, int64_t high, const char*) override {
    keys.push_back({section_ + "." + key, static_cast<double>(low), static_cast<double>(high), true});
  }
  void real(const char* key, double&, double low, double high, const char*) override {
    keys.push_back({section_ + "." + key, low, high, false});
  }
  void text(const char*, std::string&, const char*) override {}
  void choice(const char*, std::string&, const std::vector<std::string>&, const char*) override {}
  void range(const char*, int&, int&, int, int, bool, const char*) override {}
  void points(const char*, std::vector<std::array<double, 2>>&, double, const char*) override {}
  void numbers(const char*, std::vector<double>&, size_t, double, const char*) override {}
  void tables(const char*, schema::Tables&, const char*) override {}

 private:
  std::string section_;
};

std::vector<Ranges::Key> all_keys() {
  Config config;
  Ranges ranges;
  visit_config(config, ranges);
  return ranges.keys;
}

bool reads(const Ranges::Key& key, double value, Config& config) {
  try {
    set_config_key(key.name, key.whole ? fmt::format("{:.0f}", value) : fmt::format("{:e}", value), config);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Builds what a run builds of [segment], [label] and [track], for the deepest frames. Throws where one refuses.
void build(Config config) {
  for (const SegmentMethod method :
       {SegmentMethod::threshold, SegmentMethod::otsu, SegmentMethod::adaptive, SegmentMethod::background}) {
    config.segment.parameters.method = method;
    make_segmenter(config.segment.parameters, 16, 16, PixelFormat::grey16);
  }
  contract::LabelParameters label;
  label.width = label.height = 16;
  label.max_objects = config.label.max_objects;
  label.min_area = std::max(config.label.min_area, 1u);
  label.max_area = config.label.max_area > 0 ? config.label.max_area : UINT32_MAX;
  label.min_cell_pixels = static_cast<uint8_t>(config.label.min_cell_pixels);
  make_fast_labeller(label);
  const tracking::Tracker tracker(tracker_parameters(config, 2000), 2000);
  const tracking::BoxTracker box_tracker(box_tracker_parameters(config, 2000), 2000);
}

TEST(ConfigRanges, WhatTheConfigurationAcceptsItsUsersAccept) {
  const std::vector<Ranges::Key> keys = all_keys();
  EXPECT_GT(keys.size(), 40u);
  for (const Ranges::Key& key : keys) {
    for (const double limit : {key.low, key.high}) {
      SCOPED_TRACE(fmt::format("{} = {}", key.name, limit));
      Config config;
      ASSERT_TRUE(reads(key, limit, config));
      EXPECT_NO_THROW(build(config));
      // What is printed is read back as the same.
      const std::string text = print_config(config, false);
      Config again;
      EXPECT_NO_THROW(parse_config(text, "again", again));
      EXPECT_EQ(print_config(again, false), text);
    }
  }
}

TEST(ConfigRanges, WhatLiesBeyondIsRefusedByItsName) {
  for (const Ranges::Key& key : all_keys()) {
    for (const bool high : {false, true}) {
      const double limit = high ? key.high : key.low;
      const double beyond = limit + (high ? 1 : -1) * (key.whole ? 1 : std::max(1e-6, std::abs(limit) * 1e-6));
      SCOPED_TRACE(fmt::format("{} = {}", key.name, beyond));
      Config config;
      EXPECT_FALSE(reads(key, beyond, config));
    }
  }
}

TEST(ConfigRanges, WhatUsersAcceptTheConfigurationAccepts) {
  // The segmenters' own limits, tried from the outside in.
  SegmentParameters p;
  const auto accepts = [&](SegmentMethod method) {
    p.method = method;
    try {
      make_segmenter(p, 16, 16, PixelFormat::grey16);
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  const std::vector<Ranges::Key> keys = all_keys();
  const auto range = [&](const std::string& name) {
    return *std::find_if(keys.begin(), keys.end(), [&](const Ranges::Key& key) { return key.name == name; });
  };
  const auto expect_same = [&](const std::string& name, int& value, SegmentMethod method, int step) {
    SCOPED_TRACE(name);
    const Ranges::Key key = range(name);
    value = static_cast<int>(key.low) - step;
    EXPECT_FALSE(accepts(method));
    value = static_cast<int>(key.high) + step;
    EXPECT_FALSE(accepts(method));
  };
  expect_same("segment.threshold", p.threshold, SegmentMethod::threshold, 1);
  expect_same("segment.window", p.window, SegmentMethod::adaptive, 2);
  p.window = 31;
  expect_same("segment.offset", p.offset, SegmentMethod::adaptive, 1);
  expect_same("segment.learn_frames", p.learn_frames, SegmentMethod::background, 1);
  p.learn_frames = 0;
  p.min_sigma = range("segment.min_sigma").high * 1.001;
  EXPECT_FALSE(accepts(SegmentMethod::background));
}

}  // namespace
}  // namespace flashcell::host
