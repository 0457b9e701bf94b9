#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/base64.hpp"
#include "base/page/chart.hpp"
#include "base/svg.hpp"
#include "base/text.hpp"
#include "host/sink/report/page.hpp"
#include "host/sink/report/parts.hpp"
#include "host/sink/report/sections.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kMostDots = 300;  // tracks; with more the dots would hide the paths
constexpr double kFaintest = 0.2;  // of the colour scale: the least colour stands out from the dimmed picture
constexpr int kBarSteps = 48;

std::string png_link(const cv::Mat& picture) {
  std::vector<uchar> png;
  cv::imencode(".png", picture, png, {cv::IMWRITE_PNG_COMPRESSION, 6});
  return "data:image/png;base64," + base64(png.data(), png.size());
}

struct PictureSize {
  int width, height;

  explicit PictureSize(const RunInfo& run)
      : width(std::max(1, run.source.width)), height(std::max(1, run.source.height)) {}
  int longer() const { return std::max(width, height); }
};

std::string svg_picture(const PictureSize& size, const std::string& styles, const std::string& content) {
  return fmt::format("<svg class=\"scene{}{}\" viewBox=\"0 0 {} {}\" role=\"img\">{}</svg>",
                     size.longer() < 320 ? " tiny" : "", styles, size.width, size.height, content);
}

/// The largest of 1, 2, 5, 10, 20, 50, … that is at most `most`.
double round_length(double most) {
  const double decade = std::pow(10.0, std::floor(std::log10(most)));
  return decade * (most >= 5 * decade ? 5 : most >= 2 * decade ? 2 : 1);
}

/// A length of the run's unit, in the lower right corner.
std::string scale_bar(const RunInfo& run, const PictureSize& size) {
  const double length = round_length(0.25 * size.width * run.units_per_pixel()), px = length / run.units_per_pixel();
  const double margin = size.width / 40.0, letter = std::max(size.width / 28.0, size.longer() / 60.0);
  const double right = size.width - margin, bottom = size.height - margin, left = right - px;
  const std::string places = fmt::format("M{:.2f} {:.2f}H{:.2f}", left, bottom, right);
  return fmt::format("<path class=\"scale under\" d=\"{0}\"/><path class=\"scale\" d=\"{0}\"/>", places) +
         svg_words("text",
                   {{"class", "scale"},
                    {"x", 0.5 * (left + right)},
                    {"y", bottom - letter / 2},
                    {"font-size", letter},
                    {"stroke-width", letter / 5}},
                   fmt::format("{} {}", short_number(length), run.unit()));
}

std::string svg_path(const TrackStory& track, size_t most_points) {
  const size_t step = std::max<size_t>(1, (track.path.size() + most_points - 1) / most_points);
  std::string d;
  for (size_t i = 0; i < track.path.size(); i += step) {
    d += fmt::format("{}{:.1f} {:.1f}", d.empty() ? "M" : "L", track.path[i].x + 0.5f, track.path[i].y + 0.5f);
  }
  // A path of one point would be invisible; and every path ends where its track ended.
  return d + fmt::format("L{:.1f} {:.1f}", track.x + 0.5, track.y + 0.5);
}

std::string drawn_paths(const std::vector<const TrackStory*>& tracks, const PictureSize& size) {
  const size_t points = std::max<size_t>(6, kMostDrawnPoints / std::max<size_t>(1, tracks.size()));
  std::string svg;
  for (const TrackStory* track : tracks) {
    svg += fmt::format("<path stroke=\"{}\" d=\"{}\"><title>track {}, frames {} to {}</title></path>",
                       colour_text(track_colour(track->id)), svg_path(*track, points), track->id, track->first_frame,
                       track->last_frame);
  }
  if (tracks.size() > kMostDots) return svg;
  // Dots where tracks ended show the direction, and tracks of a single row.
  for (const TrackStory* track : tracks) {
    svg += fmt::format("<circle fill=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.2f}\"/>",
                       colour_text(track_colour(track->id)), track->x + 0.5, track->y + 0.5, size.longer() / 240.0);
  }
  return svg;
}

