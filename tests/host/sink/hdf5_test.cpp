#include <hdf5.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>

#include "base/error.hpp"
#include "host/sink/hdf5_sink.hpp"
#include "tests/host/sink/support.hpp"

namespace flashcell::host {
namespace {

using test::blank_result;
using test::OwnedResult;
using test::row_at;
using test::TemporaryFolder;

/// Reads a file back through the library, as h5py does.
class Reader {
 public:
  Reader(const std::filesystem::path& path, unsigned flags) : file_(H5Fopen(path.c_str(), flags, H5P_DEFAULT)) {}
  ~Reader() {
    if (file_ >= 0) H5Fclose(file_);
  }
  bool is_open() const { return file_ >= 0; }
  bool has(const char* name) const { return H5Lexists(file_, name, H5P_DEFAULT) > 0; }

  std::vector<hsize_t> shape(const char* name) const {
    const hid_t dataset = H5Dopen2(file_, name, H5P_DEFAULT);
    const hid_t space = H5Dget_space(dataset);
    std::vector<hsize_t> dims(static_cast<size_t>(H5Sget_simple_extent_ndims(space)));
    H5Sget_simple_extent_dims(space, dims.data(), nullptr);
    H5Sclose(space);
    H5Dclose(dataset);
    return dims;
  }

  template <class T>
  std::vector<T> read(const char* name, hid_t type) const {
    hsize_t values = 1;
    for (const hsize_t n : shape(name)) values *= n;
    std::vector<T> out(values);
    const hid_t dataset = H5Dopen2(file_, name, H5P_DEFAULT);
    EXPECT_GE(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data()), 0) << name;
    H5Dclose(dataset);
    return out;
  }

  std::string text_attribute(const char* object, const char* name) const {
    const hid_t attribute = H5Aopen_by_name(file_, object, name, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0) return "(none)";
    const hid_t type = H5Aget_type(attribute);
    std::string out(H5Tget_size(type), '\0');
    H5Aread(attribute, type, out.data());
    H5Tclose(type);
    H5Aclose(attribute);
    return out;
  }

