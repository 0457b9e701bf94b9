// Tracks as label images: whose pixels are whose, gaps, limits.
#include "host/sink/label_image_sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "tests/host/sink/support.hpp"

namespace flashcell::host {
namespace {

using test::blank_result;
using test::OwnedResult;
using test::row_at;

constexpr int kWidth = 20, kHeight = 6;

tracking::TrackRow row_on(int64_t frame, uint32_t id, int object, double x) {
  tracking::TrackRow row = row_at(frame, id, x, 2.5);
  row.detection = object;
  row.area = 36;
  return row;
}

/// Writes frames whose objects are columns of pixels: a letter a column, '.' the floor, 'a' the table's first object.
class Images {
 public:
  explicit Images(int64_t window = 0) : folder_(), run_(test::small_run()) {
    run_.backfill_frames = window;
    LabelImageOptions options;
    options.file = [this](const std::string& name) {
      names_.push_back(name);
      return folder_ / name;
    };
    options.owners = [this](const FrameResult& result) {
      const std::string& columns = columns_.at(static_cast<size_t>(result.frame->number));
      owners_.clear();
      for (int i = 0; i < kWidth * kHeight; ++i) {
        const char c = columns[static_cast<size_t>(i % kWidth)];
        owners_.push_back(c == '.' ? 0 : static_cast<uint32_t>(c - 'a') + 1);
      }
      return std::span<const uint32_t>(owners_);
    };
    options.warn = [this](const std::string& line) { warnings_.push_back(line); };
    sink_ = make_label_image_sink(folder_ / "res_track.txt", options);
    run_of_.emplace(std::vector<Sink*>{sink_.get()}, run_);
  }

  void write(const std::string& columns, const std::vector<tracking::TrackRow>& rows,
             const std::vector<tracking::TrackRow>& backfill = {}) {
    const auto number = static_cast<int64_t>(columns_.size());
    columns_.push_back(columns);
    OwnedResult result = blank_result(number, kWidth, kHeight);
    result.rows = rows;
    result.backfill = backfill;
    run_of_->write(result);
  }
  void finish() { run_of_->finish(); }

  /// The first row of an image, its labels between spaces.
  std::vector<int> labels(int64_t number) const {
    const std::string name = "mask00000" + std::to_string(number) + ".tif";
    const cv::Mat image = cv::imread((folder_ / name).string(), cv::IMREAD_UNCHANGED);
    std::vector<int> row;
    if (image.type() != CV_16UC1 || image.rows != kHeight) return row;
    for (int x = 0; x < image.cols; ++x) row.push_back(image.at<uint16_t>(0, x));
    return row;
  }
  std::string tracks() const { return test::read_text(folder_ / "res_track.txt"); }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  const test::TemporaryFolder& folder() const { return folder_; }

