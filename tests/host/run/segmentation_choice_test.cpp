// The automatic choice of segmentation on recordings, real and drawn: what it finds is what a person wants, by whatever
// method.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "host/device/device_factory.hpp"
#include "host/label/labeller.hpp"
#include "host/label/object_selection.hpp"
#include "host/run/recording.hpp"
#include "pipeline/left_out.hpp"
#include "tests/host/run/wanted_objects.hpp"
#include "tests/support/animal_scenes.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using test::Mark;

constexpr int64_t kCountedFrames = 40;  // in which objects are counted, beside those with marks

/// Areas (px) of all objects of the frames that were looked at, and the limits that were chosen.
struct Areas {
  std::vector<std::vector<uint32_t>> frames;
  contract::LabelParameters chosen;

  /// What other limits would have left out.
  LeftOut left_out(uint32_t min_area, uint32_t max_area) const {
    contract::LabelParameters limits;
    limits.min_area = min_area;
    limits.max_area = max_area;
    LeftOut result;
    for (const std::vector<uint32_t>& areas : frames) {
      contract::FrameSummary found;
      std::vector<contract::ObjectRecord> kept;
      for (const uint32_t area : areas) {
        contract::ObjectRecord object{};
        object.m00 = area;
        if (passes_filter(limits, area))
          kept.push_back(object);
        else
          found.leave_out(limits, area);
      }
      found.objects = static_cast<uint32_t>(kept.size());
      result.add(found, kept);
    }
    return result;
  }

  /// Of the objects that the chosen limits keep.
  uint32_t quantile(double share) const {
    std::vector<uint32_t> kept;
    for (const std::vector<uint32_t>& areas : frames)
      std::copy_if(areas.begin(), areas.end(), std::back_inserter(kept),
                   [this](uint32_t area) { return passes_filter(chosen, area); });
    std::sort(kept.begin(), kept.end());
    return kept.empty() ? 1 : kept[static_cast<size_t>(share * static_cast<double>(kept.size() - 1))];
  }
};

/// What the chosen segmentation finds in a recording.
struct Finding {
  std::string choice;
  int marks = 0, found = 0;
  double objects = 0, strays = 0;  ///< a frame; strays are in frames with marks and hold none
  std::string missed;
  Areas areas;

  double share() const { return marks == 0 ? 1 : static_cast<double>(found) / marks; }
};

bool holds(const contract::ObjectRecord& object, const Mark& mark) {
  return object.left <= mark.x + 3 && object.right >= mark.x - 3 && object.top <= mark.y + 3 &&
         object.bottom >= mark.y - 3 && object.m00 >= mark.least_area && object.m00 <= mark.most_area;
}

void compare(const ObjectTable& table, const std::vector<Mark>& marks, Finding& finding) {
  for (const Mark& mark : marks) {
    const bool found = std::any_of(table.objects.begin(), table.objects.end(),
                                   [&](const contract::ObjectRecord& object) { return holds(object, mark); });
    ++finding.marks;
    finding.found += found ? 1 : 0;
    if (!found) {
      finding.missed += " " + std::to_string(mark.frame) + ":" + std::to_string(static_cast<int>(mark.x)) + "," +
                        std::to_string(static_cast<int>(mark.y));
    }
  }
  for (const contract::ObjectRecord& object : table.objects) {
    finding.strays += std::none_of(marks.begin(), marks.end(), [&](const Mark& mark) { return holds(object, mark); });
  }
}

/// Nobody is warned of what good limits leave out; everybody of what wrong ones do.
void expect_losses_are_told(const Areas& areas) {
  const auto told = [&](uint32_t min_area, uint32_t max_area) {
    const LeftOut left_out = areas.left_out(min_area, max_area);
    return left_out.subjects_below() || left_out.subjects_above();
  };
  const contract::LabelParameters& chosen = areas.chosen;
  EXPECT_FALSE(told(chosen.min_area, chosen.max_area)) << chosen.min_area << " to " << chosen.max_area << " px";
  const auto under_all = std::max(1u, static_cast<uint32_t>(0.7 * areas.quantile(0)));
  const auto over_all = static_cast<uint32_t>(1.4 * areas.quantile(1)) + 1;
  EXPECT_TRUE(told(1, under_all)) << "up to " << under_all << " px";
  EXPECT_TRUE(told(chosen.min_area, std::max(chosen.min_area, under_all))) << "up to " << under_all << " px, no specks";
  EXPECT_TRUE(told(over_all, std::max(chosen.max_area, over_all))) << "from " << over_all << " px";
}