 private:
  hid_t file_;
};

OwnedResult full_result(int64_t number) {
  OwnedResult result = blank_result(number);
  result.frame.device_time_ns = number * 500000;
  contract::ObjectRecord object{};
  contract::ObjectFeatures features{};
  object.m00 = 7;
  object.m20 = uint64_t{1} << 40;
  object.left = static_cast<uint16_t>(number);
  object.peak = 250;
  for (int i = 0; i < contract::kHlacCount; ++i) features.hlac[i] = static_cast<uint32_t>(100 * number + i);
  for (int i = 0; i < contract::kHueBins; ++i) features.hue[i] = static_cast<uint32_t>(i);
  result.table.objects = {object, object};
  result.table.features = {features, features};
  contract::FrameSummary& found = result.table.summary;
  found.objects = 2;
  found.lost = 1;
  found.too_small = 3;
  found.too_large = 5;
  found.foreground = 400;
  found.outside = 60;
  result.table.detections.resize(2);
  result.table.detections[1].mean_grey = 12.5f;
  result.rows = {row_at(number, 1, 10.125 + static_cast<double>(number), 20)};
  result.rows[0].detection = 1;
  result.rows[0].state = tracking::TrackState::merged;
  return result;
}

TEST(Hdf5Sink, ReadsBackAsWritten) {
  const TemporaryFolder folder;
  RunInfo run = test::small_run();
  run.features = contract::kFeatureHlac | contract::kFeatureHue | contract::kFeatureIntensity;
  run.classes = {"ant", "fly"};
  run.world = WorldMap::scaled("mm", 0.05);
  run.regions = test::two_halves();
  run.config_toml = "[track]\nlost_ms = 100\n";
  const int64_t frames = 10000;
  run.backfill_frames = 5;
  const std::unique_ptr<Sink> sink = make_hdf5_sink(folder / "tracks.h5");
  test::SinkRun sinks({sink.get()}, run);
  for (int64_t f = 0; f < frames; ++f) {
    OwnedResult result = full_result(f);
    if (f == 3) result.backfill = {row_at(1, 2, 5, 6)};
    sinks.write(result);
  }
  sinks.finish();

  const Reader reader(folder / "tracks.h5", H5F_ACC_RDONLY);
  ASSERT_TRUE(reader.is_open());
  const auto frame = reader.read<int64_t>("/tracks/frame", H5T_NATIVE_INT64);
  const auto id = reader.read<uint32_t>("/tracks/id", H5T_NATIVE_UINT32);
  const auto x = reader.read<double>("/tracks/x", H5T_NATIVE_DOUBLE);
  EXPECT_EQ(reader.read<double>("/tracks/x_mm", H5T_NATIVE_DOUBLE).back(), 0.05 * x.back());
  const auto time = reader.read<int64_t>("/tracks/device_time_ns", H5T_NATIVE_INT64);
  const auto grey = reader.read<float>("/tracks/mean_grey", H5T_NATIVE_FLOAT);
  const auto state = reader.read<uint8_t>("/tracks/state", H5T_NATIVE_UINT8);
  ASSERT_EQ(frame.size(), static_cast<size_t>(frames) + 1);
  ASSERT_EQ(grey.size(), frame.size());
  EXPECT_EQ(frame[2], 1);
  EXPECT_EQ(id[2], 2u);
  for (size_t i = 3; i < frame.size(); ++i) {
    const int64_t f = static_cast<int64_t>(i) - 1;
    ASSERT_EQ(frame[i], f);
    ASSERT_EQ(x[i], 10.125 + static_cast<double>(f));
    ASSERT_EQ(time[i], f * 500000);
    ASSERT_EQ(grey[i], 12.5f);
    ASSERT_EQ(state[i], 1);
  }
  EXPECT_EQ(reader.shape("/objects/hlac"), (std::vector<hsize_t>{2 * frames, 25}));
  EXPECT_EQ(reader.shape("/objects/hue"), (std::vector<hsize_t>{2 * frames, 16}));
  const auto hlac = reader.read<uint32_t>("/objects/hlac", H5T_NATIVE_UINT32);
  const auto left = reader.read<uint16_t>("/objects/left", H5T_NATIVE_UINT16);
  for (size_t i = 0; i < left.size(); ++i) {
    ASSERT_EQ(left[i], i / 2);
    ASSERT_EQ(hlac[25 * i + 24], 100 * (i / 2) + 24);
  }
  EXPECT_EQ(reader.read<uint64_t>("/objects/m20", H5T_NATIVE_UINT64).back(), uint64_t{1} << 40);
  const std::map<std::string, uint32_t> counts = {{"objects", 2},   {"lost", 1},         {"too_small", 3},
                                                  {"too_large", 5}, {"foreground", 400}, {"outside", 60}};
  for (const auto& [name, value] : counts) {
    const auto column = reader.read<uint32_t>(("/frames/" + name).c_str(), H5T_NATIVE_UINT32);
    EXPECT_EQ(column, std::vector<uint32_t>(static_cast<size_t>(frames), value)) << name;
  }
  EXPECT_EQ(reader.text_attribute("/tracks/vx", "unit"), "px/s");
  EXPECT_EQ(reader.text_attribute("/", "classes"), "ant\nfly");
  EXPECT_EQ(reader.text_attribute("/", "regions"), "=left, 1\nright");
  EXPECT_EQ(reader.text_attribute("/", "unit"), "mm");
  EXPECT_EQ(reader.text_attribute("/", "config_toml"), run.config_toml);
}

TEST(Hdf5Sink, LeavesOutWhatWasNotMeasured) {
  const TemporaryFolder folder;
  const std::unique_ptr<Sink> sink = make_hdf5_sink(folder / "tracks.h5", {.host_time = false});
  test::SinkRun sinks({sink.get()}, test::small_run());
  sinks.write(blank_result(0));
  sinks.finish();
  const Reader reader(folder / "tracks.h5", H5F_ACC_RDONLY);
  ASSERT_TRUE(reader.is_open());
  for (const char* name : {"/tracks/device_time_ns", "/tracks/host_time_ns", "/tracks/mean_grey", "/tracks/class",
                           "/objects/hlac", "/objects/hue", "/objects/sum_i", "/frames/host_time_ns"}) {
    EXPECT_FALSE(reader.has(name)) << name;
  }
  EXPECT_TRUE(reader.has("/objects/m00"));
}

constexpr int64_t kWindow = 5;

void write_many_frames(const std::filesystem::path& path, int64_t frames) {
  RunInfo run = test::small_run();
  run.features = contract::kFeatureHlac;
  run.backfill_frames = kWindow;
  const std::unique_ptr<Sink> sink = make_hdf5_sink(path);
  test::SinkRun sinks({sink.get()}, run);
  for (int64_t f = 0; f < frames; ++f) sinks.write(full_result(f));
  sinks.finish();
}

// What a run that did not finish left behind: every row of every dataset that the file shows was written. Returns their
// number in /tracks.
size_t expect_whole(const std::filesystem::path& path, unsigned flags) {
  const Reader reader(path, flags);
  EXPECT_TRUE(reader.is_open()) << path;
  if (!reader.is_open()) return 0;
  const auto frame = reader.read<int64_t>("/tracks/frame", H5T_NATIVE_INT64);
  const auto id = reader.read<uint32_t>("/tracks/id", H5T_NATIVE_UINT32);
  const auto x = reader.read<double>("/tracks/x", H5T_NATIVE_DOUBLE);
  const auto area = reader.read<double>("/tracks/area", H5T_NATIVE_DOUBLE);
  const auto stamp = reader.read<int64_t>("/tracks/device_time_ns", H5T_NATIVE_INT64);
  for (size_t i = 0; i < frame.size(); ++i) EXPECT_EQ(frame[i], static_cast<int64_t>(i));
  for (size_t i = 0; i < id.size(); ++i) EXPECT_EQ(id[i], 1u) << i;
  for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(x[i], 10.125 + static_cast<double>(i));
  for (size_t i = 0; i < area.size(); ++i) EXPECT_EQ(area[i], 47) << i;
  for (size_t i = 0; i < stamp.size(); ++i) EXPECT_EQ(stamp[i], static_cast<int64_t>(i) * 500000);
  const auto left = reader.read<uint16_t>("/objects/left", H5T_NATIVE_UINT16);
  const auto track = reader.read<uint32_t>("/objects/track", H5T_NATIVE_UINT32);
  const auto m20 = reader.read<uint64_t>("/objects/m20", H5T_NATIVE_UINT64);
  const auto hlac = reader.read<uint32_t>("/objects/hlac", H5T_NATIVE_UINT32);
  for (size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i], static_cast<uint16_t>(i / 2));
  for (size_t i = 0; i < track.size(); ++i) EXPECT_EQ(track[i], i % 2) << i;
  for (size_t i = 0; i < m20.size(); ++i) EXPECT_EQ(m20[i], uint64_t{1} << 40);
  for (size_t i = 0; i < hlac.size(); ++i) EXPECT_EQ(hlac[i], 100 * (i / 50) + i % 25) << i;
  const auto foreground = reader.read<uint32_t>("/frames/foreground", H5T_NATIVE_UINT32);
  for (size_t i = 0; i < foreground.size(); ++i) EXPECT_EQ(foreground[i], 400u) << i;
  return frame.size();
}

