#include "host/app/tune_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <utility>

#include "base/base64.hpp"
#include "base/json_text.hpp"
#include "base/page/parts.hpp"
#include "base/text.hpp"
#include "host/segment/grey_plane.hpp"
#include "tune_page_text.hpp"

namespace flashcell::app {
namespace {

using Json = nlohmann::ordered_json;

/// 8-bit grey as the segmentation sees it; of deeper frames the upper 8 bits.
cv::Mat grey_of(const FrameView& view, int bits) {
  host::GreyPlane plane;
  const FrameView grey = plane.of(view);
  cv::Mat picture(grey.height, grey.width, CV_8UC1);
  for (int y = 0; y < grey.height; ++y) {
    uint8_t* to = picture.ptr(y);
    if (grey.format == PixelFormat::grey16) {
      const auto* from = reinterpret_cast<const uint16_t*>(grey.row(y));
      for (int x = 0; x < grey.width; ++x) to[x] = static_cast<uint8_t>(std::min(255, from[x] >> (bits - 8)));
    } else {
      std::copy_n(grey.row(y), grey.width, to);
    }
  }
  return picture;
}

cv::Mat picture_of(const std::vector<host::BitImage>& masks, int width, int height) {
  cv::Mat picture = cv::Mat::zeros(height, width, CV_8UC1);
  for (const host::BitImage& mask : masks) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        if (mask.row(y)[x >> 6] >> (x & 63) & 1) picture.at<uint8_t>(y, x) = 255;
  }
  return picture;
}

std::string png(const cv::Mat& picture) {
  std::vector<uint8_t> bytes;
  cv::imencode(".png", picture, bytes);
  return "data:image/png;base64," + base64(bytes.data(), bytes.size());
}

/// The keys of [segment] as the configuration file has them.
Json segment_keys(const host::Config& config) {
  Json keys = Json::object();
  std::istringstream text(host::print_config(config, false, {"segment"}));
  for (std::string line; std::getline(text, line) && (line.empty() || line.rfind("[[", 0) != 0);) {
    const size_t equals = line.find(" = ");
    if (equals != std::string::npos) keys[line.substr(0, equals)] = line.substr(equals + 3);
  }
  return keys;
}

std::string unquoted(const Json& keys, const char* key) {
  const std::string value = keys.value(key, std::string());
  return value.size() >= 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value;
}

/// A [[segment.region]] as the configuration file has it: of the shapes only the one that it has.
Json region_keys(const host::SegmentRegion& region) {
  Json keys = {{"name", region.name}, {"include", region.include}, {"count", tracking::to_text(region.count)}};
  if (!region.points.empty()) keys["points"] = region.points;
  if (!region.circle.empty()) keys["circle"] = region.circle;
  if (!region.rectangle.empty()) keys["rectangle"] = region.rectangle;
  if (region.grid.empty()) return keys;
  keys["grid"] = region.grid;
  keys["well"] = name_in(host::kWellShapes, region.well);
  keys["gap"] = region.gap;
  return keys;
}

Json settings(const host::Config& config) {
  const host::SegmentParameters& segment = config.segment.parameters;
  const Json keys = segment_keys(config);
  Json regions = Json::array();
  for (const host::SegmentRegion& region : segment.regions) regions.push_back(region_keys(region));
  return {{"fps", config.input.fps},
          {"count", tracking::to_text(config.track.parameters.count)},
          {"method", unquoted(keys, "method")},
          {"polarity", unquoted(keys, "polarity")},
          {"threshold", segment.threshold},
          {"window", segment.window},
          {"offset", segment.offset},
          {"connectivity", name_in(contract::kConnectivities, config.label.connectivity_for(false))},
          {"min_area", config.label.min_area},
          {"max_area", std::max<int64_t>(0, config.label.max_area)},
          {"unit", config.input.unit},
          {"units_per_pixel", config.input.units_per_pixel},
          {"scale_points", config.input.scale_points},
          {"scale_length", config.input.scale_length},
          {"regions", regions},
          {"segment_toml", keys}};
}

}  // namespace

void TunePage::add(const Frame& frame, const std::vector<host::BitImage>& masks, const ObjectTable& table) {
  width_ = frame.view.width;
  height_ = frame.view.height;
  pictures_.push_back(
      {frame.number, png(grey_of(frame.view, bits_)), png(picture_of(masks, width_, height_)), table.summary.objects});
}

std::string TunePage::html(const host::Config& config, const Facts& facts) const {
  Json frames = Json::array();
  for (const Picture& p : pictures_)
    frames.push_back({{"number", p.number}, {"grey", p.grey}, {"mask", p.mask}, {"objects", p.objects}});
  const Json data = {{"name", std::filesystem::path(facts.recording).filename().string()},
                     {"command", "flashcell track " + facts.recording + " -c rig.toml"},
                     {"width", width_},
                     {"height", height_},
                     {"bits", std::max(8, bits_)},
                     {"fps", facts.fps},
                     {"reason", facts.reason},
                     {"config", settings(config)},
                     {"frames", frames}};
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>tune</title><style>";
  page += kTunePageStyle;
  page += "</style></head><body>";
  page += kTunePageBody;
  page += "<script>const D = " + script_json(json_text(data, -1)) + ";</script>\n<script>";
  page += kTunePageRegions;
  page += "</script>\n<script>";
  page += kTunePageScript;
  return page + "</script></body></html>\n";
}

}  // namespace flashcell::app
