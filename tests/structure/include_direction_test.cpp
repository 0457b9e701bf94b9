// The house as it is meant to be: which room may include which. A new arrow is a decision, made here.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/folders.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;

using Arrows = std::map<std::string, std::set<std::string>>;

// Rooms with subrooms; everything else is one room.
const std::set<std::string> kDivided{"kernels_hls", "quant_models", "host", "bitstreams"};

// Every subroom and what it may include, beside itself. A name without a subroom ("tracking", "quant_models") stands
// for the files that lie directly in that folder. Kept in the order of the building, lowest first.
const Arrows& allowed() {
  static const Arrows arrows{
      {"base", {}},
      {"kernels_hls/contract", {}},
      {"kernels_hls/emulation", {}},
      {"kernels_hls/common", {"kernels_hls/emulation"}},
      {"kernels_hls/cell_label", {"kernels_hls/contract", "kernels_hls/common"}},
      {"kernels_hls/qcnn", {"kernels_hls/contract", "kernels_hls/common"}},
      {"bitstreams", {"base", "kernels_hls/contract"}},
      {"bitstreams/software_xclbin", {"base", "kernels_hls/contract"}},
      {"tracking", {"base", "kernels_hls/contract"}},
      {"pipeline", {"base", "kernels_hls/contract", "tracking"}},
      {"quant_models", {"base"}},
      {"quant_models/tensor", {"quant_models"}},
      {"quant_models/packed", {"base", "kernels_hls/contract", "quant_models"}},
      {"quant_models/layers", {"kernels_hls/contract", "quant_models", "quant_models/packed", "quant_models/tensor"}},
      {"quant_models/graph", {"quant_models", "quant_models/layers", "quant_models/tensor"}},
      {"quant_models/data", {"base", "quant_models", "quant_models/graph", "quant_models/tensor"}},
      {"quant_models/execute", {"quant_models", "quant_models/graph", "quant_models/tensor"}},
      {"quant_models/export",
       {"quant_models", "quant_models/graph", "quant_models/layers", "quant_models/packed", "quant_models/tensor"}},
      {"quant_models/models", {"base", "quant_models", "quant_models/data", "quant_models/graph"}},
      {"quant_models/onnx",
       {"base", "quant_models", "quant_models/data", "quant_models/graph", "quant_models/layers",
        "quant_models/tensor"}},
      {"quant_models/calibrate",
       {"base", "quant_models", "quant_models/execute", "quant_models/graph", "quant_models/tensor"}},
      {"quant_models/cim",
       {"base", "quant_models", "quant_models/execute", "quant_models/graph", "quant_models/layers",
        "quant_models/tensor"}},
      {"quant_models/report", {"base", "quant_models/execute", "quant_models/graph", "quant_models/tensor"}},
      {"quant_models/quantize",
       {"kernels_hls/contract", "quant_models", "quant_models/calibrate", "quant_models/execute", "quant_models/graph",
        "quant_models/report", "quant_models/tensor"}},
      {"quant_models/search",
       {"base", "quant_models", "quant_models/calibrate", "quant_models/cim", "quant_models/execute",
        "quant_models/graph", "quant_models/quantize", "quant_models/tensor"}},
      {"quant_models/train",
       {"base", "quant_models", "quant_models/cim", "quant_models/data", "quant_models/execute", "quant_models/export",
        "quant_models/graph", "quant_models/layers", "quant_models/models", "quant_models/onnx", "quant_models/packed",
        "quant_models/quantize", "quant_models/search", "quant_models/tensor"}},
      {"quant_models/recurrent",
       {"base", "quant_models", "quant_models/data", "quant_models/layers", "quant_models/tensor",
        "quant_models/train"}},
      {"quant_models/manycore", {"base", "quant_models", "quant_models/recurrent"}},
      {"quant_models/fusion",
       {"base", "quant_models", "quant_models/cim", "quant_models/data", "quant_models/execute", "quant_models/graph",
        "quant_models/models", "quant_models/onnx", "quant_models/quantize", "quant_models/train"}},
      {"quant_models/synthesize",
       {"quant_models", "quant_models/data", "quant_models/graph", "quant_models/layers", "quant_models/quantize",
        "quant_models/tensor", "quant_models/train"}},
      {"quant_models/data_free",
       {"base", "quant_models", "quant_models/data", "quant_models/execute", "quant_models/export",
        "quant_models/graph", "quant_models/layers", "quant_models/onnx", "quant_models/packed",
        "quant_models/quantize", "quant_models/report", "quant_models/search", "quant_models/synthesize",
        "quant_models/tensor", "quant_models/train"}},
      {"host/events", {"base", "kernels_hls/contract", "pipeline"}},
      {"host/label", {"base", "kernels_hls/contract", "pipeline", "tracking"}},
      {"host/segment", {"base", "host/label", "kernels_hls/contract", "pipeline", "tracking"}},
      {"host/launch", {"host/label", "host/segment", "kernels_hls/contract", "pipeline"}},
      {"host/hls", {"base", "host/label", "host/launch", "kernels_hls/cell_label", "kernels_hls/contract", "pipeline"}},
      {"host/video", {"base"}},
      {"host/synth", {"base", "host/video", "kernels_hls/contract", "pipeline"}},
      {"host/event_simulator", {"base", "host/synth", "pipeline"}},
      {"host/driving", {"base", "host/event_simulator", "host/events", "host/synth", "pipeline"}},
      {"host/fusion_examples",
       {"base", "host/driving", "host/events", "pipeline", "quant_models/data", "quant_models/fusion"}},
      {"host/gestures", {"base", "host/event_simulator", "host/events", "host/synth", "pipeline"}},
      {"host/source", {"base", "host/events", "host/synth", "kernels_hls/contract", "pipeline"}},
      {"host/calibrate", {"base", "pipeline"}},
      {"host/sink", {"base", "host/video", "pipeline"}},
      {"host/eval", {"base", "tracking"}},
      {"host/export", {"base", "host/eval", "pipeline", "tracking"}},
      {"host/recognition", {"base", "tracking"}},
      {"host/actions",
       {"base", "host/eval", "pipeline", "quant_models", "quant_models/data", "quant_models/recurrent",
        "quant_models/train", "tracking"}},
      {"host/inference",
       {"base", "host/segment", "kernels_hls/contract", "pipeline", "quant_models", "quant_models/models",
        "quant_models/packed", "tracking"}},
      {"host/config", {"base", "host/events", "host/segment", "kernels_hls/contract", "pipeline", "tracking"}},
      {"host/board_speed",
       {"host/launch", "host/synth", "kernels_hls/cell_label", "kernels_hls/contract", "kernels_hls/emulation"}},
      {"host/xclbin", {"base", "kernels_hls/contract"}},
      {"host/xrt_software",
       {"base", "host/label", "host/launch", "host/segment", "host/xclbin", "kernels_hls/cell_label",
        "kernels_hls/contract", "pipeline"}},
      {"host/xrt",
       {"base", "host/config", "host/label", "host/launch", "host/segment", "host/xclbin", "host/xrt_software",
        "kernels_hls/contract", "pipeline"}},
      {"host/arrays",
       {"base", "host/inference", "host/quantization", "kernels_hls/contract", "quant_models", "quant_models/cim",
        "quant_models/data", "quant_models/execute", "quant_models/graph", "quant_models/onnx", "quant_models/packed",
        "quant_models/tensor"}},
      {"host/device",
       {"base", "host/arrays", "host/config", "host/eval", "host/hls", "host/inference", "host/label", "host/segment",
        "host/xrt", "kernels_hls/contract", "pipeline", "quant_models/packed", "tracking"}},
      {"host/run",
       {"base", "host/actions", "host/config", "host/device", "host/eval", "host/label", "host/recognition",
        "host/segment", "host/sink", "host/source", "host/synth", "kernels_hls/contract", "pipeline", "tracking"}},
      {"host/quantization",
       {"base", "host/inference", "kernels_hls/contract", "quant_models", "quant_models/data", "quant_models/export",
        "quant_models/onnx", "quant_models/packed", "quant_models/quantize", "quant_models/search",
        "quant_models/tensor"}},
      // Programs: the one that trains, and the one that sees all.
      {"host/training_program",
       {"base", "host/fusion_examples", "host/inference", "host/quantization", "quant_models", "quant_models/data",
        "quant_models/data_free", "quant_models/fusion", "quant_models/synthesize", "quant_models/tensor",
        "quant_models/train"}},
      {"host/app", {"*"}},
      {"tests", {"*"}},
  };
  return arrows;
}

