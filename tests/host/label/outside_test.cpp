// The labellers against other people's: OpenCV, SciPy's test data, TrackMate's features.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/label/labeller.hpp"
#include "host/label/pixel_labels.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/masks.hpp"

namespace flashcell::host {
namespace {

using contract::Connectivity;
using contract::LabelParameters;

ObjectTable label_all(const BitImage& mask, Connectivity connectivity) {
  LabelParameters p;
  p.width = static_cast<uint32_t>(mask.width());
  p.height = static_cast<uint32_t>(mask.height());
  p.connectivity = connectivity;
  p.max_objects = 1 << 20;
  ObjectTable table;
  make_fast_labeller(p)->label(mask, {}, 0, table);
  return table;
}

void expect_equals_opencv(const BitImage& mask, const std::string& what) {
  std::vector<uint8_t> grey = test::grey(mask);
  const cv::Mat image(mask.height(), mask.width(), CV_8U, grey.data());
  for (const auto& [connectivity, neighbours] :
       {std::pair{Connectivity::exact8, 8}, std::pair{Connectivity::exact4, 4}}) {
    const ObjectTable ours = label_all(mask, connectivity);
    cv::Mat labels, stats, centroids;
    const int count =
        cv::connectedComponentsWithStats(image, labels, stats, centroids, neighbours, CV_32S, cv::CCL_SAUF);
    ASSERT_EQ(ours.objects.size(), static_cast<size_t>(count - 1)) << what;
    for (const contract::ObjectRecord& object : ours.objects) {
      // OpenCV numbers objects in another order: find its label where ours starts.
      const int y = static_cast<int>(object.first_pixel) / mask.width(),
                x = static_cast<int>(object.first_pixel) % mask.width();
      const int label = labels.at<int>(y, x);
      ASSERT_NE(label, 0) << what;
      const int* s = stats.ptr<int>(label);
      ASSERT_EQ(s[cv::CC_STAT_AREA], static_cast<int>(object.m00)) << what;
      ASSERT_EQ(s[cv::CC_STAT_LEFT], object.left) << what;
      ASSERT_EQ(s[cv::CC_STAT_TOP], object.top) << what;
      ASSERT_EQ(s[cv::CC_STAT_WIDTH], object.right - object.left + 1) << what;
      ASSERT_EQ(s[cv::CC_STAT_HEIGHT], object.bottom - object.top + 1) << what;
      ASSERT_EQ(centroids.at<double>(label, 0), static_cast<double>(object.m10) / object.m00) << what;
      ASSERT_EQ(centroids.at<double>(label, 1), static_cast<double>(object.m01) / object.m00) << what;
    }
  }
}

TEST(LabelOpenCv, CountsAreasBoxesCentroidsAreEqual) {
  uint32_t seed = 1;
  for (const double density : {0.01, 0.05, 0.2, 0.4, 0.5, 0.6, 0.8, 0.97}) {
    expect_equals_opencv(test::noise(512, 512, density, seed++), "noise " + std::to_string(density));
    expect_equals_opencv(test::noise(333, 77, density, seed++), "small noise " + std::to_string(density));
  }
  expect_equals_opencv(test::discs(512, 512, 100, 10, 3), "discs");
  expect_equals_opencv(test::discs(640, 480, 1024, 4, 4), "small discs");
  const BitImage spiral = test::spiral(301, 205, 2);
  EXPECT_EQ(label_all(spiral, Connectivity::exact4).objects.size(), 1u);
  expect_equals_opencv(spiral, "spiral");
  expect_equals_opencv(test::drawn(100, 100, [](int x, int y) { return (x + y) % 2 == 0; }), "checkerboard");
}

using Grid = std::vector<std::vector<int>>;

Grid read_grid(const std::filesystem::path& path) {
  std::ifstream file(path);
  Grid grid;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::vector<int> row;
    for (int value; words >> value;) row.push_back(value);
    if (!row.empty()) grid.push_back(row);
  }
  return grid;
}

Grid rows_of(const Grid& grid, size_t begin, size_t count) {
  return {grid.begin() + begin, grid.begin() + begin + count};
}

// Labels renumbered 1, 2, … in raster order.
Grid canonical(Grid labels) {
  std::map<int, int> number;
  for (auto& row : labels) {
    for (int& label : row) {
      if (label != 0) label = number.emplace(label, static_cast<int>(number.size()) + 1).first->second;
    }
  }
  return labels;
}

// SciPy's structures may join in any symmetric set of directions. Ours join in 4 or 8; so each pixel is drawn as a
// point and each of its links as a line of points, four times as large, and *that* is labelled 8-connected. Where two
// diagonals cross and nothing else joins their ends, the two classes of pixels that they join ((x + y) even, odd) are
// drawn apart.
class LinkedPicture {
 public:
  LinkedPicture(const Grid& input, const Grid& links)
      : input_(input),
        links_(links),
        apart_(links[0][0] && links[0][2] && !links[0][1] && !links[1][0]),
        width_(static_cast<int>(input[0].size())),
        height_(static_cast<int>(input.size())),
        mask_(4 * width_, (apart_ ? 8 : 4) * height_) {
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) draw(x, y);
    }
  }

  const BitImage& mask() const { return mask_; }

  Grid labels() const {
    LabelParameters p;
    p.width = static_cast<uint32_t>(mask_.width());
    p.height = static_cast<uint32_t>(mask_.height());
    PixelLabels pixel_labels(p);
    const std::vector<uint32_t>& all = pixel_labels.render(mask_);
    Grid result = input_;
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        result[y][x] = static_cast<int>(all[static_cast<size_t>(row_of(x, y)) * mask_.width() + 4 * x]);
      }
    }
    return canonical(result);
  }

 private:
  int row_of(int x, int y) const { return 4 * y + (apart_ && (x + y) % 2 != 0 ? 4 * height_ : 0); }

  void draw(int x, int y) {
    if (input_[y][x] == 0) return;
    mask_.set(4 * x, row_of(x, y));
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) {
        const int nx = x + dx, ny = y + dy;
        if (links_[1 + dy][1 + dx] == 0 || nx < 0 || nx >= width_ || ny < 0 || ny >= height_ || input_[ny][nx] == 0)
          continue;
        for (int step = 1; step < 4; ++step) mask_.set(4 * x + step * dx, row_of(x, y) + step * dy);
      }
    }
  }

  Grid input_, links_;
  bool apart_;
  int width_, height_;
  BitImage mask_;
};

