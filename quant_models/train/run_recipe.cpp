#include "quant_models/train/run_recipe.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/describe.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/train/learning_curve.hpp"
#include "quant_models/train/load_data.hpp"
#include "quant_models/train/memory.hpp"
#include "quant_models/train/recipe_schema.hpp"
#include "quant_models/train/start_quantized.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;

nlohmann::ordered_json describe(const StageOptions& stage, const Training& training, const Graph& graph,
                                const std::vector<Figure>& figures) {
  nlohmann::ordered_json out;
  out["name"] = stage.name;
  if (stage.weight_bits > 0) {
    out["weight_bits"] = stage.weight_bits;
    out["activation_bits"] = stage.activation_bits;
  }
  for (const Figure& f : figures) out[f.name] = f.value;
  const Cost cost = total_cost(graph);
  out["macs"] = cost.macs;
  out["parameters"] = cost.parameters;
  if (stage.weight_bits > 0) {
    const ChipMemory memory = chip_memory(graph);
    out["memory_bits"] = {{"weights", memory.weights},
                          {"biases", memory.biases},
                          {"requantization", memory.scales},
                          {"values", memory.values},
                          {"all", memory.total()}};
  }
  for (const EpochRecord& r : training.history) {
    nlohmann::ordered_json epoch = {{"loss", r.loss}, {"learning_rate", r.learning_rate}};
    if (r.figure >= 0) epoch[figures.at(0).name] = r.figure;
    out["epochs"].push_back(std::move(epoch));
  }
  return out;
}

nlohmann::ordered_json describe(const CalibrationFit& fit) {
  return {{"temperature", fit.calibration.temperature},
          {"doubt", fit.calibration.doubt},
          {"objects", fit.calibration.objects},
          {"familiar", fit.calibration.familiar},
          {"error", fit.reliability.error()}};
}

Metadata metadata_of(const Recipe& recipe, const Task& task) {
  return {task.classes(), preprocessing_of(recipe)};
}

void check_trained(const Recipe& recipe, const Metadata& metadata) {
  if (recipe.stages.size() < 2) throw ModelError("the recipe has no [[quantize]] stage: there is nothing to fine-tune");
  if (!fs::exists(recipe.model))
    throw ModelError("model '" + recipe.model + "' is no ONNX file of a trained network; give one with --model");
  const std::optional<Preprocessing> given = import_onnx_model(recipe.model).metadata.preprocessing;
  if (given && *given != *metadata.preprocessing)
    throw ModelError(
        recipe.model +
        ": it takes other numbers than the recipe shows (grey, or red first; pixel / 255 unless it states mean "
        "and std); state them as the file does");
}

// STAGE.fcnn, and what it takes of the engine. A network that the engine does not take stays an ONNX file.
nlohmann::ordered_json write_packed(const Graph& graph, const std::string& name, const Metadata& metadata,
                                    const CalibrationFit& fit, const std::string& path) {
  try {
    PackedModel packed = lower(graph, name, metadata);
    if (fit.calibration.objects > 0) packed.calibration = fit.calibration;
    write_packed_file(path, packed);
    const ModelSummary summary = describe(packed);
    return {{"file_bytes", fs::file_size(path)},        {"layers", packed.layers.size()},
            {"macs", summary.multiply_accumulates},     {"weight_bits", summary.weight_bits},
            {"parameter_bits", summary.parameter_bits}, {"arena_bits", summary.arena_bits}};
  } catch (const ModelError& e) {
    fs::remove(path);  // one of an earlier run
    return {{"refused", e.what()}};
  }
}

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw ModelError(path + ": cannot make the folder: " + error.message());
}

}  // namespace

void run_recipe(const Recipe& recipe, const RunOptions& options, RunListener& listener) {
  make_folder(options.output);
  const auto in_output = [&](const std::string& name) { return (fs::path(options.output) / name).string(); };
  const std::unique_ptr<Task> task = load_task(recipe);
  const Graph untrained = make_model(recipe, static_cast<int>(task->classes().size()));
  nlohmann::ordered_json metrics = {{"classes", task->classes()}, {"seed", recipe.seed}};
  std::vector<std::pair<std::string, std::vector<EpochRecord>>> curves;
  const Metadata metadata = metadata_of(recipe, *task);
  if (options.fine_tune) check_trained(recipe, metadata);
  Graph real;
  for (const StageOptions& stage : recipe.stages) {
    const bool quantized = stage.weight_bits > 0;
    TrainerOptions trainer{recipe.seed,
                           options.threads,
                           recipe.evaluate_every,
                           in_output(stage.name + ".checkpoint"),
                           options.checkpoint_seconds,
                           fingerprint(recipe, stage),
                           quantized ? &real : nullptr};
    if (quantized)
      trainer.fingerprint = Hash().add(trainer.fingerprint).add(fingerprint(recipe, recipe.stages[0])).value();
    if (options.restart) fs::remove(trainer.checkpoint);
    listener.started(stage.name);
    const Graph start = quantized ? start_quantized(real, *task, stage, *metadata.preprocessing) : untrained;
    const bool trained = !quantized && options.fine_tune;
    const Training training = trained ? Training{start, {}}
                                      : train(start, *task, stage, trainer,
                                              [&](const TrainingProgress& p) { listener.progress(stage.name, p); });
    const Graph result = quantized ? training.graph : simplify(training.graph);
    if (!quantized) real = result;
    const std::vector<Figure> figures = task->evaluate(result);
    export_onnx(result, in_output(stage.name + ".onnx"), metadata);
    nlohmann::ordered_json described = describe(stage, training, result, figures);
    if (quantized) {
      const CalibrationFit fit = fit_calibration(task->held_out(result));
      described["calibration"] = describe(fit);
      described["engine"] = write_packed(result, fs::path(recipe.model).stem().string() + "_" + stage.name, metadata,
                                         fit, in_output(stage.name + ".fcnn"));
    }
    metrics["stages"].push_back(std::move(described));
    curves.emplace_back(stage.name, training.history);
    write_file(in_output("metrics.json"), json_text(metrics) + "\n");
    write_file(in_output("learning_curve.svg"), draw_learning_curve(figures.at(0).name, curves));
    listener.finished(stage.name, figures);
  }
}

}  // namespace flashcell::quant
