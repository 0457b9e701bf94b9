#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/picture_file.hpp"
#include "host/inference/detect/frame_detector.hpp"
#include "host/inference/network.hpp"
#include "host/inference/roi/roi_classifier.hpp"
#include "host/run/run_folder.hpp"
#include "host/sink/frame_picture.hpp"
#include "host/sink/palette.hpp"
#include "host/sink/picture_text.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;
constexpr int kSignificantBits = 16;  // of grey16 pictures

struct DetectionOptions {
  std::vector<std::string> images;
  std::string model, output = "out";
  double least_score = 0.2, most_overlap = 0.45;
  bool json = false;
};

/// What one picture gave, in words and as JSON.
struct PictureFindings {
  std::string text;
  nlohmann::ordered_json json;
};

cv::Scalar class_colour(int object_class) {
  const host::Rgb c = host::track_colour(static_cast<uint32_t>(object_class) + 1);
  return {static_cast<double>(c.b), static_cast<double>(c.g), static_cast<double>(c.r)};
}

/// NAME.png for each image, or NAME_2.png, ... where images of several folders have the same name.
std::vector<std::string> picture_names(const std::vector<std::string>& images) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const std::string& image : images) {
    const std::string stem = fs::path(image).stem().string();
    std::string name = stem + ".png";
    for (int copy = 2; !taken.insert(name).second; ++copy) name = fmt::format("{}_{}.png", stem, copy);
    names.push_back(name);
  }
  return names;
}

bool is_picture_name(std::string_view name) {
  return name.ends_with(".png");
}

std::vector<fs::path> inputs_of(const DetectionOptions& options) {
  std::vector<fs::path> files(options.images.begin(), options.images.end());
  files.emplace_back(options.model);
  return files;
}

void draw(cv::Mat& picture, std::span<const quant::Detection> detections, const std::vector<std::string>& classes) {
  // Weakest first, so that the strongest lie on top.
  for (size_t i = detections.size(); i-- > 0;) {
    const quant::Detection& d = detections[i];
    const cv::Point low(static_cast<int>(d.box.left), static_cast<int>(d.box.top));
    const cv::Point high(static_cast<int>(d.box.right), static_cast<int>(d.box.bottom));
    const cv::Scalar colour = class_colour(d.object_class);
    cv::rectangle(picture, low, high, colour, 1, cv::LINE_AA);
    const std::string text = fmt::format("{} {:.2f}", classes[static_cast<size_t>(d.object_class)], d.score);
    host::draw_text(picture, text, host::text_place(picture, text, low, high), colour);
  }
}

PictureFindings find_objects(host::FrameDetector& detector, const std::vector<std::string>& classes,
                             const cv::Mat& picture, const std::string& drawn) {
  const auto detections = detector.detect(view_of(picture));
  PictureFindings findings;
  findings.json["objects"] = nlohmann::ordered_json::array();
  findings.text =
      fmt::format("  {:<16}{:>7}{:>9}{:>9}{:>9}{:>9}\n", "class", "score", "left", "top", "width", "height");
  for (const quant::Detection& d : detections) {
    const std::string& name = classes[static_cast<size_t>(d.object_class)];
    findings.text += fmt::format("  {:<16}{:>7.3f}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.1f}\n", name, d.score, d.box.left,
                                 d.box.top, d.box.width(), d.box.height());
    findings.json["objects"].push_back({{"class", name},
                                        {"score", d.score},
                                        {"left", d.box.left},
                                        {"top", d.box.top},
                                        {"width", d.box.width()},
                                        {"height", d.box.height()}});
  }
  cv::Mat canvas;
  host::to_picture(view_of(picture), kSignificantBits, canvas);
  draw(canvas, detections, classes);
  write_picture(drawn, canvas);
  findings.json["picture"] = drawn;
  findings.text +=
      fmt::format("  {} object{}, drawn in {}\n", detections.size(), detections.size() == 1 ? "" : "s", drawn);
  return findings;
}

PictureFindings name_picture(host::RoiClassifier& classifier, const std::vector<std::string>& classes,
                             const cv::Mat& picture) {
  const tracking::ClassBelief name = classifier.look(view_of(picture), {0, 0, picture.cols, picture.rows});
  std::vector<size_t> order(classes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return name.log_weight[a] > name.log_weight[b]; });
  PictureFindings findings;
  findings.json["classes"] = nlohmann::ordered_json::array();
  const float most = name.log_weight[order.front()];
  for (const size_t c : order) {
    const double probability = name.confidence * std::exp(double{name.log_weight[c]} - most);
    findings.text += fmt::format("  {:<16}{:>7.3f}\n", classes[c], probability);
    findings.json["classes"].push_back({{"class", classes[c]}, {"probability", probability}});
  }
  return findings;
}

int detect(const DetectionOptions& options) {
  const quant::PackedModel model = host::read_network(options.model);
  const std::vector<std::string> classes = host::classes_of(model);
  const bool detects = host::is_detector(host::kind_of(model));
  std::optional<host::FrameDetector> detector;
  std::optional<host::RoiClassifier> classifier;
  if (detects) {
    quant::DecodeOptions decode;
    decode.least_score = static_cast<float>(options.least_score);
    decode.most_overlap = static_cast<float>(options.most_overlap);
    detector.emplace(model, decode, kSignificantBits);
  } else {
    classifier.emplace(model, CropParameters{}, kSignificantBits);
  }
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  const std::vector<std::string> names = picture_names(options.images);
  std::optional<host::RunFolder> folder;
  for (size_t i = 0; i < options.images.size(); ++i) {
    const std::string& image = options.images[i];
    const cv::Mat picture = read_picture(image);
    // Only now: what an earlier run left goes once this one has begun.
    if (detects && !folder)
      folder.emplace(options.output, host::RunFiles{"detect", names, is_picture_name}, inputs_of(options));
    PictureFindings findings = detects ? find_objects(*detector, classes, picture, folder->path(names[i]).string())
                                       : name_picture(*classifier, classes, picture);
    if (!options.json) {
      fmt::print("{}: {}x{} px\n{}", printable(image), picture.cols, picture.rows, printable_lines(findings.text));
      continue;
    }
    nlohmann::ordered_json entry = {{"image", image}, {"width", picture.cols}, {"height", picture.rows}};
    entry.update(findings.json);
    all.push_back(std::move(entry));
  }
  if (options.json) {
    const nlohmann::ordered_json json = {{"model", options.model}, {"images", all}};
    fmt::print("{}\n", json_text(json));
  }
  return 0;
}

}  // namespace

void add_detect(Command& app, Action& action) {
  Command& command = app.add_subcommand("detect", "Find objects in single pictures, or name a picture, with a network");
  command.footer(
      "With a detector: a table of boxes, and each picture with its boxes drawn in the output folder. With a\n"
      "classifier: the probability of every class for the picture as a whole, as `learn --crops` writes them.\n"
      "Pictures of another size than the network's input are stretched to it.");
  auto options = std::make_shared<DetectionOptions>();
  command.add_option("IMAGE", options->images, "Picture files").required();
  command.add_option("-m,--model", options->model, "Packed model (.fcnn)").required().type_name("FILE");
  command.add_option("-o,--output", options->output, "Folder for the drawn pictures");
  command.add_option("--least-score", options->least_score, "Leave out weaker detections").range(0.0, 1.0);
  command.add_option("--most-overlap", options->most_overlap, "Of boxes of a class that overlap more, keep one")
      .range(0.0, 1.0);
  command.add_flag("--json", options->json, "Print the findings as JSON");
  command.callback([options, &action] { action = [options] { return detect(*options); }; });
}

}  // namespace flashcell::app
