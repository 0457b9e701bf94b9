#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "quant_models/metadata.hpp"

namespace flashcell::quant {

enum class TaskKind {
  unstated,  ///< of no recipe that was read
  classify,
  detect,
};

/// Where examples come from. Paths are taken as they are given: relative to the current folder.
struct DataOptions {
  std::string format;       ///< mnist, cifar10, digits, class_folders, voc, coco, scene
  std::string path;         ///< folder, archive or file; --data replaces it
  std::string train, test;  ///< names of the two parts, as the format has them (README of the recipes)
};

/// Random changes of the training images; each drawn anew for every image and epoch, evenly in its range.
struct AugmentOptions {
  double shift = 0;       ///< pixels of the network's input, up to this much either way
  double rotate = 0;      ///< degrees, either way (classification only)
  double scale = 0;       ///< 0.2: factor 1/1.2 .. 1.2
  double stretch = 0;     ///< the same for rows and columns apart
  double brightness = 0;  ///< share of white added or taken away
  double contrast = 0;    ///< 0.2: factor 1/1.2 .. 1.2 around middle grey
  bool mirror_columns = false, mirror_rows = false, transpose = false;  ///< each in half of the cases
};

/// One training run over the data: of real numbers first, of a quantized network then.
struct StageOptions {
  std::string name;
  int epochs = 10;
  int64_t batch = 64;
  double learning_rate = 1e-3;  ///< the highest; falls along a half cosine
  double warmup_epochs = 0;     ///< rises in a straight line before that
  double weight_decay = 0;
  double average = 0;                        ///< the result is a mean over steps that keeps so much of itself each step
  int weight_bits = 0, activation_bits = 0;  ///< 0: real numbers
  int edge_weight_bits = 0;                  ///< of the first and last layer with weights; 0: as the others
  double teacher = 0;       ///< share of the loss that is how far answers are from the first stage's (answer_loss.hpp)
  std::string arrays = {};  ///< compute-in-memory device (cim::device_of) whose errors weights learn to bear
  bool converters = true;   ///< the columns' converters of `arrays`, too
};

struct Recipe {
  TaskKind task = TaskKind::classify;
  uint64_t seed = 1;
  std::string model;  ///< roi_classifier, cell_detector, or an ONNX file
  int channels = 1, rows = 28, columns = 28;
  std::vector<double> mean, deviation;  ///< of each channel, of pixels from 0 to 1; empty: 0 and 1
  int evaluate_every = 1;               ///< epochs from one test to the next; the last one always
  DataOptions data;
  AugmentOptions augment;
  std::vector<StageOptions> stages;  ///< the first trains real numbers, each later one starts from it
};

/// How a pixel becomes one of the network's numbers: (pixel / 255 - mean) / deviation.
Preprocessing preprocessing_of(const Recipe& recipe);

/// Reads a recipe (keys: recipe_schema.hpp; docs: quant_models/recipes/README.md). Throws ModelError with file and
/// line: TOML that does not parse, an unknown key, a value of another type or out of range.
Recipe read_recipe(const std::string& path);
Recipe parse_recipe(const std::string& text, const std::string& name);

}  // namespace flashcell::quant
