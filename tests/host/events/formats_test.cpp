#include <gmock/gmock.h>
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/error.hpp"
#include "host/events/event_reader.hpp"
#include "tests/host/events/event_files.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

struct Read {
  EventRecordingInfo info;
  std::vector<Event> events;
  std::string error;
};

/// Reads in parts of `part` events, which change with 0.
Read read_all(EventReader& reader, size_t part = 0) {
  Read read;
  read.info = reader.info();
  std::mt19937 random(1);
  try {
    for (;;) {
      std::vector<Event> buffer(part > 0 ? part : 1 + random() % 300);
      const size_t count = reader.read(buffer);
      if (count == 0) break;
      read.events.insert(read.events.end(), buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(count));
    }
    Event more;
    EXPECT_EQ(reader.read({&more, 1}), 0u) << "the end stays the end";
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::input);
    read.error = e.what();
    EXPECT_EQ(read.error.find('\n'), std::string::npos) << read.error;
  }
  return read;
}

Read read_bytes(const EventBytes& bytes, const std::string& name, size_t part = 0) {
  try {
    auto copy = std::make_shared<const EventBytes>(bytes);
    std::shared_ptr<const MemoryReader> memory(new MemoryReader(*copy), [copy](const MemoryReader* m) { delete m; });
    return read_all(*open_events(memory, name), part);
  } catch (const Error& e) {
    return {{}, {}, e.what()};
  }
}

/// Bytes that are read in blocks, as those of a file that is not mapped.
class NotInPlace : public MemoryReader {
 public:
  using MemoryReader::MemoryReader;
  std::span<const uint8_t> in_place() const override { return {}; }
};

struct Format {
  std::string name, file;
  int width, height;
  std::vector<Event> events;
  EventBytes bytes;
  bool in_packets = false;  // cut, a packet's events are lost together
};

std::vector<Format> formats() {
  const std::vector<Event> wide = random_events(3000, 640, 480, 1), small = random_events(3000, 240, 180, 2);
  std::vector<Event> digits = random_events(1500, 34, 34, 3), colours = small;
  for (Event& e : digits) e.time_us = std::min<int64_t>(e.time_us, 0x7FFFFF);
  for (Event& e : colours) e.on = true;
  return {{"EVT2", "a.raw", 640, 480, wide, make_evt2(wide)},
          {"EVT2.1", "a.raw", 640, 480, wide, make_evt21(wide, true)},
          {"EVT2.1", "b.raw", 640, 480, wide, make_evt21(wide, false)},
          {"EVT3", "a.raw", 640, 480, wide, make_evt3(wide)},
          {"DAT 1", "a.dat", 300, 200, small, make_dat(small, 1)},
          {"DAT 2", "a.dat", 300, 200, small, make_dat(small, 2)},
          {"AEDAT 2.0", "a.aedat", 240, 180, small, make_aedat2(small)},
          {"AEDAT 3.1", "a.aedat", 240, 180, small, make_aedat3(small, 500)},
          {"AEDAT 4", "none.aedat4", 640, 480, wide, make_aedat4(wide, 640, 480, 700, Packing::none), true},
          {"AEDAT 4", "lz4.aedat4", 640, 480, wide, make_aedat4(wide, 640, 480, 700, Packing::lz4), true},
          {"AEDAT 4", "zstd.aedat4", 640, 480, wide, make_aedat4(wide, 640, 480, 700, Packing::zstd_high), true},
          {"N-MNIST", "a.bin", 34, 34, digits, make_nmnist(digits)},
          {"Event Stream", "dvs.es", 640, 480, wide, make_event_stream(wide, 640, 480, StreamKind::dvs)},
          {"Event Stream", "atis.es", 640, 480, wide, make_event_stream(wide, 640, 480, StreamKind::atis)},
          {"Event Stream", "colour.es", 240, 180, colours, make_event_stream(colours, 240, 180, StreamKind::colour)}};
}

TEST(EventFormats, EveryEventOfEveryFormatWhateverTheBuffer) {
  for (const Format& format : formats()) {
    for (const size_t part : {size_t{0}, size_t{1}, size_t{63}, size_t{5000}}) {
      SCOPED_TRACE(format.name + " " + format.file + " in parts of " + std::to_string(part));
      const Read read = read_bytes(format.bytes, format.file, part);
      EXPECT_EQ(read.error, "");
      EXPECT_EQ(read.info.format, format.name);
      EXPECT_EQ(read.info.width, format.width);
      EXPECT_EQ(read.info.height, format.height);
      EXPECT_TRUE(read.events == format.events) << read.events.size();
    }
  }
}

TEST(EventFormats, TheSameWhereverBytesLie) {
  for (const Format& format : formats()) {
    SCOPED_TRACE(format.name + " " + format.file);
    for (const size_t size : {format.bytes.size(), format.bytes.size() - 1}) {
      const EventBytes bytes(format.bytes.begin(), format.bytes.begin() + static_cast<ptrdiff_t>(size));
      const Read in_blocks = read_all(*open_events(std::make_shared<NotInPlace>(bytes), format.file), 700);
      const Read in_place = read_bytes(bytes, format.file);
      EXPECT_EQ(in_blocks.error, in_place.error);
      EXPECT_TRUE(in_blocks.events == in_place.events);
    }
  }
}

