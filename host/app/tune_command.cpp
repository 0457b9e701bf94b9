#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/config_options.hpp"
#include "host/app/contact_sheet.hpp"
#include "host/app/messages.hpp"
#include "host/app/picture_file.hpp"
#include "host/app/terminal_observer.hpp"
#include "host/app/tune_page.hpp"
#include "host/run/input_files.hpp"
#include "host/run/recording.hpp"
#include "host/run/segmentation_trial.hpp"
#include "pipeline/run_summary.hpp"

namespace flashcell::app {
namespace {

struct TuningOptions {
  std::string input, output = "tune.png", page;
  int pictures = 12;
  bool propose = false, json = false, no_page = false;
  std::unique_ptr<ConfigOptions> config;
};

/// What segmentation gave over the frames looked at.
struct Findings {
  std::vector<cv::Mat> pictures;
  std::vector<uint32_t> objects;  ///< in each pictured frame
  std::vector<uint32_t> areas;    ///< of every object in them, px
  RunSummary summary;             ///< of these frames
};

/// "frame 12: 4 objects; left out: 3 too small, 120 px outside".
std::string caption(const Frame& frame, const contract::FrameSummary& found) {
  std::string left_out;
  const auto add = [&](uint32_t n, const char* why) {
    if (n > 0) left_out += fmt::format("{} {} {}", left_out.empty() ? "; left out:" : ",", n, why);
  };
  add(found.too_small, "too small");
  add(found.too_large, "too large");
  add(found.lost, "too many");
  add(found.outside, "px outside");
  return fmt::format("frame {}: {} object{}{}", frame.number, found.objects, found.objects == 1 ? "" : "s", left_out);
}

Findings look(FrameSource& source, const host::Config& config, int pictures, host::RunObserver& observer,
              TunePage& page) {
  Findings findings;
  const int bits = source.info().significant_bits;
  host::try_segmentation(source, config, pictures, observer, [&](const host::TrialPicture& trial) {
    const ObjectTable& table = trial.table;
    findings.objects.push_back(table.summary.objects);
    findings.summary.count_objects(table.summary, table.objects);
    page.add(trial.frame, trial.masks, table);
    for (const contract::ObjectRecord& object : table.objects) findings.areas.push_back(object.m00);
    findings.pictures.push_back(
        draw_segmentation(trial, bits, config.label.min_area, caption(trial.frame, table.summary)));
  });
  std::sort(findings.areas.begin(), findings.areas.end());
  return findings;
}

/// What is proposed, ready to be pasted into a file.
std::string proposal_toml(const host::Config& config) {
  return host::print_config(config, false, {"segment", "label"});
}

nlohmann::json describe(const Findings& findings, const std::string& reason, const host::Config& config,
                        const std::string& sheet, const std::string& page) {
  nlohmann::json j;
  j["contact_sheet"] = sheet;
  if (!page.empty()) j["page"] = page;
  j["objects_per_frame"] = findings.objects;
  if (!findings.areas.empty()) {
    j["area_px"] = {{"min", findings.areas.front()},
                    {"median", findings.areas[findings.areas.size() / 2]},
                    {"max", findings.areas.back()}};
  }
  const RunSummary& s = findings.summary;
  j["left_out"] = {{"too_small", s.objects_too_small},
                   {"too_large", s.objects_too_large},
                   {"lost", s.objects_lost},
                   {"pixels_outside", s.pixels_outside}};
  j["warnings"] = nlohmann::json::array();
  for (const RunWarning& warning : s.left_out_warnings()) j["warnings"].push_back(warning.line());
  if (!reason.empty()) j["reason"] = reason;
  j["toml"] = proposal_toml(config);
  return j;
}

/// Where the page goes; empty: nowhere.
std::string page_path(const TuningOptions& options) {
  if (options.no_page) return {};
  if (!options.page.empty()) return options.page;
  return std::filesystem::path(options.output).replace_extension(".html").string();
}

int tune(TuningOptions& options) {
  // Who names a page for the output wants both all the same.
  if (const std::filesystem::path output = options.output; output.extension() == ".html" && options.page.empty()) {
    options.page = options.output;
    options.output = std::filesystem::path(output).replace_extension(".png").string();
  }
  const std::string page_file = page_path(options);
  host::Config config = options.config->load();
  host::check_counts(config);
  std::vector<std::filesystem::path> inputs = host::recording_files(options.input);
  inputs.insert(inputs.end(), options.config->files().begin(), options.config->files().end());
  host::keep_inputs(inputs, {options.output, page_file});
  if (options.propose) config.segment.automatic = true;
  TerminalObserver observer(Told::progress);
  host::Recording recording = host::open_recording(options.input, config);
  host::warn_of_empty_regions(recording, config, observer);
  const std::string reason = host::settle_segmentation(recording, config, observer);
  TunePage page(recording.source->info().significant_bits);
  const Findings findings = look(*recording.source, config, options.pictures, observer, page);
  if (findings.pictures.empty()) {
    throw Error(Fault::input,
                fmt::format("{}: no frame to draw; the recording is shorter than segment.learn_frames", options.input));
  }
  write_picture(options.output, contact_sheet(findings.pictures, 1800));
  if (!page_file.empty()) write_file(page_file, page.html(config, {options.input, recording.fps, reason}));
  if (options.json) {
    fmt::print("{}\n", json_text(describe(findings, reason, config, options.output, page_file)));
    return 0;
  }
  if (!reason.empty()) fmt::print("# {}\n", reason);
  if (options.propose) fmt::print("{}", proposal_toml(config));
  const auto [low, high] = std::minmax_element(findings.objects.begin(), findings.objects.end());
  fmt::print("# {} frames drawn in {}: {} to {} objects a frame", findings.pictures.size(), printable(options.output),
             *low, *high);
  if (!findings.areas.empty()) {
    fmt::print(", areas {} to {} px, median {} px", findings.areas.front(), findings.areas.back(),
               findings.areas[findings.areas.size() / 2]);
  }
  fmt::print("\n");
  if (const std::string left_out = findings.summary.left_out_text(); !left_out.empty()) fmt::print("# {}\n", left_out);
  for (const RunWarning& warning : findings.summary.left_out_warnings()) warn(warning.line());
  if (!page_file.empty()) fmt::print("# draw regions and try parameters in {}\n", printable(page_file));
  return 0;
}

}  // namespace

void add_tune(Command& app, Action& action) {
  Command& command = app.add_subcommand("tune", "Draw the segmentation on frames of a recording, or propose one");
  auto options = std::make_shared<TuningOptions>();
  command.add_option("INPUT", options->input, "Recording, as for track").required();
  command.add_option("-o,--output", options->output, "Picture to write, the page beside it; or the page (.html)");
  command
      .add_option(
          "--page", options->page,
          "Page to write, on which regions are drawn and parameters tried by hand; without it, beside the picture")
      .type_name("FILE");
  command.add_flag("--no-page", options->no_page, "Write no page");
  command.add_option("-n,--pictures", options->pictures, "Number of frames to draw").range(1, 100);
  command.add_flag("--auto", options->propose,
                   "Propose [segment] and [label] for this recording, as TOML for the configuration file");
  command.add_flag("--json", options->json, "Print the findings as JSON");
  options->config = std::make_unique<ConfigOptions>(command);
  command.callback([options, &action] { action = [options] { return tune(*options); }; });
}

}  // namespace flashcell::app
