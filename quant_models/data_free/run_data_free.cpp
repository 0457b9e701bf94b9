#include "quant_models/data_free/run_data_free.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <filesystem>

#include "base/output_file.hpp"
#include "quant_models/data_free/draw_pictures.hpp"
#include "quant_models/data_free/quantization_stage.hpp"
#include "quant_models/data_free/similarity.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/quantize/image_network.hpp"
#include "quant_models/quantize/plan.hpp"
#include "quant_models/synthesize/noise.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;

// Errors of values are measured with so many: transformers are slow.
int64_t error_images(Family family) {
  return family == Family::transformer ? 16 : 64;
}

PictureMethod method_of(const DataFreeOptions& o, Family family) {
  if (!o.pictures.empty()) return PictureMethod::noise;  // none are drawn
  const PictureMethod method = o.method ? *o.method : best_method(family);
  check_method(method, family);
  return method;
}

// Where weights are rounded with care, training fits the pictures further and photographs less.
WorkPlan work_of(const Graph& graph, PictureMethod method, const DataFreeOptions& o) {
  const int rounding_steps = plan_rounding(graph, o.minutes);
  WorkPlan work = plan_work(graph, method, o.minutes, o.images, o.trains || rounding_steps == 0);
  work.rounding_steps = rounding_steps;
  return work;
}

/// One quantization on its way.
class DataFreeQuantization {
 public:
  DataFreeQuantization(const DataFreeOptions& options, const Progress& progress)
      : o_(options),
        progress_(progress),
        network_(read_real_network(options.network)),
        family_(family_of(network_.graph)),
        method_(method_of(options, family_)),
        real_(prepare_image_network(network_.graph)),
        work_(work_of(real_, method_, options)) {
    if (!o_.test.empty()) test_ = read_labelled(o_.test, o_.fit, network_);
  }

  DataFreeRun run() {
    const auto start = std::chrono::steady_clock::now();
    const RunFolder folder(o_.output, network_.fingerprint, o_.network.model, o_.restart);
    describe();
    QuantizationStage quantization(o_, family_, network_, real_, work_, folder);
    PictureStage pictures(o_, method_, network_, work_, folder);
    pictures.draw(progress_);
    // Early, so that people can look at them.
    write_pictures(pictures.drawn(), network_.pixels(), folder.file("pictures"));
    run_.steps.push_back(fmt::format("{} pictures {}", pictures.drawn().count,
                                     o_.pictures.empty() ? "drawn by " + run_.method : "read from " + o_.pictures));
    const Graph quantized = quantization.quantize(pictures, run_, progress_);
    write_pictures(pictures.drawn(), network_.pixels(), folder.file("pictures"));
    look_at(pictures);
    measure(quantized, pictures.drawn());
    write(quantized, start);
    return std::move(run_);
  }

 private:
  void describe() {
    run_.model = o_.name.empty() ? fs::path(o_.network.model).stem().string() : o_.name;
    run_.network = o_.network.model;
    run_.family = name_in(kFamilyTexts, family_);
    run_.method = o_.pictures.empty() ? name_in(kPictureMethodNames, method_) : o_.pictures;
    run_.folder = o_.output;
    run_.assumed = network_.assumed;
    run_.seed = o_.seed;
    run_.distill_steps = work_.distill_steps;
    run_.generator_steps = work_.generator_steps;
    run_.real_size = size_of(real_);
    if (!o_.command.empty()) run_.commands.push_back(o_.command);
  }

  void look_at(const PictureStage& pictures) {
    const DrawnImages& drawn = pictures.drawn();
    run_.images = drawn.count;
    run_.picture_losses = pictures.losses();
    for (const ImageSnapshot& shot : drawn.history)
      run_.sheets.push_back(
          contact_sheet(shot.values, kSnapshotImages, network_.pixels(), fmt::format("after {} steps", shot.step)));
    run_.sheets.push_back(contact_sheet(drawn.values, kSnapshotImages, network_.pixels(), "in the end"));
    if (family_ != Family::transformer) return;
    const DrawnImages noise = NoiseImages(network_.range()).draw(network_.graph, error_images(family_), o_.seed, {});
    std::vector<PictureKind> kinds = {{"noise", noise.values}};
    kinds.push_back({o_.pictures.empty() ? "drawn pictures" : "real pictures", drawn.values});
    if (test_) kinds.push_back({"test pictures", test_->values});
    run_.similarities = patch_similarities(network_.graph, kinds);
  }

