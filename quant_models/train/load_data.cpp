#include "quant_models/train/load_data.hpp"

#include <filesystem>
#include <sstream>

#include "quant_models/data/class_folders.hpp"
#include "quant_models/data/coco.hpp"
#include "quant_models/data/digit_sheet.hpp"
#include "quant_models/data/mnist.hpp"
#include "quant_models/data/scene_folder.hpp"
#include "quant_models/data/voc.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/cell_detector.hpp"
#include "quant_models/models/roi_classifier.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/train/classification_task.hpp"
#include "quant_models/train/detection_task.hpp"

namespace flashcell::quant {
namespace {

std::vector<std::string> numbered_classes(int count) {
  std::vector<std::string> classes;
  for (int i = 0; i < count; ++i) classes.push_back(std::to_string(i));
  return classes;
}

// CIFAR-10's parts are lists of files separated by spaces, in the data folder.
LabelledImages read_cifar_files(const std::string& folder, const std::string& names) {
  LabelledImages all;
  std::istringstream words(names);
  for (std::string name; words >> name;) {
    LabelledImages each = read_cifar10((std::filesystem::path(folder) / name).string());
    if (all.count == 0) {
      all = std::move(each);
      continue;
    }
    all.count += each.count;
    all.pixels.insert(all.pixels.end(), each.pixels.begin(), each.pixels.end());
    all.labels.insert(all.labels.end(), each.labels.begin(), each.labels.end());
  }
  if (all.count == 0) throw ModelError("data.train and data.test must name CIFAR-10 files in " + folder);
  return all;
}

ClassificationData load_classification(const Recipe& recipe) {
  const DataOptions& d = recipe.data;
  if (d.format == "mnist")
    return {read_mnist_folder(d.path, true), read_mnist_folder(d.path, false), numbered_classes(10)};
  if (d.format == "cifar10")
    return {read_cifar_files(d.path, d.train),
            read_cifar_files(d.path, d.test),
            {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}};
  if (d.format == "digits") {
    DigitSheet sheet = read_digit_sheet(d.path);
    return {std::move(sheet.train), std::move(sheet.test), numbered_classes(10)};
  }
  if (d.format == "class_folders") {
    const FileSet files(d.path);
    ClassFolders train = read_class_folders(files, d.train, recipe.channels, recipe.rows, recipe.columns);
    ClassFolders test = read_class_folders(files, d.test, recipe.channels, recipe.rows, recipe.columns, train.classes);
    return {std::move(train.images), std::move(test.images), std::move(train.classes), std::move(test.objects)};
  }
  throw ModelError("data.format '" + d.format + "' has boxes, no classes of whole images: take task = \"detect\"");
}

DetectionData load_detection(const Recipe& recipe) {
  const DataOptions& d = recipe.data;
  const FileSet files(d.path);
  const auto both = [&](const auto& read) {
    DetectionData data{read(d.train, std::vector<std::string>{}), {}};
    data.test = read(d.test, data.train.classes);
    return data;
  };
  using Classes = std::vector<std::string>;
  if (d.format == "voc")
    return both([&](const std::string& part, const Classes& c) { return read_voc(files, part, recipe.channels, c); });
  if (d.format == "coco")
    return both([&](const std::string& part, const Classes& c) { return read_coco(files, part, recipe.channels, c); });
  if (d.format == "scene")
    return both([&](const std::string& part, const Classes& c) { return read_scene(files, part, recipe.channels, c); });
  throw ModelError("data.format '" + d.format + "' has no boxes: take task = \"classify\"");
}

}  // namespace

std::unique_ptr<Task> load_task(const Recipe& recipe) {
  if (recipe.data.path.empty()) throw ModelError("the recipe names no data.path; give the data with --data");
  if (recipe.task == TaskKind::classify)
    return std::make_unique<ClassificationTask>(load_classification(recipe), recipe);
  return std::make_unique<DetectionTask>(load_detection(recipe), recipe);
}

Graph make_model(const Recipe& recipe, int classes) {
  const bool detects = recipe.task == TaskKind::detect;
  Graph graph;
  if (recipe.model == "roi_classifier") {
    graph = make_roi_classifier(classes, recipe.seed);
  } else if (recipe.model == "cell_detector") {
    graph = make_cell_detector(recipe.channels, recipe.rows, recipe.columns, classes, recipe.seed);
  } else {
    graph = import_onnx(recipe.model);
  }
  const Shape in = {1, recipe.channels, recipe.rows, recipe.columns};
  const Shape out = detects ? Shape{1, kFirstClass + classes, recipe.rows / kCellSize, recipe.columns / kCellSize}
                            : Shape{1, classes};
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1 || graph.node(graph.inputs()[0]).shape != in ||
      graph.node(graph.outputs()[0].node).shape != out)
    throw ModelError("model '" + recipe.model + "' does not fit the recipe and its data: they need " + to_string(in) +
                     " -> " + to_string(out));
  return graph;
}

}  // namespace flashcell::quant
