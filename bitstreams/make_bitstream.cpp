// Builds a board's bitstream with AMD's v++:  make_bitstream --board u50 --source . --output build/bitstreams
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "base/command_line.hpp"
#include "base/output_file.hpp"
#include "bitstreams/build_plan.hpp"
#include "bitstreams/manifest.hpp"
#include "bitstreams/tools.hpp"

namespace flashcell::bitstreams {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string board, source = ".", output = "bitstreams";
  std::vector<std::string> kernels;
  double clock_mhz = 0;
  Target target = Target::hw;
  bool dry_run = false;
};

std::string source_revision(const fs::path& source) {
  std::string revision = output_of({"git", "-C", source.string(), "describe", "--always", "--dirty", "--abbrev=40"});
  while (!revision.empty() && revision.back() == '\n') revision.pop_back();
  return revision.empty() ? "unknown" : revision;
}

void print_plan(const BuildPlan& plan) {
  fmt::print("# {}\n{}\n", plan.configuration.string(), plan.connectivity);
  for (const Step& step : plan.steps) fmt::print("{}\n", command_line(step));
}

/// What a step's output depends on beside the sources.
std::string recipe_of(const Step& step, const BuildPlan& plan) {
  return command_line(step) + "\n" + (step.output == plan.bitstream ? plan.connectivity : "");
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// A step whose output is there, newer than the sources and made the same way, is not repeated: a kernel takes half an
/// hour, a link several.
void run_step(const Step& step, const BuildPlan& plan, fs::file_time_type sources_changed) {
  const fs::path recipe = step.output.string() + ".recipe", log = step.output.string() + ".log";
  std::error_code ignored;
  if (fs::exists(step.output, ignored) && fs::last_write_time(step.output) > sources_changed &&
      text_of(recipe) == recipe_of(step, plan)) {
    fmt::print("{}: up to date\n", step.name);
    return;
  }
  fs::remove(recipe, ignored);
  fmt::print("{} (log: {})\n", step.name, log.string());
  std::fflush(stdout);
  const int code = run_logged(step.arguments, log);
  if (code != 0 || !fs::exists(step.output))
    throw BuildError(fmt::format("{} failed with exit code {}; {} says why", step.name, code, log.string()));
  write_file(recipe, recipe_of(step, plan));
}

/// When a kernel source changed last.
fs::file_time_type sources_changed(const fs::path& source) {
  fs::file_time_type newest = fs::file_time_type::min();
  for (const auto& entry : fs::recursive_directory_iterator(source / "kernels_hls")) {
    if (entry.is_regular_file()) newest = std::max(newest, entry.last_write_time());
  }
  return newest;
}

int run(const Options& options) {
  const contract::Board& board = find_board(options.board);
  std::vector<KernelCount> kernels;
  for (const std::string& text : options.kernels) kernels.push_back(parse_kernel_count(text));
  if (kernels.empty()) kernels = default_kernels(board);
  const fs::path source = fs::absolute(options.source).lexically_normal();
  BuildRequest request;
  request.board = &board;
  request.kernels = kernels;
  request.target = options.target;
  request.clock_mhz = options.clock_mhz;
  request.source = source;
  request.output = options.output;
  if (options.dry_run) {
    print_plan(plan_build(request));
    return 0;
  }
  const fs::path compiler = find_compiler();
  request.tool = compiler.string();
  request.platform = find_platform(board).string();
  const BuildPlan plan = plan_build(request);
  fs::create_directories(plan.folder);
  write_file(plan.configuration, plan.connectivity);
  const fs::file_time_type changed = sources_changed(source);
  for (const Step& step : plan.steps) run_step(step, plan, changed);
  const fs::path manifest = plan.bitstream.string() + ".json";
  const BuildFigures figures = read_reports(plan.folder);
  write_file(manifest, manifest_text(plan, source_revision(source), compiler_version(compiler), figures));
  fmt::print("{}\n{}\n", plan.bitstream.string(), manifest.string());
  if (figures.worst_slack_ns && *figures.worst_slack_ns < 0)
    fmt::print(stderr, "make_bitstream: timing is not met (slack {} ns): ask for a lower clock with --clock\n",
               *figures.worst_slack_ns);
  return 0;
}

}  // namespace
}  // namespace flashcell::bitstreams

int main(int argc, char** argv) {
  using namespace flashcell::bitstreams;
  flashcell::Command app("Builds flashcell's bitstream for a board with AMD's v++.", "make_bitstream");
  Options options;
  app.add_option("--board", options.board, "u50, u55c, u200, u250, u280, zcu104 or kv260").required();
  app.add_option("--kernel", options.kernels, "NAME or NAME:COMPUTE_UNITS; may be given several times")
      .one_value_each();
  app.add_choice<Target>("--target", options.target, {{"hw", Target::hw}, {"hw_emu", Target::hw_emu}},
                         "hw, or hw_emu: for the vendor's simulation");
  app.add_option("--clock", options.clock_mhz, "MHz; the board's own where not given");
  app.add_option("--source", options.source, "The project's folder");
  app.add_option("--output", options.output, "A folder for the board is made in this one");
  app.add_flag("--dry-run", options.dry_run, "Print the configuration and the commands; run nothing");
  try {
    if (const auto answer = app.parse(argc, argv)) return flashcell::print(*answer) ? 0 : 2;
    return run(options);
  } catch (const std::invalid_argument& e) {
    fmt::print(stderr, "make_bitstream: {}\n", e.what());
    return 2;
  } catch (const std::exception& e) {
    fmt::print(stderr, "make_bitstream: {}\n", e.what());
    return 4;
  }
}