// A file cut anywhere gives the events that lie wholly before the cut, then at most one error.
TEST(EventFormats, CutAnywhereEveryWholeEventComesFirst) {
  for (const Format& format : formats()) {
    SCOPED_TRACE(format.name + " " + format.file);
    size_t last = 0, silent = 0, cuts = 0;
    for (size_t size = format.bytes.size() / 3; size < format.bytes.size(); size += 97, ++cuts) {
      const EventBytes cut(format.bytes.begin(), format.bytes.begin() + static_cast<ptrdiff_t>(size));
      const Read read = read_bytes(cut, format.file);
      ASSERT_LE(read.events.size(), format.events.size());
      EXPECT_TRUE(std::equal(read.events.begin(), read.events.end(), format.events.begin())) << "cut at " << size;
      EXPECT_GE(read.events.size(), last);
      last = read.events.size();
      silent += read.error.empty();
      if (!read.error.empty()) {
        EXPECT_THAT(read.error, testing::AnyOf(HasSubstr("truncated"), HasSubstr("damaged")));
      }
    }
    EXPECT_GT(last, format.events.size() / 2);
    // Between two events nothing shows that there were more.
    EXPECT_LT(silent, cuts * 3 / 4);
  }
}

// Any bytes changed: events or one line, never more events than bytes can hold.
TEST(EventFormats, DamagedBytesAreEventsOrAnError) {
  std::mt19937 random(5);
  for (const Format& format : formats()) {
    for (int round = 0; round < 60; ++round) {
      EventBytes bytes = format.bytes;
      for (int i = 0; i < 8; ++i)
        bytes[random() % std::min<size_t>(bytes.size(), 2000)] = static_cast<uint8_t>(random());
      const Read read = read_bytes(bytes, format.file);
      EXPECT_LT(read.events.size(), (size_t{1} << 22));
    }
  }
}

TEST(EventFormats, TimesGoOnWhereTheirCountersWrap) {
  std::vector<Event> events;
  for (int i = 0; i < 40; ++i) events.push_back({int64_t{i} * 2'000'000 + 5, static_cast<uint16_t>(i), 3, i % 2 == 0});
  EXPECT_TRUE(read_bytes(make_evt3(events), "a.raw").events == events) << "24 bits, 16.8 s";
  for (Event& e : events) e.time_us *= 400;
  EXPECT_TRUE(read_bytes(make_evt2(events), "a.raw").events == events) << "34 bits, 4.8 h";
  EXPECT_TRUE(read_bytes(make_dat(events, 2), "a.dat").events == events) << "32 bits, 71 min";
  EXPECT_TRUE(read_bytes(make_aedat2(events), "a.aedat").events == events) << "32 bits";
  EXPECT_TRUE(read_bytes(make_aedat3(events, 7), "a.aedat").events == events) << "31 bits and a count of turns";
}

TEST(EventFormats, NmnistMarksTurnsOfItsTime) {
  EventBytes bytes = make_nmnist({{100, 1, 2, true}, {200, 3, 4, false}});
  const EventBytes mark = {0, 240, 0, 0, 0};
  bytes.insert(bytes.end(), mark.begin(), mark.end());
  const EventBytes after = make_nmnist({{50, 5, 6, true}});
  bytes.insert(bytes.end(), after.begin(), after.end());
  const Read read = read_bytes(bytes, "a.bin");
  ASSERT_EQ(read.events.size(), 3u);
  EXPECT_EQ(read.events[2], (Event{50 + 8192, 5, 6, true}));
}

TEST(EventFormats, WhatIsNoneIsRefusedInOneLine) {
  EXPECT_THAT(read_bytes({1, 2, 3}, "a.raw").error, HasSubstr("is no recording of events"));
  EXPECT_THAT(read_bytes({}, "a.raw").error, HasSubstr("is empty"));
  EXPECT_THAT(read_bytes(make_event_stream({}, 1, 1, StreamKind::generic), "a.es").error,
              HasSubstr("no place in a picture"));
  EventBytes old = make_event_stream({}, 1, 1, StreamKind::dvs);
  old[12] = 1;
  EXPECT_THAT(read_bytes(old, "a.es").error, HasSubstr("version 1.0.0"));
  const std::string compressed = "#!AER-DAT3.1\r\n#Format: SerializedTS\r\n#!END-HEADER\r\n";
  EXPECT_THAT(read_bytes({compressed.begin(), compressed.end()}, "a.aedat").error, HasSubstr("only RAW is read"));
  EventBytes dat = make_dat({}, 2);
  dat.back() = 16;
  EXPECT_THAT(read_bytes(dat, "a.dat").error, HasSubstr("16 bytes"));
}

class Dsec : public testing::Test {
 protected:
  void SetUp() override { path_ = fs::temp_directory_path() / ("flashcell_dsec_" + std::to_string(getpid()) + ".h5"); }
  void TearDown() override { fs::remove(path_); }