TEST(LabelSciPy, All42LabelMapsAreEqual) {
  const char* folder_given = std::getenv("FLASHCELL_SCIPY_DATA");
  const std::filesystem::path folder = folder_given != nullptr ? folder_given : test::build_dir() / "data/scipy";
  FLASHCELL_NEEDS_FILE(folder / "label_results.txt");  // of the Debian package python3-scipy; ./run test unpacks it
  const Grid inputs = read_grid(folder / "label_inputs.txt"), structures = read_grid(folder / "label_strels.txt"),
             results = read_grid(folder / "label_results.txt");
  size_t maps = 0, direct = 0;
  for (size_t i = 0; i < inputs.size() / 7; ++i) {
    const Grid input = rows_of(inputs, 7 * i, 7);
    for (size_t k = 0; k < structures.size() / 3; ++k, ++maps) {
      const Grid links = rows_of(structures, 3 * k, 3), expected = canonical(rows_of(results, 7 * maps, 7));
      const LinkedPicture picture(input, links);
      EXPECT_EQ(picture.labels(), expected) << "input " << i << ", structure " << k;
      std::map<int, uint32_t> areas;
      for (const auto& row : expected) {
        for (const int label : row) ++areas[label];
      }
      areas.erase(0);
      EXPECT_EQ(label_all(picture.mask(), Connectivity::exact8).objects.size(), areas.size());

      // The two structures that are ours, without the detour.
      const Grid eight = {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}, four = {{0, 1, 0}, {1, 1, 1}, {0, 1, 0}};
      if (links != eight && links != four) continue;
      ++direct;
      const BitImage mask = test::drawn(7, 7, [&](int x, int y) { return input[y][x] != 0; });
      const ObjectTable table = label_all(mask, links == eight ? Connectivity::exact8 : Connectivity::exact4);
      ASSERT_EQ(table.objects.size(), areas.size());
      for (size_t object = 0; object < table.objects.size(); ++object) {
        EXPECT_EQ(table.objects[object].m00, areas.at(static_cast<int>(object) + 1));
      }
    }
  }
  EXPECT_EQ(maps, 42u);
  EXPECT_GE(direct, 6u);
}