/// `marks` by frame. Frames go through a segmenter that needs their order from the first; of others only those that are
/// looked at.
Finding find(Recording recording, Config config, const std::map<int64_t, std::vector<Mark>>& marks) {
  RunObserver observer;
  Finding finding;
  finding.choice = settle_segmentation(recording, config, observer);
  const SourceInfo info = recording.source->info();
  const DevicePlan plan = plan_device(config, info.width, info.height, info.format);
  const auto segmenter = make_segmenter(plan.segment, info.width, info.height, info.format);
  const auto labeller = make_fast_labeller(plan.label);
  std::vector<BitImage> masks(segmenter->masks(), BitImage(info.width, info.height));
  ObjectTable table, all;
  table.reserve(plan.label);
  contract::LabelParameters no_limits = plan.label;
  no_limits.min_area = 1;
  no_limits.max_area = contract::kNoArea;
  no_limits.max_objects = 1 << 17;
  no_limits.features = 0;
  const auto label_all = make_fast_labeller(no_limits);
  finding.areas.chosen = plan.label;
  const int64_t step = std::max<int64_t>(1, info.frame_count.value_or(1000) / kCountedFrames);
  int64_t counted = 0, marked = 0;
  Frame frame;
  while (recording.source->next(frame)) {
    const auto wanted = marks.find(frame.number);
    const bool looked_at = frame.number % step == step / 2 || wanted != marks.end();
    if (!looked_at && !segmenter->in_order()) continue;
    segmenter->segment(frame.view, masks.data());
    if (!looked_at) continue;
    table.clear();
    all.clear();
    for (size_t k = 0; k < masks.size(); ++k) {
      labeller->label(masks[k], frame.view, static_cast<uint32_t>(k), table);
      label_all->label(masks[k], frame.view, static_cast<uint32_t>(k), all);
    }
    std::vector<uint32_t>& areas = finding.areas.frames.emplace_back();
    for (const contract::ObjectRecord& object : all.objects) areas.push_back(object.m00);
    finding.objects += table.summary.objects;
    ++counted;
    if (wanted == marks.end()) continue;
    compare(table, wanted->second, finding);
    ++marked;
  }
  if (counted > 0) finding.objects /= static_cast<double>(counted);
  if (marked > 0) finding.strays /= static_cast<double>(marked);
  std::cout << finding.found << " of " << finding.marks << " found, " << finding.objects << " objects a frame, "
            << finding.strays << " strays; " << finding.choice << "\n";
  if (!finding.missed.empty()) std::cout << "missed" << finding.missed << "\n";
  return finding;
}

class DrawnRecording : public testing::TestWithParam<test::AnimalScene> {};

/// Nine of ten animals, and hardly anything else.
TEST_P(DrawnRecording, IsSegmentedIntoItsAnimals) {
  const test::AnimalScene& scene = GetParam();
  Recording recording;
  recording.source = test::open_animal_scene(scene);
  recording.open_again = [&scene] { return test::open_animal_scene(scene); };
  if (scene.tinted)
    recording.open_in_colour = [&scene](int64_t, int64_t) { return test::open_animal_scene(scene, 0, true); };
  recording.fps = scene.fps;
  std::map<int64_t, std::vector<Mark>> marks;
  double animals = 0;
  const int64_t step = scene.frames / kCountedFrames;
  // A running background has learnt by then.
  for (int64_t frame = scene.frames / 5; frame < scene.frames; frame += step) {
    for (const test::DrawnAnimal& a : scene.animals(frame))
      marks[frame].push_back({frame, a.x, a.y, 0.35 * a.area, 2.6 * a.area});
    animals = std::max(animals, static_cast<double>(marks[frame].size()));
  }
  const Finding finding = find(std::move(recording), Config{}, marks);
  EXPECT_GE(finding.share(), 0.9) << finding.choice;
  EXPECT_LE(finding.strays, std::max(0.3, 0.15 * animals)) << finding.choice;
  expect_losses_are_told(finding.areas);
}

INSTANTIATE_TEST_SUITE_P(Choice, DrawnRecording, testing::ValuesIn(test::animal_scenes()),
                         [](const testing::TestParamInfo<test::AnimalScene>& tested) {
                           std::string name;
                           for (const char c : tested.param.name)
                             if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
                           return name;
                         });

/// Where the recording is: the particles come packed.
fs::path path_of(const std::string& recording, const fs::path& scratch) {
  if (recording.starts_with("demo/")) return test::build_dir() / "data" / recording;
  if (recording != "bulk_water") return test::data_dir() / recording;
  const fs::path packed = test::data_dir() / "video/trackpy_bulk_water_000-059.tar";
  if (!fs::exists(packed)) return packed;
  fs::create_directories(scratch);
  const std::string command = "tar xf '" + packed.string() + "' -C '" + scratch.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  return scratch / "bulk_water";
}

class RealRecording : public testing::TestWithParam<test::WantedObjects> {
 protected:
  RealRecording() : scratch_(fs::temp_directory_path() / ("flashcell_choice_" + std::to_string(::getpid()))) {}
  ~RealRecording() override {
    std::error_code ignored;
    fs::remove_all(scratch_, ignored);
  }
  fs::path scratch_;
};

TEST_P(RealRecording, IsSegmentedAsAPersonWants) {
  const test::WantedObjects& wanted = GetParam();
  const fs::path path = path_of(wanted.recording, scratch_);
  FLASHCELL_NEEDS_FILE(path);
  Config config;
  for (size_t i = 0; i + 1 < wanted.options.size(); i += 2)
    set_config_key(wanted.options[i], wanted.options[i + 1], config);
  std::map<int64_t, std::vector<Mark>> marks;
  for (const Mark& mark : wanted.marks) marks[mark.frame].push_back(mark);
  const Finding finding = find(open_recording(path.string(), config), config, marks);
  if (!wanted.missed.empty()) GTEST_SKIP() << "not what a person wants: " << wanted.missed;
  EXPECT_GE(finding.share(), wanted.least_found) << wanted.subject;
  EXPECT_GE(finding.objects, wanted.least_objects) << wanted.subject;
  EXPECT_LE(finding.objects, wanted.most_objects) << wanted.subject;
  expect_losses_are_told(finding.areas);
}

INSTANTIATE_TEST_SUITE_P(Choice, RealRecording, testing::ValuesIn(test::wanted_objects()),
                         [](const testing::TestParamInfo<test::WantedObjects>& tested) {
                           std::string name;
                           std::string words = tested.param.recording;
                           for (const std::string& option : tested.param.options) words += option;
                           for (const char c : words)
                             if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
                           return name;
                         });

}  // namespace
}  // namespace flashcell::host