 private:
  test::TemporaryFolder folder_;
  RunInfo run_;
  std::vector<std::string> columns_, names_, warnings_;
  std::vector<uint32_t> owners_;
  std::unique_ptr<Sink> sink_;
  std::optional<test::SinkRun> run_of_;
};

std::vector<int> columns(const std::string& letters, const std::vector<int>& label_of) {
  std::vector<int> row;
  for (const char c : letters) row.push_back(c == '.' ? 0 : label_of[static_cast<size_t>(c - 'a')]);
  return row;
}

TEST(LabelImages, ObjectsHaveTheirTracksNumbersAndOthersNone) {
  Images images;
  images.write("..aaa...bbb....ccc..", {row_on(0, 7, 0, 3), row_on(0, 300, 2, 16)});
  images.write("....................", {});
  images.finish();
  EXPECT_EQ(images.labels(0), columns("..aaa...bbb....ccc..", {7, 0, 300}));
  EXPECT_EQ(images.labels(1), std::vector<int>(kWidth, 0));
  EXPECT_EQ(images.tracks(), "7 0 0 0\n300 0 0 0\n");
  EXPECT_EQ(images.names(), (std::vector<std::string>{"mask000000.tif", "mask000001.tif"}));
}

TEST(LabelImages, RowsThatComeLateCount) {
  Images images(2);
  images.write("aaa.................", {});
  images.write(".aaa................", {row_on(1, 1, 0, 2)}, {row_on(0, 1, 0, 1)});
  images.write("..aaa...............", {row_on(2, 1, 0, 3)});
  images.finish();
  EXPECT_EQ(images.labels(0), columns("aaa.................", {1}));
  EXPECT_EQ(images.labels(2), columns("..aaa...............", {1}));
  EXPECT_EQ(images.tracks(), "1 0 2 0\n");
}

TEST(LabelImages, SharedObjectsAreDividedByDistanceOverSize) {
  Images images;
  tracking::TrackRow small = row_on(0, 2, 0, 15);
  small.area = 4;
  tracking::TrackRow large = row_on(0, 1, 0, 6);
  large.area = 36;
  // Sides 6 and 2: the border lies where the distances are as 3 to 1.
  images.write("aaaaaaaaaaaaaaaaaaaa", {large, small});
  images.finish();
  EXPECT_EQ(images.labels(0), columns("aaaaaaaaaaaaaabbbbba", {1, 2}));
}

TEST(LabelImages, AfterAGapATrackGoesOnUnderANewLabel) {
  Images images;
  tracking::TrackRow unseen = row_on(1, 1, -1, 2);
  unseen.state = tracking::TrackState::predicted;
  images.write("aaa.....bbb.........", {row_on(0, 1, 0, 1), row_on(0, 2, 1, 9)});
  images.write("........aaa.........", {unseen, row_on(1, 2, 0, 9)});
  images.write("aaa.....bbb.........", {row_on(2, 1, 0, 1), row_on(2, 2, 1, 9)});
  images.write("........aaa.........", {row_on(3, 2, 0, 9)});
  images.write("aaa.....bbb.........", {row_on(4, 1, 0, 1), row_on(4, 2, 1, 9)});
  images.finish();
  EXPECT_EQ(images.labels(1), columns("........aaa.........", {2}));
  EXPECT_EQ(images.labels(2), columns("aaa.....bbb.........", {65535, 2}));
  EXPECT_EQ(images.tracks(), "1 0 0 0\n2 0 4 0\n65534 4 4 65535\n65535 2 2 1\n");
}

TEST(LabelImages, OneThatIsHiddenWhollyHasNoPixels) {
  Images images;
  images.write("aaaa................", {row_on(0, 1, 0, 1.5), row_on(0, 2, 0, 1.5)});
  images.finish();
  EXPECT_EQ(images.labels(0), columns("aaaa................", {1}));
  EXPECT_EQ(images.tracks(), "1 0 0 0\n");
}

TEST(LabelImages, NumbersBeyond16BitsEndTheImagesWithAWarning) {
  Images images;
  images.write("aaa.................", {row_on(0, 65535, 0, 1)});
  images.write("....................", {});
  images.write("aaa.................", {row_on(2, 65535, 0, 1)});
  images.write("aaa.................", {row_on(3, 65536, 0, 1)});
  images.write("aaa.................", {row_on(4, 1, 0, 1)});
  images.finish();
  EXPECT_EQ(images.names().size(), 2u);
  ASSERT_EQ(images.warnings().size(), 1u);
  EXPECT_THAT(images.warnings()[0], testing::HasSubstr("end before frame 2"));
  EXPECT_EQ(images.tracks(), "65535 0 0 0\n");
}

TEST(LabelImages, AFileThatIsThereIsNotOverwritten) {
  Images images;
  std::filesystem::create_directories(images.folder() / "mask000001.tif");
  images.write("aaa.................", {row_on(0, 1, 0, 1)});
  EXPECT_THROW(images.write(".aaa................", {row_on(1, 1, 0, 2)}), Error);
  images.finish();
  EXPECT_EQ(images.tracks(), "1 0 0 0\n");
}

}  // namespace
}  // namespace flashcell::host