std::string room_of(const fs::path& relative) {
  std::vector<std::string> parts;
  for (const fs::path& part : relative) parts.push_back(part.string());
  if (parts.size() < 2) return "";
  return kDivided.contains(parts[0]) && parts.size() > 2 ? parts[0] + "/" + parts[1] : parts[0];
}

bool is_source(const fs::path& path) {
  static const std::set<std::string> kEndings{".cpp", ".hpp", ".h"};
  return kEndings.contains(path.extension().string());
}

// Calls `visit(file, its room, included path)` for every include of a file of the project.
template <class Visit>
void for_each_include(Visit visit) {
  static const std::regex include(R"re(^\s*#\s*include\s*"([^"]+)")re");
  for (const auto& [room, arrows] : allowed()) {
    const fs::path folder = test::source_dir() / room;
    ASSERT_TRUE(fs::is_directory(folder)) << room << " is in the table but not in the tree";
  }
  std::set<std::string> tops;
  for (const auto& [room, arrows] : allowed()) tops.insert(room.substr(0, room.find('/')));
  for (const std::string& top : tops) {
    for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / top)) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      const fs::path file = fs::relative(entry.path(), test::source_dir());
      std::ifstream text(entry.path());
      std::smatch match;
      for (std::string line; std::getline(text, line);) {
        if (std::regex_search(line, match, include)) visit(file, room_of(file), fs::path(match[1].str()));
      }
    }
  }
}