// A spot of TrackMate 7 that its label image detector found without simplifying contours.
struct Spot {
  double label, x, y, area;
};

// The value of an attribute in an XML element that stands on one line.
double attribute(const std::string& line, const std::string& name) {
  const std::string start = " " + name + "=\"";
  const size_t at = line.find(start);
  if (at == std::string::npos) throw std::runtime_error("no attribute " + name + " in: " + line.substr(0, 80));
  return std::stod(line.substr(at + start.size()));
}

std::vector<Spot> read_spots(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Spot> spots;
  for (std::string line; std::getline(file, line);) {
    if (line.find("<Spot ") == std::string::npos) continue;
    // The image is its own intensity channel, so a spot's mean intensity is its label.
    spots.push_back({attribute(line, "MEAN_INTENSITY_CH1"), attribute(line, "POSITION_X"),
                     attribute(line, "POSITION_Y"), attribute(line, "AREA")});
  }
  return spots;
}

TEST(LabelTrackMate, AreasAndCentroidsAreEqual) {
  FLASHCELL_NEEDS_DATA("shape/trackmate_LabelImage.xml");
  const cv::Mat image =
      cv::imread((test::data_dir() / "shape/trackmate_LabelImage.tif").string(), cv::IMREAD_UNCHANGED);
  ASSERT_EQ(image.type(), CV_16U);
  const std::vector<Spot> spots = read_spots(test::data_dir() / "shape/trackmate_LabelImage.xml");
  ASSERT_EQ(spots.size(), 469u);
  std::map<int, std::vector<cv::Point>> pixels;
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      if (const int label = image.at<uint16_t>(y, x); label != 0) pixels[label].push_back({x, y});
    }
  }
  ASSERT_EQ(pixels.size(), 469u);

  LabelParameters p;
  p.width = static_cast<uint32_t>(image.cols);
  p.height = static_cast<uint32_t>(image.rows);
  p.connectivity = Connectivity::exact8;
  const auto labeller = make_fast_labeller(p);
  ObjectTable table;
  size_t equal_areas = 0;
  for (const Spot& spot : spots) {
    const int label = static_cast<int>(std::lround(spot.label));
    BitImage mask(image.cols, image.rows);
    for (const cv::Point& pixel : pixels.at(label)) mask.set(pixel.x, pixel.y);
    table.clear();
    labeller->label(mask, {}, 0, table);
    ASSERT_FALSE(table.objects.empty());
    // A label may be in several places. TrackMate makes a spot of each, then its quality filter drops the small ones.
    const auto largest = std::max_element(table.objects.begin(), table.objects.end(),
                                          [](const auto& a, const auto& b) { return a.m00 < b.m00; });
    equal_areas += std::abs(spot.area - largest->m00) < 1e-6 ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(largest->m10) / largest->m00, spot.x, 1e-6) << "label " << label;
    EXPECT_NEAR(static_cast<double>(largest->m01) / largest->m00, spot.y, 1e-6) << "label " << label;
  }
  RecordProperty("equal_areas", static_cast<int>(equal_areas));
  EXPECT_EQ(equal_areas, spots.size());
}

}  // namespace
}  // namespace flashcell::host