/// 256 colours from dark to light, equally many steps of brightness apart.
std::array<Rgb, 256> heat_colours() {
  cv::Mat ramp(1, 256, CV_8UC1), coloured;
  for (int i = 0; i < 256; ++i)
    ramp.at<uint8_t>(0, i) = static_cast<uint8_t>(std::lround(255 * (kFaintest + (1 - kFaintest) * i / 255)));
  cv::applyColorMap(ramp, coloured, cv::COLORMAP_INFERNO);
  std::array<Rgb, 256> colours{};
  for (int i = 0; i < 256; ++i) {
    const auto c = coloured.at<cv::Vec3b>(0, i);
    colours[static_cast<size_t>(i)] = {c[2], c[1], c[0]};
  }
  return colours;
}

/// The colour of `count`, on a logarithmic scale from 1 to `most`.
size_t heat_step(uint64_t count, uint64_t most) {
  if (most <= 1) return 255;
  return static_cast<size_t>(
      std::lround(255 * std::log(static_cast<double>(count)) / std::log(static_cast<double>(most))));
}

cv::Mat heat_picture(const PositionMap& map, const std::array<Rgb, 256>& colours) {
  cv::Mat picture(map.rows(), map.columns(), CV_8UC4, cv::Scalar(0, 0, 0, 0));
  const uint64_t most = map.most();
  for (int row = 0; row < map.rows(); ++row) {
    for (int column = 0; column < map.columns(); ++column) {
      const uint64_t count = map.at(column, row);
      if (count == 0) continue;
      const Rgb c = colours[heat_step(count, most)];
      picture.at<cv::Vec4b>(row, column) = cv::Vec4b(c.b, c.g, c.r, 225);
    }
  }
  return picture;
}

std::string heat_legend(const RunInfo& run, const PositionMap& map, const std::array<Rgb, 256>& colours) {
  std::string bar;
  for (int i = 0; i < kBarSteps; ++i) {
    bar += fmt::format("<rect fill=\"{}\" x=\"{}\" width=\"1.1\" height=\"6\"/>",
                       colour_text(colours[static_cast<size_t>(i * 255 / (kBarSteps - 1))]), i);
  }
  const auto text = [&](double rows) {
    return run.fps > 0 ? short_duration(1e9 * rows / run.fps) : short_number(rows) + " rows";
  };
  const auto most = static_cast<double>(map.most());
  return fmt::format(
      "<p class=\"scale-row\"><span>{}</span><svg viewBox=\"0 0 {} 6\" preserveAspectRatio=\"none\" "
      "role=\"img\">{}</svg>"
      "<span>{}</span><span>in a square of {} px (logarithmic; geometric middle {})</span></p>",
      markup_escape(text(1)), kBarSteps, bar, markup_escape(text(most)), map.side(),
      markup_escape(text(std::sqrt(most))));
}

}  // namespace

std::string trajectories(const RunInfo& run, const ReportData& data) {
  if (data.picture().empty()) return section("Trajectories", "", no_data("The recording held no frame."));
  const PictureSize size(run);
  const std::vector<const TrackStory*> tracks = longest_tracks(data, kMostDrawnPaths);
  const std::string image =
      fmt::format("<image id=\"picture\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" href=\"{}\"/>",
                  size.width, size.height, png_link(data.picture()));
  const uint64_t all = data.all_tracks();
  std::string note = fmt::format("Every track's path over frame {}; the dot is its end.", data.first_frame());
  if (all == 0) note = fmt::format("Frame {}; no object was tracked.", data.first_frame());
  if (all > tracks.size()) {
    note = fmt::format("The {} longest of {} tracks over frame {}.", count_text(tracks.size()), count_text(all),
                       data.first_frame());
  }
  return section("Trajectories", note,
                 svg_picture(size, tracks.size() > kMostDots ? " many" : "",
                             image + drawn_paths(tracks, size) + scale_bar(run, size)),
                 "report_paths.csv");
}

std::string position_map(const RunInfo& run, const ReportData& data) {
  const char* title = "Where objects were";
  const PositionMap& map = data.positions();
  if (map.most() == 0) return section(title, "", no_data("No object was tracked."), "report_map.csv");
  const PictureSize size(run);
  const std::array<Rgb, 256> colours = heat_colours();
  // The picture stands in the page once, with the trajectories.
  const std::string content = fmt::format(
      "<use href=\"#picture\"/><image class=\"heat\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" "
      "href=\"{}\"/>",
      map.columns() * map.side(), map.rows() * map.side(), png_link(heat_picture(map, colours)));
  return section(title, "How long centroids were seen in each part of the picture, all tracks together.",
                 svg_picture(size, "", content + scale_bar(run, size)) + heat_legend(run, map, colours),
                 "report_map.csv");
}

}  // namespace flashcell::host
