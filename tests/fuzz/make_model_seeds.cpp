#include "tests/fuzz/make_model_seeds.hpp"

#include <fstream>

#include "quant_models/onnx/export.hpp"
#include "tests/quant_models/random_graphs.hpp"
#include "tests/quant_models/zip_encoder.hpp"

namespace flashcell::test {
namespace {

template <class Data>
bool write(const std::filesystem::path& path, const Data& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(out);
}

}  // namespace

bool make_model_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "onnx");
  std::filesystem::create_directories(folder / "npz");
  bool written = true;
  Random random(1);
  for (int i = 0; i < 12; ++i) {
    quant::Graph graph = random_graph(random);
    if (i % 2 == 1)
      for (const quant::NodeId id : std::vector<quant::NodeId>(graph.order()))
        graph.set_quantization(id, quant::signed_quantization(any_of({4, 8}, random), 0.1F));
    written &= write(folder / "onnx" / (std::to_string(i) + ".onnx"), quant::export_onnx(graph));
  }
  for (const bool deflate : {false, true}) {
    const Bytes reals = make_npy("<f4", "(2, 2)", std::vector<float>{1, 2, 3, 4});
    const Bytes integers = make_npy("<i8", "(3,)", std::vector<int64_t>{1, 2, 3});
    written &= write(folder / "npz" / (deflate ? "deflated.npz" : "stored.npz"),
                     make_zip({{"a.npy", reals}, {"b.npy", integers}}, deflate));
  }
  return written;
}

}  // namespace flashcell::test
