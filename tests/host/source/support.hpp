#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "host/source/open_source.hpp"
#include "tests/host/source/encoders.hpp"

namespace flashcell::test {

/// All frames of a source, copied; `error`: what it threw at the end, if it did.
struct Recording {
  struct Copy {
    int64_t number;
    std::optional<int64_t> time_ns;
    std::vector<uint16_t> samples;  // in raster order; three a pixel for colour
  };
  SourceInfo info;
  std::vector<Copy> frames;
  std::string error;
};

inline std::vector<uint16_t> samples_of(const FrameView& view) {
  std::vector<uint16_t> samples;
  for (int y = 0; y < view.height; ++y) {
    const uint8_t* row = view.row(y);
    const int count = view.width * (is_colour(view.format) ? 3 : 1);
    for (int i = 0; i < count; ++i) {
      samples.push_back(view.format == PixelFormat::grey16 ? reinterpret_cast<const uint16_t*>(row)[i] : row[i]);
    }
  }
  return samples;
}

inline Recording record(const std::string& input, const host::SourceOptions& options = {}) {
  Recording recording;
  const std::unique_ptr<FrameSource> source = host::open_source(input, options);
  recording.info = source->info();
  Frame frame;
  try {
    while (source->next(frame))
      recording.frames.push_back({frame.number, frame.device_time_ns, samples_of(frame.view)});
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::input);
    recording.error = e.what();
    EXPECT_EQ(recording.error.find('\n'), std::string::npos) << "one line";
  }
  return recording;
}

/// The line with which a source refuses to open; its kind must be `fault`.
inline std::string refusal(const std::string& input, const host::SourceOptions& options = {},
                           Fault fault = Fault::input) {
  try {
    host::open_source(input, options);
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), fault) << e.what();
    return e.what();
  }
  return "opened";
}

/// A folder of its own for each test, gone afterwards.
class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::temp_directory_path() /
                 (std::string("flashcell_") + test->test_suite_name() + "_" + test->name());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  std::string write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path(name);
  }
  std::string write(const std::string& name, const std::string& text) const {
    return write(name, Bytes(text.begin(), text.end()));
  }
  static Bytes read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }

  std::filesystem::path directory_;
};

}  // namespace flashcell::test