TEST(Hdf5Sink, KilledRunLeavesEveryRowThatItShows) {
  for (const int wait_ms : {0, 130, 370, 700}) {
    const TemporaryFolder folder;
    const std::filesystem::path path = folder / "tracks.h5";
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      write_many_frames(path, int64_t{1} << 40);
      ::_exit(0);
    }
    for (int i = 0; i < 6000 && (!std::filesystem::exists(path) || std::filesystem::file_size(path) < 8000000); ++i) {
      ::usleep(5000);
    }
    ::usleep(static_cast<useconds_t>(1000 * wait_ms));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_GT(expect_whole(path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ), 4096u);
  }
}

TEST(Hdf5Sink, FullDiskIsOneClearErrorAndEveryRowThatTheFileShowsIsThere) {
  size_t fewest = SIZE_MAX, most = 0;
  for (const rlim_t limit_bytes : {2'000'000, 3'300'000, 8'000'000, 13'123'457, 20'000'000}) {
    const TemporaryFolder folder;
    const std::filesystem::path path = folder / "tracks.h5";
    const std::filesystem::path message = folder / "message";
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{limit_bytes, limit_bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      int code = 0;
      try {
        write_many_frames(path, 10000000);
      } catch (const Error& e) {
        std::ofstream(message) << e.what();
        code = static_cast<int>(e.fault());
      }
      std::exit(code);  // through the library's own handlers
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 3);
    const std::string line = test::read_text(message);
    EXPECT_NE(line.find("tracks.h5"), std::string::npos) << line;
    EXPECT_NE(line.find("free some space"), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    EXPECT_LE(std::filesystem::file_size(path), limit_bytes);
    // No swmr=True, no h5clear: it is complete.
    const size_t rows = expect_whole(path, H5F_ACC_RDONLY);
    fewest = std::min(fewest, rows);
    most = std::max(most, rows);
  }
  EXPECT_GT(most, 16000u);
  EXPECT_LT(fewest, most);
}

TEST(Hdf5Sink, ARemovedFileIsAnError) {
  const TemporaryFolder folder;
  const std::unique_ptr<Sink> sink = make_hdf5_sink(folder / "tracks.h5");
  RunInfo run = test::small_run();
  run.features = contract::kFeatureHlac;
  test::SinkRun sinks({sink.get()}, run);
  sinks.write(full_result(0));
  std::filesystem::remove(folder / "tracks.h5");
  EXPECT_THROW(sinks.finish(), Error);
}

TEST(Hdf5Sink, ObjectsKnowTheirTrackAlsoWhereItIsConfirmedLater) {
  const TemporaryFolder folder;
  RunInfo run = test::small_run();
  run.backfill_frames = 3;
  const std::unique_ptr<Sink> sink = make_hdf5_sink(folder / "tracks.h5");
  test::SinkRun sinks({sink.get()}, run);
  for (int64_t f = 0; f < 10; ++f) {
    OwnedResult result = full_result(f);
    result.rows.clear();
    if (f == 4) {  // track 7 is confirmed, and was the second object of frame 2
      result.backfill = {row_at(2, 7, 1, 1)};
      result.backfill[0].detection = 1;
    }
    if (f >= 6) {  // tracks 9 and 7 share the first object
      result.rows = {row_at(f, 9, 1, 1), row_at(f, 7, 1, 1), row_at(f, 8, 1, 1)};
      result.rows[0].detection = result.rows[1].detection = 0;
    }
    sinks.write(result);
  }
  sinks.finish();
  const Reader reader(folder / "tracks.h5", H5F_ACC_RDONLY);
  const auto frame = reader.read<int64_t>("/objects/frame", H5T_NATIVE_INT64);
  const auto track = reader.read<uint32_t>("/objects/track", H5T_NATIVE_UINT32);
  ASSERT_EQ(track.size(), 20u);
  for (size_t i = 0; i < track.size(); ++i) {
    EXPECT_EQ(frame[i], static_cast<int64_t>(i / 2));
    EXPECT_EQ(track[i], i == 5 || (i >= 12 && i % 2 == 0) ? 7u : 0u) << i;
  }
  EXPECT_EQ(reader.read<double>("/frames/time_s", H5T_NATIVE_DOUBLE)[4], 0.002);
}

TEST(Hdf5Sink, FolderThatIsNotThereIsAClearError) {
  EXPECT_THROW(make_hdf5_sink("/nonexistent/folder/tracks.h5"), Error);
}

}  // namespace
}  // namespace flashcell::host
