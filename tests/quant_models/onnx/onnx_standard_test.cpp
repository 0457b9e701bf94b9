// The ONNX standard's own test models (Debian package libonnx-testdata): for each the numbers that it states, or a
// refusal that says which operator, type or operator set is not supported. ONNX_STANDARD_LOG=1 prints every refusal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/onnx/tensor_data.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;

/// Those of the backend test: |ours - stated| <= kAbsolute + kRelative * |stated|.
constexpr double kRelative = 1e-3, kAbsolute = 1e-7;

onnx_file::ModelProto parse(const std::string& path) {
  const std::vector<uint8_t> bytes = read_file(path);
  onnx_file::ModelProto model;
  EXPECT_TRUE(model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) << path;
  return model;
}

/// How the models are read. Networks have their weights, shapes and bounds in the file; most of the standard's models
/// leave them open.
enum class Mode {
  as_is,
  first_open,  ///< all inputs but the first are part of the file
  all_fixed,   ///< so that everything is worked out on import; integers are handed out as real numbers
};
constexpr Mode kModes[] = {Mode::as_is, Mode::first_open, Mode::all_fixed};
constexpr const char* kModeNames[] = {"as it is", "all inputs but one fixed", "all inputs fixed"};

fs::path input_file(const fs::path& data, int i) {
  return data / ("input_" + std::to_string(i) + ".pb");
}

onnx_file::TensorProto read_tensor_file(const fs::path& path) {
  const std::vector<uint8_t> bytes = read_file(path.string());
  onnx_file::TensorProto proto;
  EXPECT_TRUE(proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) << path;
  return proto;
}

onnx::Known read_value(const fs::path& path) {
  return onnx::read_tensor(read_tensor_file(path));
}

bool is_tensor(const onnx_file::ValueInfoProto& value) {
  return value.type().has_tensor_type();
}

onnx_file::ModelProto fixed(const onnx_file::ModelProto& model, const fs::path& data, Mode mode) {
  onnx_file::ModelProto result = model;
  if (mode == Mode::as_is) return result;
  onnx_file::GraphProto& graph = *result.mutable_graph();
  graph.clear_input();
  for (int i = 0; i < model.graph().input_size(); ++i) {
    const onnx_file::ValueInfoProto& input = model.graph().input(i);
    const bool stored = is_tensor(input) && fs::exists(input_file(data, i)) &&
                        // bfloat16 is stored as if it were uint16.
                        read_tensor_file(input_file(data, i)).data_type() == input.type().tensor_type().elem_type();
    if ((mode == Mode::first_open && i == 0) || !stored) {
      *graph.add_input() = input;
    } else {
      *graph.add_initializer() = read_tensor_file(input_file(data, i));
      graph.mutable_initializer(graph.initializer_size() - 1)->set_name(input.name());
    }
  }
  if (mode != Mode::all_fixed) return result;
  for (onnx_file::ValueInfoProto& output : *graph.mutable_output()) {
    if (!is_tensor(output) || !onnx::is_integer(output.type().tensor_type().elem_type())) continue;
    onnx_file::NodeProto* cast = graph.add_node();
    cast->set_op_type("Cast");
    cast->add_input(output.name());
    output.set_name("real " + output.name());
    cast->add_output(output.name());
    onnx_file::AttributeProto* to = cast->add_attribute();
    to->set_name("to");
    to->set_i(onnx::kFloat);
  }
  return result;
}

/// Ours within the standard's tolerance; infinities and NaN where they are stated.
bool is_close(double ours, double stated) {
  if (!std::isfinite(stated)) return ours == stated || (std::isnan(ours) && std::isnan(stated));
  return std::abs(ours - stated) <= kAbsolute + kRelative * std::abs(stated);
}

/// The first difference between what a graph gives and what a folder of the standard states; empty: none.
std::string difference(const Graph& graph, const fs::path& data) {
  Executor executor(graph);
  for (size_t i = 0; i < executor.input_count(); ++i) {
    const onnx::Known input = read_value(input_file(data, static_cast<int>(i)));
    if (std::max(input.reals.size(), input.integers.size()) != executor.input(i).size())
      return "input " + std::to_string(i) + " has another size";
    std::copy(input.reals.begin(), input.reals.end(), executor.input(i).begin());
    std::transform(input.integers.begin(), input.integers.end(), executor.input(i).begin(),
                   [](int64_t integer) { return static_cast<float>(integer); });
  }
  executor.run();
  for (size_t i = 0; i < executor.output_count(); ++i) {
    const onnx::Known expected = read_value(data / ("output_" + std::to_string(i) + ".pb"));
    const Shape& shape = graph.node(graph.outputs()[i].node).shape;
    if (shape != expected.dims) return "shape " + to_string(shape) + ", stated " + to_string(expected.dims);
    for (size_t k = 0; k < executor.output(i).size(); ++k) {
      const double ours = executor.output(i)[k], stated = expected.integer() ? static_cast<double>(expected.integers[k])
                                                                             : static_cast<double>(expected.reals[k]);
      if (!is_close(ours, stated)) return std::to_string(ours) + ", stated " + std::to_string(stated);
    }
  }
  return "";
}