  void measure(const Graph& quantized, const DrawnImages& drawn) {
    if (progress_) progress_({"measuring", 0, 0, 0});
    run_.quantized_size = size_of(quantized);
    run_.error_images = std::min(drawn.count, error_images(family_));
    const auto numbers = static_cast<size_t>(run_.error_images * element_count(network_.input_shape()));
    run_.errors = report_errors(real_, quantized, std::span(drawn.values).first(numbers), run_.error_images);
    if (!test_) return;
    run_.test = TestFigures{
        o_.test, static_cast<int64_t>(test_->labels.size()), accuracy(real_, *test_), accuracy(quantized, *test_), {}};
  }

  std::optional<PackedModel> lowered(const Graph& quantized) {
    try {
      return lower(quantized, run_.model, network_.metadata);
    } catch (const ModelError& e) {
      run_.refused = e.what();
      return std::nullopt;
    }
  }

  void write(const Graph& quantized, std::chrono::steady_clock::time_point start) {
    FileGroup files(o_.output);
    const std::string packed = run_.model + ".fcnn";
    if (const std::optional<PackedModel> model = lowered(quantized)) {
      if (test_ && o_.integer_accuracy) run_.test->integer = o_.integer_accuracy(*model, *test_);
      files.add(packed, std::span<const uint8_t>(packed_file_bytes(*model)));
    } else {
      fs::remove(files.path(packed));  // one of an earlier run
    }
    try {
      files.add(run_.model + ".onnx", export_onnx(quantized, network_.metadata));
    } catch (const ModelError& e) {
      throw ModelError("neither the engine nor ONNX has a form for this network: " + run_.refused + "; " + e.what());
    }
    if (run_.refused.empty() && !o_.command.empty() && !o_.test.empty())
      run_.commands.push_back("flashcell model eval " + files.path(packed) + " " + o_.test +
                              (o_.fit.short_side > 0 ? fmt::format(" --resize {}", o_.fit.short_side) : ""));
    run_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    run_.cpu_minutes = static_cast<double>(std::clock()) / CLOCKS_PER_SEC / 60;
    files.add("report.json", to_json(run_));
    files.add("report.html", to_page(run_));
    files.write();
  }

  const DataFreeOptions& o_;
  const Progress& progress_;
  RealNetwork network_;
  Family family_;
  PictureMethod method_;
  Graph real_;
  WorkPlan work_;
  std::optional<LabelledInputs> test_;
  DataFreeRun run_;
};

}  // namespace

DataFreeRun run_data_free(const DataFreeOptions& options, const Progress& progress) {
  return DataFreeQuantization(options, progress).run();
}

int64_t run_synthesize(const SynthesizeOptions& options, const Progress& progress) {
  const RealNetwork network = read_real_network(options.network);
  const Family family = family_of(network.graph);
  const PictureMethod method = options.method ? *options.method : best_method(family);
  check_method(method, family);
  const WorkPlan work =
      plan_work(prepare_image_network(network.graph), method, options.minutes, options.count, /*trains=*/false);
  const std::unique_ptr<ImageSource> source = make_source(method, work, network, options.threads);
  const RunFolder folder(options.output, network.fingerprint, options.network.model, options.restart);
  const DrawnImages drawn =
      draw_pictures(*source, network.graph, options.count, options.seed, folder.file("pictures.checkpoint"),
                    picture_fingerprint(network, method, work, options.count, options.seed), progress);
  write_pictures(drawn, network.pixels(), options.output);
  return drawn.count;
}

}  // namespace flashcell::quant
