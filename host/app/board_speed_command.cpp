#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "host/app/command.hpp"
#include "host/board_speed/kernel_cycles.hpp"
#include "host/board_speed/speed_model.hpp"
#include "kernels_hls/contract/features.hpp"

namespace flashcell::app {
namespace {

using contract::Connectivity;
using contract::PixelLayout;

struct BoardSpeedOptions {
  std::string board = "u50", size = "512x512", format = "grey8", mode = "cell", features = "hlac";
  double rate = 2000, clock_mhz = 0;
  int objects = 100, compute_units = 1, frames_per_launch = 1, launches_in_flight = 4;
  bool json = false;
};

const contract::Board& board_called(const std::string& name) {
  if (const contract::Board* board = contract::find_board(name.c_str())) return *board;
  std::string known;
  for (const contract::Board& board : contract::kBoards) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", board.name);
  }
  throw Error(Fault::usage, fmt::format("model: there is no board {}; there are {}", name, known));
}

template <class T>
T choice(const char* option, const std::string& typed, const std::vector<std::pair<std::string, T>>& choices) {
  std::string known;
  for (const auto& [name, value] : choices) {
    if (typed == name) return value;
    known += (known.empty() ? "" : ", ") + name;
  }
  throw Error(Fault::usage, fmt::format("model: {} {} is not known; there are {}", option, typed, known));
}

host::ModelFrame frame_of(const BoardSpeedOptions& options) {
  host::ModelFrame frame;
  char end = 0;
  if (std::sscanf(options.size.c_str(), "%dx%d%c", &frame.width, &frame.height, &end) != 2 || frame.width < 1 ||
      frame.height < 1)
    throw Error(Fault::usage, fmt::format("model: --size {} is not WIDTHxHEIGHT in px, as in 512x512", options.size));
  frame.layout = choice<PixelLayout>("--format", options.format,
                                     {{"grey8", PixelLayout::grey8},
                                      {"grey16", PixelLayout::grey16},
                                      {"rgb8", PixelLayout::rgb8},
                                      {"bayer8", PixelLayout::bayer_rggb}});
  std::vector<std::pair<std::string, Connectivity>> modes;
  for (const auto& [value, name] : contract::kConnectivities) modes.emplace_back(name, value);
  frame.connectivity = choice("--mode", options.mode, modes);
  frame.features =
      choice<uint8_t>("--features", options.features,
                      {{"moments", uint8_t{0}}, {"hlac", contract::kFeatureHlac}, {"all", contract::kAllFeatures}});
  if (frame.layout == PixelLayout::grey8 || frame.layout == PixelLayout::grey16)
    frame.features = contract::without_colour(frame.features);
  frame.objects = options.objects;
  return frame;
}

const contract::KernelBuild& build_of(const host::ModelFrame& frame) {
  const contract::KernelBuild* build = host::build_for(frame);
  if (build != nullptr) return *build;
  int largest = 0;
  for (const contract::KernelBuild& b : contract::kCellLabelBuilds) largest = std::max(largest, b.max_side);
  throw Error(Fault::usage, fmt::format("model: no kernel takes {}x{} px; the largest side is {} px", frame.width,
                                        frame.height, largest));
}

/// Everything that the command says.
struct Answer {
  const contract::Board* board;
  const contract::KernelBuild* build;
  host::KernelCycles cycles;
  double clock_mhz;
  host::MemoryCost memory;
  host::SpeedCase input;
  host::SpeedEstimate speed;
};

Answer answer_for(const BoardSpeedOptions& options) {
  const host::ModelFrame frame = frame_of(options);
  Answer a;
  a.board = &board_called(options.board);
  a.build = &build_of(frame);
  a.cycles = host::kernel_cycles(*a.build, frame);
  a.clock_mhz = options.clock_mhz > 0 ? options.clock_mhz : a.board->clock_mhz;
  a.input.cost = host::transfer_cost(a.board->family);
  a.input.frame_bytes =
      static_cast<double>(frame.height) * contract::kWordBytes *
      contract::words_for(uint64_t{contract::bytes_of(frame.layout)} * static_cast<uint64_t>(frame.width));
  a.input.result_bytes = contract::kWordBytes * (1.0 + a.cycles.objects * contract::words_per_object(frame.features));
  a.input.kernel_us = a.cycles.per_frame / a.clock_mhz;
  a.memory = host::memory_cost(*a.board, a.input.frame_bytes, a.input.result_bytes, options.compute_units, a.clock_mhz);
  a.input.memory_us = a.memory.frame_us;
  a.input.memory_ways = a.memory.ways;
  a.input.compute_units = options.compute_units;
  a.input.frames_per_launch = options.frames_per_launch;
  a.input.launches_in_flight = options.launches_in_flight;
  a.input.camera_fps = options.rate;
  a.speed = host::estimate_speed(a.input);
  return a;
}

/// Of the kernel's clock, as the memory brings them and takes the results.
double pixels_per_clock(const Answer& a) {
  return a.cycles.pixels_per_clock * a.input.kernel_us / a.input.memory_us;
}

const char* name_of(host::SpeedBound bound) {
  return bound == host::SpeedBound::kernel      ? "the kernel"
         : bound == host::SpeedBound::memory    ? "the board's memory"
         : bound == host::SpeedBound::transfers ? "copies between host and board"
                                                : "the launches in flight";
}

void print(const BoardSpeedOptions& options, const Answer& a) {
  const host::SpeedEstimate& s = a.speed;
  fmt::print("{}, {} px {}, {}: computed, not measured\n\n", a.board->title, options.size, options.format,
             a.build->name);
  fmt::print("  kernel's clocks {:9.1f} us   {:.0f} a frame at {:g} MHz: {:.1f} pixels a clock; {} objects\n",
             a.input.kernel_us, a.cycles.per_frame, a.clock_mhz, a.cycles.pixels_per_clock, a.cycles.objects);
  fmt::print("  its memory      {:9.1f} us   {:.1f} GB/s a port: {:.1f} pixels a clock; the slower of both counts\n",
             a.input.memory_us, a.memory.port_gb_per_s, pixels_per_clock(a));
  fmt::print("  frame to board  {:9.1f} us   {:.0f} bytes\n", s.to_board_us / options.frames_per_launch,
             a.input.frame_bytes);
  fmt::print("  objects back    {:9.1f} us   {:.0f} bytes\n", s.from_board_us / options.frames_per_launch,
             a.input.result_bytes);
  fmt::print("  launch    {:6.0f} .. {:3.0f} us\n\n", a.input.cost.launch_us_low, a.input.cost.launch_us_high);
  fmt::print("  latency   {:6.0f} .. {:.0f} us from frame to objects", s.latency_us_low, s.latency_us_high);
  if (s.wait_us > 0) fmt::print(", of which {:.0f} us wait for the launch's other frames", s.wait_us);
  fmt::print(
      "\n  rate      {:6.0f} frames/s (copies alone {:.0f}, kernel alone {:.0f}, its memory {:.0f}, in flight "
      "{:.0f})\n",
      s.fps, s.transfer_fps, s.kernel_fps, s.memory_fps, s.flight_fps);
  fmt::print("  {:g} frames/s: {}, {:.1f} times as fast\n", options.rate, s.fps >= options.rate ? "yes" : "NO",
             s.fps / options.rate);
  fmt::print("  bound by {}; to change it: {}\n\n", name_of(s.bound), host::advice_for(s, a.input));
  fmt::print(
      "Sources: clocks: the cycle model of the kernel's own sources on a generated frame, intervals and clock rate as "
      "its\nauthors believe them; memory: {}; copies and launches: {}.\n",
      a.memory.source, a.input.cost.source);
}

void print_json(const BoardSpeedOptions& options, const Answer& a) {
  const host::SpeedEstimate& s = a.speed;
  const nlohmann::ordered_json json = {{"computed", true},
                                       {"board", a.board->name},
                                       {"kernel", a.build->name},
                                       {"clock_mhz", a.clock_mhz},
                                       {"kernel_clocks_per_frame", a.cycles.per_frame},
                                       {"pixels_per_clock", a.cycles.pixels_per_clock},
                                       {"objects", a.cycles.objects},
                                       {"kernel_us", a.input.kernel_us},
                                       {"memory_us", a.input.memory_us},
                                       {"memory_port_gb_per_s", a.memory.port_gb_per_s},
                                       {"memory_pixels_per_clock", pixels_per_clock(a)},
                                       {"to_board_us", s.to_board_us},
                                       {"from_board_us", s.from_board_us},
                                       {"wait_us", s.wait_us},
                                       {"latency_us_low", s.latency_us_low},
                                       {"latency_us_high", s.latency_us_high},
                                       {"frames_per_s", s.fps},
                                       {"bound", name_of(s.bound)},
                                       {"rate_asked", options.rate},
                                       {"reached", s.fps >= options.rate},
                                       {"memory_source", a.memory.source},
                                       {"transfer_source", a.input.cost.source}};
  fmt::print("{}\n", json_text(json));
}

}  // namespace