TEST(Structure, IncludesPointOneWay) {
  size_t seen = 0;
  for_each_include([&](const fs::path& file, const std::string& room, const fs::path& included) {
    const auto entry = allowed().find(room);
    ASSERT_NE(entry, allowed().end()) << file << " lies in a folder that the table of rooms does not name";
    const std::string target = room_of(included);
    if (target.empty()) {
      // A kernel's headers by the vendor's spelling, or a file that the build makes.
      return;
    }
    ++seen;
    const std::set<std::string>& may = entry->second;
    EXPECT_TRUE(target == room || may.contains("*") || may.contains(target))
        << file.string() << " includes " << included.string() << ": " << room << " may not use " << target;
    EXPECT_TRUE(room == "tests" || target != "tests") << file.string() << " includes a test's file";
  });
  EXPECT_GT(seen, 1000U);
}

// The table itself has no circle: each room can be built when all that it uses has been.
TEST(Structure, RoomsHaveAnOrder) {
  std::set<std::string> built;
  for (size_t before = 1; before != 0;) {
    before = 0;
    for (const auto& [room, uses] : allowed()) {
      if (built.contains(room) || uses.contains("*")) continue;
      bool ready = true;
      for (const std::string& other : uses) ready = ready && built.contains(other);
      if (ready) before += built.insert(room).second;
    }
  }
  for (const auto& [room, uses] : allowed()) EXPECT_TRUE(uses.contains("*") || built.contains(room)) << room;
}

// A room's tests lie in a folder of the room's name, a subroom's in the folder below it.
TEST(Structure, TestsLieAsTheRoomsDo) {
  std::set<std::string> tops;
  for (const auto& [room, arrows] : allowed()) tops.insert(room.substr(0, room.find('/')));
  size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / "tests")) {
    if (!entry.is_regular_file() || !is_source(entry.path())) continue;
    const fs::path file = fs::relative(entry.path(), test::source_dir() / "tests");
    if (!tops.contains(file.begin()->string())) continue;
    EXPECT_TRUE(fs::is_directory(test::source_dir() / file.parent_path())) << file << " mirrors no folder";
    EXPECT_TRUE(file.begin()->string() != "host" || file.parent_path().has_parent_path()) << file;
    ++seen;
  }
  EXPECT_GT(seen, 100U);
}

}  // namespace
}  // namespace flashcell
