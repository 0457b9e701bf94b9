#include "host/xrt/list_boards.hpp"

#include <experimental/xrt_system.h>
#include <xrt/xrt_device.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "host/xrt/software_xrt.hpp"
#include "host/xrt_software/software_options.hpp"

namespace flashcell::host {
namespace {

/// A value of what XRT reports as text or JSON; `otherwise` where it does not.
template <class Ask>
auto ask(Ask question, decltype(question()) otherwise) -> decltype(question()) {
  try {
    return question();
  } catch (const std::exception&) {
    return otherwise;
  }
}

std::string text_of(const nlohmann::json& node, const char* key) {
  const auto it = node.find(key);
  return it != node.end() && it->is_string() ? it->get<std::string>() : "";
}

uint64_t number_of(const nlohmann::json& node, const char* key) {
  const std::string digits = text_of(node, key);
  return digits.empty() ? 0 : std::strtoull(digits.c_str(), nullptr, 0);
}

/// {"board": {"memory": {"memories": [{"tag", "enabled", "base_address", "range_bytes"}]}}}
std::vector<XclbinMemory> memories_of(const std::string& report) {
  std::vector<XclbinMemory> memories;
  const auto json = nlohmann::json::parse(report, nullptr, false);
  const nlohmann::json::json_pointer path("/board/memory/memories");
  if (json.is_discarded() || !json.contains(path) || !json[path].is_array()) return memories;
  for (const auto& node : json[path]) {
    if (text_of(node, "enabled") != "true") continue;
    memories.push_back(
        {text_of(node, "tag"), true, number_of(node, "base_address"), number_of(node, "range_bytes") / 1024});
  }
  return memories;
}

/// {"dynamic_regions": [{"compute_units": [{"name": "kernel:instance", "base_address"}]}]}
std::vector<XclbinKernel> kernels_of(const std::string& report) {
  std::vector<XclbinKernel> kernels;
  const auto json = nlohmann::json::parse(report, nullptr, false);
  if (json.is_discarded() || !json.contains("dynamic_regions") || !json["dynamic_regions"].is_array()) return kernels;
  for (const auto& region : json["dynamic_regions"]) {
    if (!region.contains("compute_units") || !region["compute_units"].is_array()) continue;
    for (const auto& node : region["compute_units"]) {
      const std::string name = text_of(node, "name");
      const std::string kernel = name.substr(0, name.find(':'));
      if (kernels.empty() || kernels.back().name != kernel) kernels.emplace_back().name = kernel;
      const size_t colon = name.find(':');
      kernels.back().units.push_back(
          {colon == std::string::npos ? name : name.substr(colon + 1), number_of(node, "base_address"), {}});
    }
  }
  return kernels;
}

BoardInfo ask_board(int index) {
  using Query = xrt::info::device;
  BoardInfo board;
  board.index = index;
  try {
    const xrt::device device(static_cast<unsigned>(index));
    board.platform = ask([&] { return device.get_info<Query::name>(); }, "");
    board.address = ask([&] { return device.get_info<Query::bdf>(); }, "");
    board.max_clock_mhz = ask([&] { return device.get_info<Query::max_clock_frequency_mhz>(); }, 0);
    board.memories = memories_of(ask([&] { return device.get_info<Query::memory>(); }, ""));
    board.kernels = kernels_of(ask([&] { return device.get_info<Query::dynamic_regions>(); }, ""));
  } catch (const std::exception& e) {
    board.problem = e.what();
  }
  return board;
}

std::vector<BoardInfo> emulated_boards() {
  const char* text = std::getenv("FLASHCELL_SOFTWARE_DEVICE");
  SoftwareOptions options;
  try {
    options = parse_software_options(text != nullptr ? text : "");
  } catch (const std::exception& e) {
    throw Error(Fault::usage, std::string("FLASHCELL_SOFTWARE_DEVICE: ") + e.what());
  }
  const Xclbin xclbin = read_xclbin_file(software_xclbin_file().string());
  std::vector<BoardInfo> boards;
  for (int i = 0; i < options.boards; ++i) {
    BoardInfo& board = boards.emplace_back();
    board.index = i;
    board.emulated = true;
    board.platform = options.platform.empty() ? xclbin.platform : options.platform;
    board.max_clock_mhz = xclbin.clocks.empty() ? 0 : xclbin.clocks[0].mhz;
    board.memories = xclbin.memories;
    board.kernels = xclbin.kernels;
  }
  return boards;
}

}  // namespace

std::vector<BoardInfo> list_boards(bool emulated) {
  if (emulated) return emulated_boards();
  if (std::getenv("XILINX_XRT") == nullptr) {
    throw Error(Fault::device,
                "XRT is not set up in this shell (XILINX_XRT is not set); source setup.sh of the XRT installation");
  }
  std::vector<BoardInfo> boards;
  try {
    const int count = static_cast<int>(xrt::system::enumerate_devices());
    for (int i = 0; i < count; ++i) boards.push_back(ask_board(i));
  } catch (const std::exception& e) {
    throw Error(Fault::device, std::string("XRT cannot be used: ") + e.what());
  }
  return boards;
}

bool built_with_xrt() {
  return true;
}

}  // namespace flashcell::host