void add_board_speed(Command& model, Action& action) {
  auto options = std::make_shared<BoardSpeedOptions>();
  model.add_option("--board", options->board, "u50, u55c, u200, u250, u280, zcu104 or kv260");
  model.add_option("--size", options->size, "Frame, WIDTHxHEIGHT px");
  model.add_option("--rate", options->rate, "The camera's frames/s").positive();
  model.add_option("--format", options->format, "grey8, grey16, rgb8 or bayer8");
  model.add_option("--mode", options->mode, "cell, exact8 or exact4");
  model.add_option("--features", options->features, "moments, hlac or all");
  model.add_option("--objects", options->objects, "Objects in a frame").range(0, 100000);
  model.add_option("--clock", options->clock_mhz, "Kernel clock, MHz; 0: the board's usual one");
  model.add_option("--compute-units", options->compute_units, "Copies of the kernel").range(1, 15);
  model.add_option("--frames-per-launch", options->frames_per_launch, "As [xrt] frames_per_launch").range(1, 256);
  model.add_option("--launches-in-flight", options->launches_in_flight, "As [xrt] launches_in_flight").range(1, 64);
  model.add_flag("--json", options->json, "Print the figures as JSON");
  model.callback([=, &model, &action] {
    if (model.subcommand_given()) return;
    action = [options] {
      const Answer answer = answer_for(*options);
      options->json ? print_json(*options, answer) : print(*options, answer);
      return 0;
    };
  });
}

}  // namespace flashcell::app
