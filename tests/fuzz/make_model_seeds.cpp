#include "tests/fuzz/make_model_seeds.hpp"

#include <fstream>

#include "quant_models/onnx/export.hpp"
#include "quant_models/recurrent/network_file.hpp"
#include "tests/quant_models/data/zip_encoder.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/quant_models/onnx/onnx_file.hpp"
#include "tests/quant_models/recurrent/random_networks.hpp"

namespace flashcell::test {
namespace {

template <class Data>
bool write(const std::filesystem::path& path, const Data& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(out);
}

/// PyTorch's F.pad.
OnnxFile pad_chain() {
  OnnxFile m;
  m.add_integers("borders", {0, 0, 0, 0, 1, 2});
  m.add("Shape", {"borders"}, "length");
  m.add_integers("eight", {8});
  m.add("Sub", {"eight", "length"}, "missing");
  m.add("ConstantOfShape", {"missing"}, "real zeros");
  m.set(m.add("Cast", {"real zeros"}, "zeros"), "to", {7});
  m.set(m.add("Concat", {"borders", "zeros"}, "filled"), "axis", {0});
  m.add_integers("pairs", {-1, 2});
  m.add("Reshape", {"filled", "pairs"}, "columns");
  m.add_integers("zero", {0});
  m.add_integers("last", {-1});
  m.add_integers("lowest", {INT64_MIN + 1});
  m.add("Slice", {"columns", "last", "lowest", "zero", "last"}, "reversed");
  m.set(m.add("Transpose", {"reversed"}, "turned"), "perm", {1, 0});
  m.add("Reshape", {"turned", "last"}, "pads");
  m.add("Pad", {"x", "pads"}, "y");
  return m;
}

/// Sizes of a resize, and numbers of many ranks.
OnnxFile arithmetic_chain() {
  OnnxFile m;
  m.add("Shape", {"x"}, "shape");
  m.add_integers("sides", {2, 3});
  m.set(m.add("Gather", {"shape", "sides"}, "side"), "axis", {0});
  m.set(m.add("Cast", {"side"}, "real"), "to", {1});
  m.add_reals("factor", {}, 2);
  m.add("Mul", {"real", "factor"}, "wide");
  m.add("Floor", {"wide"}, "whole");
  m.set(m.add("Cast", {"whole"}, "size"), "to", {7});
  m.add_integers("front", {1, 4});
  m.set(m.add("Concat", {"front", "size"}, "sizes"), "axis", {0});
  m.add("Resize", {"x", "", "", "sizes"}, "larger");
  m.add_integers("dims", {1, 12});
  m.add("Expand", {"factor", "dims"}, "row");
  m.add_integers("begin", {0}, true);
  m.add_integers("end", {12}, true);
  m.add_integers("step", {1}, true);
  m.add("Range", {"begin", "end", "step"}, "counted");
  m.set(m.add("Cast", {"counted"}, "numbers"), "to", {1});
  m.add("Greater", {"numbers", "factor"}, "above");
  m.add("Where", {"above", "row", "numbers"}, "chosen");
  m.set(m.add("ReduceMax", {"chosen"}, "largest"), "axes", {1});
  m.add("Div", {"chosen", "largest"}, "shares");
  m.add("Add", {"larger", "shares"}, "y");
  return m;
}

/// Tiles, parts, other dimensions.
OnnxFile moves_chain() {
  OnnxFile m;
  m.add_reals("a", {3, 1}, 0.5F);
  m.add_integers("times", {2, 2});
  m.add("Tile", {"a", "times"}, "tiled");
  m.add("Split", {"tiled"}, "upper").add_output("lower");
  m.add_integers("columns", {1});
  m.set(m.add("Gather", {"lower", "columns"}, "column"), "axis", {1});
  m.add_integers("axis", {1});
  m.add("Squeeze", {"column", "axis"}, "vector");
  m.add_integers("front", {0, 2});
  m.add("Unsqueeze", {"vector", "front"}, "three");
  m.add("Neg", {"three"}, "negative");
  m.set(m.add("ReduceProd", {"negative"}, "product"), "keepdims", {0});
  m.set(m.add("Flatten", {"upper"}, "flat"), "axis", {0});
  m.add("Max", {"flat", "product"}, "most");
  m.set(m.add("ReduceSum", {"most"}, "sum"), "keepdims", {0});
  m.add("Mul", {"x", "sum"}, "y");
  return m;
}

void describe(OnnxFile& file, const char* key, const char* value) {
  auto* property = file.proto.add_metadata_props();
  property->set_key(key);
  property->set_value(value);
}

}  // namespace

bool make_model_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "onnx");
  std::filesystem::create_directories(folder / "npz");
  bool written = true;
  Random random(1);
  for (int i = 0; i < 12; ++i) {
    quant::Graph graph = i % 3 == 0 ? random_layers_of_others(random) : random_graph(random);
    if (i % 2 == 1)
      for (const quant::NodeId id : std::vector<quant::NodeId>(graph.order()))
        graph.set_quantization(id, quant::signed_quantization(any_of({4, 8}, random), 0.1F));
    written &= write(folder / "onnx" / (std::to_string(i) + ".onnx"), quant::export_onnx(graph));
  }
  OnnxFile chains[] = {pad_chain(), arithmetic_chain(), moves_chain()};
  for (OnnxFile& chain : chains) {
    describe(chain, "flashcell.classes", R"(["cat", "dog"])");
    describe(chain, "flashcell.preprocessing",
             R"({"channels": "rgb", "mean": [1, 2, 3], "factor": [0.5, 0.25, 1e-3]})");
    written &= write(folder / "onnx" / ("chain_" + std::to_string(&chain - chains) + ".onnx"), chain.bytes());
  }
  for (const bool deflate : {false, true}) {
    const Bytes reals = make_npy("<f4", "(2, 2)", std::vector<float>{1, 2, 3, 4});
    const Bytes integers = make_npy("<i8", "(3,)", std::vector<int64_t>{1, 2, 3});
    written &= write(folder / "npz" / (deflate ? "deflated.npz" : "stored.npz"),
                     make_zip({{"a.npy", reals}, {"b.npy", integers}}, deflate));
  }
  std::filesystem::create_directories(folder / "recurrent_network");
  for (const auto& [cell, name] : quant::kCellNames)
    written &= write(folder / "recurrent_network" / (std::string(name) + ".npz"),
                     quant::network_bytes(random_network(cell, {2, 3, 2}, 4, 1)));
  written &= write(folder / "recurrent_network" / "saccade.bs2", Bytes{3, 33, 0x81, 2, 3, 0, 1, 0, 0, 7});
  written &= write(folder / "recurrent_network" / "text.txt", std::string("the cat sat\non <unk> mat the mat\n"));
  return written;
}

}  // namespace flashcell::test