/// Whether a refusal says what of the model is not supported.
bool names_its_cause(const std::string& message, const onnx_file::ModelProto& model) {
  if (message.find("operator set ") != std::string::npos) return true;
  if (message.find("its numbers are of type ") != std::string::npos) return true;
  if (message.find(": input '") != std::string::npos &&
      (message.find("' holds ") != std::string::npos || message.find("is no tensor") != std::string::npos))
    return true;
  for (const onnx_file::NodeProto& node : model.graph().node())
    if (message.find("(" + node.op_type() + "): ") != std::string::npos) return true;
  return false;
}

bool has_finite_inputs(const fs::path& data) {
  for (int i = 0; fs::exists(input_file(data, i)); ++i) {
    onnx::Known input;
    try {
      input = read_value(input_file(data, i));
    } catch (const ModelError&) {
      continue;  // strings
    }
    for (const float real : input.reals)
      if (!std::isfinite(real)) return false;
  }
  return true;
}

struct Count {
  int right[3] = {}, refused[3] = {};
};

/// The operator that a model is about.
std::string operator_of(const onnx_file::ModelProto& model) {
  return model.graph().node_size() == 1 ? model.graph().node(0).op_type() : "(several)";
}

class OnnxStandard : public testing::Test {
 protected:
  // A model is right where every data set that comes with it is, also when simplified; false: refused.
  bool check(const fs::path& path, const onnx_file::ModelProto& model, Mode mode) {
    const std::string name = path.parent_path().filename().string() + ", " + kModeNames[static_cast<int>(mode)];
    onnx_file::ModelProto variant;
    try {
      for (const auto& data : fs::directory_iterator(path.parent_path())) {
        if (!data.is_directory()) continue;
        variant = fixed(model, data.path(), mode);
        const std::string bytes = variant.SerializeAsString();
        const Graph graph = import_onnx({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "model");
        EXPECT_EQ(difference(graph, data.path()), "") << name;
        // What simplify() makes of finite numbers is the same; a sum of products with 0 is none of infinity.
        if (has_finite_inputs(data.path())) {
          EXPECT_EQ(difference(simplify(graph), data.path()), "") << name << ", simplified";
        }
      }
      return true;
    } catch (const ModelError& e) {
      EXPECT_TRUE(names_its_cause(e.what(), variant)) << name << ": " << e.what();
      if (log_) std::printf("%s: %s\n", name.c_str(), e.what());
      return false;
    }
  }

  const bool log_ = std::getenv("ONNX_STANDARD_LOG") != nullptr;
};

TEST_F(OnnxStandard, EveryModelIsRightOrRefusedByName) {
  const fs::path folder = test::build_dir() / "data/onnx";
  if (!fs::exists(folder / "node")) GTEST_SKIP() << "needs " << folder << ": ./run test takes it from libonnx-testdata";
  std::vector<fs::path> models;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().filename() == "model.onnx") models.push_back(entry.path());
  std::sort(models.begin(), models.end());
  std::map<std::string, Count> operators;
  Count all;
  for (const fs::path& path : models) {
    const onnx_file::ModelProto model = parse(path.string());
    Count& count = operators[operator_of(model)];
    for (const Mode mode : kModes) {
      const auto m = static_cast<size_t>(mode);
      const bool right = check(path, model, mode);
      ++(right ? count.right : count.refused)[m];
      ++(right ? all.right : all.refused)[m];
    }
  }
  std::printf("right / refused: as they are; with all inputs but one, with all in the file\n");
  for (const auto& [type, n] : operators)
    if (n.right[0] + n.right[1] + n.right[2] > 0 || log_)
      std::printf("%-28s %3d / %3d  %3d / %3d  %3d / %3d\n", type.c_str(), n.right[0], n.refused[0], n.right[1],
                  n.refused[1], n.right[2], n.refused[2]);
  std::printf("%zu models: %d right, %d with all inputs but one in the file, %d with all\n", models.size(),
              all.right[0], all.right[1], all.right[2]);
  // What quant_models/README.md states. More is progress, to be stated there too.
  EXPECT_EQ(models.size(), 1072U);
  EXPECT_THAT(all.right, testing::ElementsAre(299, 382, 504));
}

}  // namespace
}  // namespace flashcell::quant