  static void column(hid_t file, const char* name, hid_t type, const void* data, hsize_t count, int filter) {
    const hid_t space = H5Screate_simple(1, &count, nullptr), list = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 1000;
    H5Pset_chunk(list, 1, &chunk);
    if (filter != 0) H5Pset_filter(list, filter, H5Z_FLAG_OPTIONAL, 0, nullptr);
    const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    EXPECT_GE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), 0);
    H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
  }

  void write(const std::vector<Event>& events, int64_t offset, int filter = 0, bool times = true) const {
    std::vector<uint16_t> x, y;
    std::vector<uint8_t> p;
    std::vector<uint32_t> t;
    for (const Event& e : events) {
      x.push_back(e.x);
      y.push_back(e.y);
      p.push_back(e.on ? 1 : 0);
      t.push_back(static_cast<uint32_t>(e.time_us - offset));
    }
    const hid_t file = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(file, "events", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    column(file, "events/x", H5T_NATIVE_UINT16, x.data(), x.size(), filter);
    column(file, "events/y", H5T_NATIVE_UINT16, y.data(), y.size(), 0);
    column(file, "events/p", H5T_NATIVE_UINT8, p.data(), p.size(), 0);
    if (times) column(file, "events/t", H5T_NATIVE_UINT32, t.data(), t.size(), 0);
    const hid_t scalar = H5Screate(H5S_SCALAR);
    const hid_t set = H5Dcreate2(file, "t_offset", H5T_NATIVE_INT64, scalar, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &offset);
    H5Dclose(set);
    H5Sclose(scalar);
    H5Fclose(file);
  }

  fs::path path_;
};

TEST_F(Dsec, EveryEventWithTheOffsetOfItsTime) {
  const int64_t offset = 52'000'000'000;
  std::vector<Event> events = random_events(150'000, 640, 480, 7);
  for (Event& e : events) e.time_us += offset;
  write(events, offset);
  ASSERT_TRUE(holds_events(path_));
  const auto reader = open_events(path_);
  EXPECT_EQ(reader->info().event_count, events.size());
  const Read read = read_all(*reader);
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.info.format, "DSEC");
  EXPECT_TRUE(read.events == events);
}

TEST_F(Dsec, MissingFiltersAndColumnsAreSaid) {
  const auto error = [this] {
    try {
      open_events(path_);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  write(random_events(3000, 640, 480, 7), 0, 32001);
  if (H5Zfilter_avail(32001) <= 0) {
    EXPECT_THAT(error(), HasSubstr("events/x is compressed by the HDF5 filter 32001 (blosc), which is not installed"));
  }
  write(random_events(3000, 640, 480, 7), 0, 0, false);
  EXPECT_THAT(error(), HasSubstr("events/t is missing"));
  fs::resize_file(path_, fs::file_size(path_) / 2);
  EXPECT_FALSE(holds_events(path_) && error().empty());
}

struct Real {
  const char* file;
  const char* format;
  int width, height;
  uint64_t events, on;
  int64_t first_us, last_us;
  uint32_t sum;  // of all events, in order
};

// By a reading in Python that shares nothing with this one.
TEST(EventFormats, RealRecordings) {
  const Real recordings[] = {
      {"expelliarmus_evt2.raw", "EVT2", 640, 480, 539481, 367855, 1317888, 1367888, 3652674289},
      {"expelliarmus_evt3.raw", "EVT3", 1280, 720, 219596, 115532, 11718656, 11727457, 1952328383},
      {"sample_nmnist.bin", "N-MNIST", 34, 34, 4325, 2145, 654, 311175, 1531382944},
      {"sample_ncars.dat", "DAT 2", 304, 240, 2009, 1350, 0, 99952, 2229426144},
      {"davis_translboxes.aedat", "AEDAT 2.0", 240, 180, 162771, 82944, 294976755, 297049406, 0},
      {"sample.aedat4", "AEDAT 4", 320, 240, 111954, 55023, 1605537493718345, 1605537494308262, 1007005814}};
  for (const Real& real : recordings) {
    const fs::path path = fs::path("event") / real.file;
    FLASHCELL_NEEDS_DATA(path);
    SCOPED_TRACE(real.file);
    ASSERT_TRUE(holds_events(data_dir() / path));
    const Read read = read_all(*open_events(data_dir() / path), 4096);
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.info.format, real.format);
    EXPECT_EQ(read.info.width, real.width);
    EXPECT_EQ(read.info.height, real.height);
    ASSERT_EQ(read.events.size(), real.events);
    uint64_t on = 0;
    uint32_t sum = 0;
    for (const Event& e : read.events) {
      on += e.on;
      EXPECT_LT(e.x, real.width);
      EXPECT_LT(e.y, real.height);
      sum = sum * 31 + static_cast<uint32_t>(e.time_us) * 7 + e.x * 3u + e.y * 5u + (e.on ? 1u : 0u);
    }
    EXPECT_EQ(on, real.on);
    EXPECT_EQ(read.events.front().time_us, real.first_us);
    EXPECT_EQ(read.events.back().time_us, real.last_us);
    if (real.sum != 0) {
      EXPECT_EQ(sum, real.sum);
    }
  }
}

}  // namespace
}  // namespace flashcell::test
