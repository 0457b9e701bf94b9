#include "pipeline/run_summary.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace flashcell {
namespace {

double percent(uint64_t part, uint64_t whole) {
  return whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace

std::string RunSummary::left_out_text() const {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "left out: " : ", ") + part; };
  const auto objects_of = [](uint64_t n) { return fmt::format("{} object{}", n, n == 1 ? "" : "s"); };
  if (objects_too_small > 0)
    add(fmt::format("{} below label.min_area (the largest of a frame typically {} px)", objects_of(objects_too_small),
                    left_out.area_below()));
  if (objects_too_large > 0)
    add(fmt::format("{} above label.max_area (the smallest of a frame typically {} px)", objects_of(objects_too_large),
                    left_out.area_above()));
  if (objects_lost > 0) add(fmt::format("{} beyond label.max_objects", objects_of(objects_lost)));
  if (pixels_outside > 0)
    add(fmt::format("{:.1f} % of the foreground, outside the regions",
                    percent(pixels_outside, pixels_outside + pixels)));
  return text;
}

std::vector<RunWarning> RunSummary::left_out_warnings() const {
  std::vector<RunWarning> warnings;
  if (objects_lost > 0) {
    warnings.push_back(
        {fmt::format("{} object{} did not fit into label.max_objects", objects_lost, objects_lost == 1 ? "" : "s"),
         "raise --label.max_objects, or --label.min_area where they are specks"});
  }
  // Where as many are found as there are, it is something else.
  const bool all_found = counted() && !count_often_missed();
  const std::string kept = left_out.hardly_any_kept()
                               ? fmt::format("objects are kept in {:.0f} %", 100 * left_out.frames_kept())
                               : fmt::format("what is kept is of about {} px", left_out.area_kept());
  if (!all_found && left_out.subjects_below()) {
    const uint32_t area = left_out.area_below();
    warnings.push_back(
        {fmt::format("label.min_area leaves out objects of about {} px in {:.0f} % of the frames, and {}", area,
                     100 * left_out.frames_below(), kept),
         fmt::format("try --label.min_area {}", std::max(1u, area / 2))});
  }
  if (!all_found && left_out.subjects_above()) {
    warnings.push_back(
        {fmt::format("label.max_area leaves out objects of about {} px in {:.0f} % of the frames, and {}",
                     left_out.area_above(), 100 * left_out.frames_above(), kept),
         "try --label.max_area 0, which is no limit"});
  }
  if (regions_hide_all()) {
    warnings.push_back({fmt::format("{:.0f} % of the foreground is outside the regions and hardly anything inside",
                                    percent(pixels_outside, pixels_outside + pixels)),
                        "`flashcell tune` draws where they are"});
  }
  return warnings;
}

}  // namespace flashcell
