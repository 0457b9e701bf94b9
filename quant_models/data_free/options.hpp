#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/data/picture_fit.hpp"
#include "quant_models/data_free/bit_stage.hpp"
#include "quant_models/data_free/work_plan.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::quant {

/// A network, and what its pixels mean where its file does not say.
struct NetworkOptions {
  std::string model;     ///< ONNX file in real numbers
  std::string channels;  ///< of kChannelNames; empty: as the file says
  std::vector<float> mean, factor;
  ImportOptions import = {};  ///< the input's size, where the file leaves it open
  int crop = 0;               ///< pictures' side that is expected; 0: not said
};

/// Labelled pictures as a network takes them.
struct LabelledInputs {
  std::vector<float> values;
  std::vector<int> labels;
};

/// Share of pictures that a packed network classifies rightly on the engine: which lies above this library.
using IntegerAccuracy = std::function<double(const PackedModel& model, const LabelledInputs& pictures)>;

/// Of pictures alone.
struct SynthesizeOptions {
  NetworkOptions network;
  std::optional<PictureMethod> method;  ///< none: what suits the network (best_method())
  int64_t count = 64;
  double minutes = 10;  ///< of one core; see plan_work()
  uint64_t seed = 1;
  int threads = 1;
  std::string output = "synthesized";  ///< folder
  bool restart = false;                ///< begin anew where an unfinished run lies in the folder
};

/// Of a whole quantization without data.
struct DataFreeOptions {
  NetworkOptions network;
  std::optional<PictureMethod> method;              ///< none: what suits the network (best_method())
  std::string pictures;                             ///< real ones, in the place of drawn ones; empty: none
  int64_t images = 0;                               ///< drawn; 0: as many as the minutes allow
  std::optional<int> weight_bits, activation_bits;  ///< neither: searched, layer by layer; one of them: the other is 8
  BitSearch search;
  int sum_bits = 8, edge_weight_bits = 0;  ///< as PostTrainingOptions has them
  std::optional<int> output_bits;          ///< none: 16 for more than 256 classes, else 8
  std::optional<int> residual_bits;        ///< none: 16 for transformers, else 0
  double minutes = 10;                     ///< of one core, of pictures and training
  bool trains = false;                     ///< a CNN even where its weights are rounded with care
  double learning_rate = 2e-4;
  bool repq = false;               ///< a vision transformer, quantized as quantize_repq() does
  std::optional<int> reconstruct;  ///< of transformers: iterations of block-wise reconstruction (reconstruct_blocks());
                                   ///< 0: none; none: as the minutes allow
  uint64_t seed = 1;
  int threads = 1;
  std::string name;                  ///< of the written models; empty: the file's
  std::string output = "quantized";  ///< folder
  std::string test;                  ///< labelled pictures; empty: none
  PictureFit fit = {};               ///< of real pictures and of those to test with
  IntegerAccuracy integer_accuracy;  ///< empty: not measured
  std::string command;               ///< what people type to get the same, for the report
  bool restart = false;
  double checkpoint_seconds = 20;
};

}  // namespace flashcell::quant
