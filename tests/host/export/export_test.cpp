// Tracks as other programs read them: read back by our readers, and held against the other programs' own rules.
#include "host/export/export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "host/eval/read_tracks.hpp"
#include "tests/support/json.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

class Export : public testing::Test {
 protected:
  Export() {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::temp_directory_path() / (std::string("flashcell_export_") + test->name() + std::to_string(::getpid()));
    fs::create_directories(folder_);
    tracks_ = parse_mot("1,2,10,20,4,6\n1,7,1.5,2.5,3,3\n3,2,12,20,4,6\n4,7,2.5,2.5,3,3\n", "t");
  }
  ~Export() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  fs::path write(ExportFormat format, const char* name) const {
    export_tracks(tracks_, format, {"day 1/fly.mp4", 100, "px"}, folder_ / name);
    return folder_ / name;
  }

  fs::path folder_;
  ObjectList tracks_;
};

using Row = std::tuple<int64_t, int64_t, double, double>;  // frame, id, x, y

std::vector<Row> rows(const ObjectList& list) {
  std::vector<Row> result;
  for (const auto& o : list.objects) result.emplace_back(o.frame, o.id, o.x, o.y);
  std::sort(result.begin(), result.end());
  return result;
}

TEST_F(Export, TrackMatesXmlIsReadBack) {
  const ObjectList back = read_tracks(write(ExportFormat::trackmate, "t.xml").string(), {});
  EXPECT_THAT(rows(back), testing::ElementsAre(Row{1, 1, 12, 23}, Row{1, 2, 3, 4}, Row{3, 1, 14, 23}, Row{4, 2, 4, 4}));
}

TEST_F(Export, SleapsFileIsReadBack) {
  const std::string path = write(ExportFormat::sleap, "t.h5").string();
  EXPECT_THAT(rows(read_tracks(path, {})),
              testing::ElementsAre(Row{1, 1, 12, 23}, Row{1, 2, 3, 4}, Row{3, 1, 14, 23}, Row{4, 2, 4, 4}));
  CsvColumns node;
  node.point = "centroid";
  EXPECT_EQ(read_tracks(path, node).objects.size(), 4u);
  node.point = "tail";
  EXPECT_THROW(read_tracks(path, node), Error);
}

TEST_F(Export, ADamagedSleapFileIsOneError) {
  const fs::path path = write(ExportFormat::sleap, "t.h5");
  for (const uintmax_t size : {fs::file_size(path) / 2, uintmax_t{200}, uintmax_t{9}}) {
    fs::resize_file(path, size);
    EXPECT_THROW(read_tracks(path.string(), {}), Error) << size;
  }
}

TEST_F(Export, ViasRowsHaveWhatItsReadersDemand) {
  std::ifstream file(write(ExportFormat::via, "t.csv"));
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line,
            "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes");
  std::vector<std::string> found;
  while (std::getline(file, line)) {
    std::vector<std::string_view> fields;
    split_csv(line, fields);
    ASSERT_EQ(fields.size(), 7u) << line;
    const auto json = [&](size_t i) { return test::parse_json(csv_text(fields[i])); };
    EXPECT_EQ(json(5).at("name"), "rect");
    found.push_back(std::string(fields[0]) + " " + json(2).at("frame").dump() + " " + std::string(fields[3]) + " " +
                    std::string(fields[4]) + " " + json(6).at("track").get<std::string>() + " " +
                    json(5).at("x").dump());
  }
  EXPECT_THAT(found, testing::ElementsAre("fly_000000.png 0 2 0 2 10", "fly_000000.png 0 2 1 7 1.5",
                                          "fly_000002.png 2 1 0 2 12", "fly_000003.png 3 1 0 7 2.5"));
  tracks_.has_boxes = false;
  EXPECT_THROW(write(ExportFormat::via, "points.csv"), Error);
}

TEST_F(Export, NoTracksAreAFileToo) {
  tracks_ = {};
  tracks_.has_boxes = true;
  for (const auto& format : kExportFormats) EXPECT_GT(fs::file_size(write(format.value, format.name)), 0u);
}

}  // namespace
}  // namespace flashcell::host
