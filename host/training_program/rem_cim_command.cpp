#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <thread>

#include "base/command_line.hpp"
#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "host/fusion_examples/drive_folder.hpp"
#include "host/training_program/commands.hpp"
#include "host/training_program/status_line.hpp"
#include "quant_models/data/numpy_output.hpp"
#include "quant_models/fusion/rem_cim_experiment.hpp"

namespace flashcell::quant {
namespace {

void show(const RemCimProgress& p, StatusLine& line) {
  const std::string loss = p.loss >= 0 ? fmt::format(", loss {:.4f}", p.loss) : "";
  line.show("", p.done, fmt::format("{}: {:.1f} % of all{}", p.what, 100 * p.done, loss));
}

struct Words {
  std::string size = "128x96", drives, preset = "reram_wan_2022", times = "1s,1d";
  bool quiet = false, json = false, restart = false;
};

void read_size(const std::string& text, FusionDetectorOptions& size) {
  int end = 0;
  if (std::sscanf(text.c_str(), "%dx%d%n", &size.columns, &size.rows, &end) != 2 ||
      end != static_cast<int>(text.size()) || size.columns % 32 != 0 || size.rows % 32 != 0 || size.columns < 32 ||
      size.rows < 32 || size.columns > 1024 || size.rows > 1024)
    throw Error(Fault::usage, "--size " + text + ": must be WIDTHxHEIGHT, multiples of 32 up to 1024, such as 128x96");
}

std::vector<double> read_times(const std::string& text) {
  std::vector<double> times;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    times.push_back(cim::seconds_of(text.substr(at, end - at)));
    at = end + 1;
  }
  return times;
}

/// Frames and events of the test scenes as `flashcell model run` takes them.
std::string arrays_of(const FusionSet& set) {
  const auto count = static_cast<int64_t>(set.test.size());
  NumpyArray rgb{"f4", {count, 3, set.rows, set.columns}, {}},
      events{"f4", {count, set.event_bins, set.rows, set.columns}, {}};
  std::vector<float> numbers(set.rgb_size() + set.events_size());
  const auto append = [](NumpyArray& array, std::span<const float> values) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    array.bytes.insert(array.bytes.end(), bytes, bytes + values.size_bytes());
  };
  for (const FusionExample& example : set.test) {
    write_view(set, example, {}, false, false, numbers);
    append(rgb, std::span(numbers).first(set.rgb_size()));
    append(events, std::span(numbers).subspan(set.rgb_size()));
  }
  return npz_bytes({{"rgb", std::move(rgb)}, {"events", std::move(events)}});
}

double processor_minutes() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC / 60;
}

}  // namespace

int rem_cim_command(int argc, const char* const* argv) {
  Command app("The systems of REM-CiM, trained at a small size and judged on emulated arrays.",
              "flashcell experiment rem-cim");
  RemCimOptions o;
  Words words;
  double budget = 60;
  o.size.width = 8;
  o.size.head_depth = 2;
  o.size.reduction = 4;
  o.anchors = {2, {0.7F, 1.4F, 2.8F}};
  o.output = "rem-cim";
  o.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  app.add_option("--minutes", budget, "About so many minutes of one processor core").positive();
  app.add_option("--size", words.size, "Width and height of frames, px");
  app.add_option("--drives", words.drives, "Folder of drives to learn by and to test with, in the place of drawn ones");
  app.add_option("--width", o.size.width, "Channels of the first layer").range(1, 64);
  app.add_option("--preset", words.preset, "Preset or .toml file of the arrays, keys to change behind it");
  app.add_option("--times", words.times, "From programming to reading");
  app.add_option("--chips", o.chips, "Of each network").range(1, 1000);
  app.add_option("--bits-budget", o.bits_budget, "mAP that few bits of weights may cost").range(0.0, 1.0);
  app.add_option("--seed", o.seed, "The same seed gives the same result");
  app.add_option("--threads", o.threads, "At most 4 are of use; the result does not depend on it").range(1, 1024);
  app.add_option("-o,--output", o.output, "Folder");
  app.add_option("--checkpoint-seconds", o.checkpoint_seconds, "From one checkpoint to the next").at_least_zero();
  app.add_flag("--restart", words.restart, "Begin anew where an unfinished run lies in the output folder");
  app.add_flag("--json", words.json, "Print report.json");
  app.add_flag("-q,--quiet", words.quiet, "No progress line");
  if (const auto answer = app.parse(argc, argv)) return print(*answer) ? 0 : static_cast<int>(Fault::usage);
  read_size(words.size, o.size);
  o.threads = std::min(o.threads, 4);
  o.device = cim::device_of(words.preset);
  o.times = read_times(words.times);
  o.size.blocks = {1, 1, 1, 1};
  o.size.pyramid_channels = 4 * o.size.width;
  const int evaluations = 2 + static_cast<int>(o.times.size()) * o.chips;
  o.plan = plan_rem_cim(budget, o.size, evaluations);
  if (words.restart) forget_rem_cim(o.output);

  RemCimResult result;
  {
    StatusLine line(words.quiet);
    const double scenes = o.plan.train + o.plan.test;
    const auto listener = [&](int64_t drawn) {
      show({"scenes", o.plan.drawing * std::min(1.0, static_cast<double>(drawn) / scenes), -1}, line);
    };
    const host::DrivingExampleOptions examples{
        .rows = o.size.rows, .columns = o.size.columns, .train = o.plan.train, .test = o.plan.test, .seed = o.seed};
    const FusionSet set = words.drives.empty() ? host::draw_driving_examples(examples, o.threads, listener)
                                               : host::read_drives(words.drives, examples, 5, listener);
    if (!words.drives.empty())
      o.plan = plan_rem_cim(budget, o.size, evaluations, static_cast<int>(set.train.size()),
                            static_cast<int>(set.test.size()));
    FileGroup scenes_file(o.output);
    scenes_file.add("test.npz", arrays_of(set));
    scenes_file.write();
    result = run_rem_cim(o, set, [&](RemCimProgress p) {
      p.done = o.plan.drawing + (1 - o.plan.drawing) * p.done;
      show(p, line);
    });
  }
  result.papers_size = count_systems({});
  result.minutes = budget;
  result.cpu_minutes = processor_minutes();
  result.command = "flashcell experiment rem-cim";
  for (int i = 1; i < argc; ++i) result.command.append(" ").append(shell_word(argv[i]));
  FileGroup files(o.output);
  const std::string text = to_text(result), json = to_json(result);
  files.add("report.txt", text);
  files.add("report.json", json);
  files.add("report.html", to_page(result));
  files.write();
  std::fputs(words.json ? json.c_str() : text.c_str(), stdout);
  if (!words.json) std::printf("networks, test.npz, report.html and report.json are in %s\n", o.output.c_str());
  return 0;
}

}  // namespace flashcell::quant
