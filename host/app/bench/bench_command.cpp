#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "base/json_text.hpp"
#include "base/version.hpp"
#include "host/app/bench/model.hpp"
#include "host/app/bench/timing.hpp"
#include "host/app/command.hpp"
#include "host/segment/simd_target.hpp"

namespace flashcell::app {
namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

double us(int64_t ns) {
  return 1e-3 * static_cast<double>(ns);
}

/// The fastest of somebody's functions, and how many times ours is faster, by medians.
std::string against(const BenchCase& c) {
  std::string text;
  const Peer* best = nullptr;
  for (const Peer& peer : c.peers) {
    if (best == nullptr || peer.time.percentile(50) < best->time.percentile(50)) best = &peer;
  }
  const auto ratio = [&](const Peer& p) {
    return static_cast<double>(p.time.percentile(50)) /
           static_cast<double>(std::max<int64_t>(1, c.time.percentile(50)));
  };
  if (!c.peers.empty()) text = fmt::format("{:.1f}x {}", ratio(c.peers.front()), c.peers.front().name);
  if (best != nullptr && best != &c.peers.front()) text += fmt::format(", {:.1f}x {}", ratio(*best), best->name);
  return text;
}

void print_table(const std::vector<BenchCase>& cases) {
  std::string group;
  for (const BenchCase& c : cases) {
    if (c.group != group) {
      group = c.group;
      fmt::print("\n{}\n{:<56}{:>10}{:>9}{:>9}{:>9}{:>9}  {}\n", group, "", "frames/s", "P50 us", "P99 us", "P99.9",
                 "max", "faster than");
    }
    fmt::print("  {:<54}{:>10.0f}{:>9.1f}{:>9.1f}{:>9.1f}{:>9.1f}  {}{}{}\n", c.name, c.frames_per_s,
               us(c.time.percentile(50)), us(c.time.percentile(99)), us(c.time.percentile(99.9)), us(c.time.max()),
               against(c), c.peers.empty() ? "" : "; ", c.note);
  }
}

nlohmann::json describe(const LatencyHistogram& time) {
  return {{"p50_us", us(time.percentile(50))},    {"p99_us", us(time.percentile(99))},
          {"p999_us", us(time.percentile(99.9))}, {"max_us", us(time.max())},
          {"mean_us", time.mean() * 1e-3},        {"frames", time.count()}};
}

nlohmann::json describe(const std::vector<BenchCase>& cases) {
  nlohmann::json list = nlohmann::json::array();
  for (const BenchCase& c : cases) {
    nlohmann::json j = describe(c.time);
    j["group"] = c.group;
    j["name"] = c.name;
    j["frames_per_s"] = c.frames_per_s;
    j["note"] = c.note;
    for (const Peer& peer : c.peers) j["peers"][peer.name] = describe(peer.time);
    list.push_back(std::move(j));
  }
  return list;
}

int bench(const BenchOptions& options, bool json) {
  cv::setNumThreads(1);
  std::vector<BenchCase> cases;
  for (auto* group : {bench_labelling, bench_segmentation, bench_tracking, bench_networks, bench_pipeline}) {
    for (BenchCase& c : group(options)) cases.push_back(std::move(c));
  }
  if (json) {
    fmt::print("{}\n", json_text(nlohmann::json({{"version", version()},
                                                 {"processor", processor()},
                                                 {"simd", host::simd_target_name()},
                                                 {"cases", describe(cases)}})));
    return 0;
  }
  fmt::print(
      "flashcell {} on {} ({}), generated scenes of 512x512 px unless stated, OpenCV {} on one thread, {} frames a "
      "case\n",
      version(), processor(), host::simd_target_name(), CV_VERSION, options.frames);
  print_table(cases);
  fmt::print(
      "\nRatios are of medians in this run, in turns of 250 frames. OpenCV's functions give area, box and centroid; "
      "ours second moments as well.\n");
  return 0;
}

/// The networks that come with the sources, as seen from the program in its build folder; of an installed one those
/// beside it.
std::string shipped_networks() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path above = self.parent_path().parent_path(), built = above / "quant_models/recipes/trained";
  return (std::filesystem::exists(built, error) ? built : above.parent_path() / "share/flashcell/networks").string();
}

int bench_kernel(bool json) {
  (json ? print_model_json : print_model)(bench_model());
  return 0;
}

}  // namespace

void add_bench(Command& app, Action& action) {
  Command& command = app.add_subcommand("bench", "Measure the speed of every stage and of the whole, next to OpenCV");
  auto options = std::make_shared<BenchOptions>();
  auto json = std::make_shared<bool>(false);
  auto device = std::make_shared<std::string>("cpu");
  command
      .add_option("--device", *device,
                  "cpu: time on this machine; hls: clocks of the FPGA kernel by a cycle model (no other option but "
                  "--json applies)")
      .one_of({"cpu", "hls"});
  command.add_option("-n,--frames", options->frames, "Timed frames a case").range(10, 1000000);
  command.add_option("-t,--threads", options->threads, "Try the pipeline on 1 to so many threads; 0: all cores")
      .range(0, 256);
  options->networks = shipped_networks();
  command.add_option("--networks", options->networks, "Folder of trained networks (roi_mnist, cell_digits)")
      .type_name("DIR");
  command.add_option("--onnx", options->onnx_files, "Networks to run beside OpenCV, in floating point and in 8 bits")
      .type_name("FILE");
  command.add_flag("--json", *json, "Print the figures as JSON");
  command.callback([options, json, device, &action] {
    action = [options, json, device] { return *device == "hls" ? bench_kernel(*json) : bench(*options, *json); };
  });
}

}  // namespace flashcell::app
